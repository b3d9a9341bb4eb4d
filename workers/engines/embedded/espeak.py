"""eSpeak NG's library, as much of it as speaks a text: bound with ctypes, to be loaded in a child process.

The library keeps its state in globals and is C code that meets untrusted text: one per process, and the
process is one that may die.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from enum import IntEnum

import espeakng_loader
import numpy as np
import numpy.typing as npt

from pipeline.errors import EngineUnavailable

Samples = npt.NDArray[np.int16]
"""Mono samples, shape ``(n,)``."""

_SYNCHRONOUS = 2
"""``AUDIO_OUTPUT_SYNCHRONOUS``: samples come to the callback while ``espeak_Synth`` runs."""

_DO_NOT_EXIT = 0x8000
"""``espeakINITIALIZE_DONT_EXIT``: missing data is an error code and not the end of the process."""

_UTF_8 = 1
"""``espeakCHARS_UTF8``, and no SSML: what looks like markup is text."""

_CHARACTER = 1
"""``POS_CHARACTER``: positions count characters; we start at the first."""

_BUFFER_MS = 200
"""Sound per callback; the library's own choice is 60."""

_OK = 0

_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


class Parameter(IntEnum):
    """What can be set of a voice (``espeak_PARAMETER``)."""

    RATE = 1
    """Words per minute, 80 to 450."""

    VOLUME = 2
    """0 to 200, 100 is the usual."""

    PITCH = 3
    """0 to 100, 50 is the voice's own."""

    RANGE = 4
    """How far the pitch moves, 0 (monotone) to 100, 50 is the voice's own."""


class SpeechFailed(Exception):
    """The library refused a voice or a text."""


class Speaker:
    """The library, initialised. One per process, one thread."""

    def __init__(self) -> None:
        """Raise EngineUnavailable when the library or its data cannot be loaded."""
        try:
            self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        except OSError as error:
            raise EngineUnavailable(f"eSpeak NG cannot be loaded: {error}") from error
        data = espeakng_loader.get_data_path().encode()
        self._rate_hz = int(self._library.espeak_Initialize(_SYNCHRONOUS, _BUFFER_MS, data, _DO_NOT_EXIT))
        if self._rate_hz <= 0:
            raise EngineUnavailable("eSpeak NG cannot read its data")
        self._blocks: list[Samples] = []
        # Kept here, or the callback is collected while the library still calls it.
        self._callback = _Callback(self._take)
        self._library.espeak_SetSynthCallback(self._callback)

    @property
    def rate_hz(self) -> int:
        """Samples per second."""
        return self._rate_hz

    def speak(self, text: str, *, voice: str, parameters: Sequence[tuple[Parameter, int]]) -> Samples:
        """How ``text`` sounds in a voice (``es+f2``), with nothing cut off.

        Raises:
            SpeechFailed: There is no such voice, or the text cannot be spoken.

        """
        if self._library.espeak_SetVoiceByName(voice.encode()) != _OK:
            raise SpeechFailed(f"eSpeak NG has no voice {voice}")
        for parameter, value in parameters:
            self._library.espeak_SetParameter(int(parameter), value, 0)
        self._blocks = []
        encoded = text.encode() + b"\0"
        status = self._library.espeak_Synth(
            encoded, ctypes.c_size_t(len(encoded)), 0, _CHARACTER, 0, _UTF_8, None, None
        )
        if status != _OK or self._library.espeak_Synchronize() != _OK:
            raise SpeechFailed(f"eSpeak NG refused the text with status {status}")
        return np.concatenate(self._blocks) if self._blocks else np.empty(0, np.int16)

    def _take(self, samples: ctypes._Pointer[ctypes.c_short], count: int, _events: int | None) -> int:
        if samples and count > 0:
            self._blocks.append(np.ctypeslib.as_array(samples, shape=(count,)).copy())
        return 0
