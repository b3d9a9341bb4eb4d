"""A pipeline of Apertium's programs that stays: one text in, one text out, as often as wanted.

Apertium translates with a dozen programs, each reading the one before it. Started anew for every sentence
they cost 0.1 s of loading; with null flush (``-z``) each answers as soon as a NUL comes and waits for the next
text. The stream between them has signs of its own, none of which a text may bring along.
"""

from __future__ import annotations

import os
import re
import selectors
import shlex
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import EngineUnavailable
from workers.engines.embedded.pairs import READER

LIMIT_S = 20.0
"""Longest time for one text. Ours: a sentence takes milliseconds, the longest text of ``MOST_CHARACTERS`` half a
second; the rest is for a crowded machine."""

MOST_CHARACTERS = 20_000
"""Longest text: a quarter of an hour of speech without a full stop. Ours."""

_READ_LIMIT_S = 30.0
"""How long reading a mode may take: a few milliseconds of one small program."""

_CHUNK_BYTES = 1 << 16

_END_OF_TEXT = ".[][\n{number}]"
"""What Apertium's own reader of plain text puts after each: an end of sentence, so that the tagger decides, and blanks,
without which the programs wait for more after a full stop. The number in it comes back with the answer: when a program
dies the ones behind it still write a NUL, and an answer that is not to this text is none."""

_RESERVED = "\\[]{}^$/<>@*#+~"
"""Signs of Apertium's stream, and the marks of what it does not know."""

_STAND_INS = {ord(sign): 0xE000 + ord(sign) for sign in _RESERVED}
"""A private-use character for each, which no dictionary has, so that it passes as it is."""

_SIGNS = {stand_in: chr(sign) for sign, stand_in in _STAND_INS.items()}

_OURS = re.compile("[\ue000-\ue07f]")
"""Private-use characters that stand for signs; a text cannot bring its own."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
"""What ends a text or a line, or is none."""

_MARKED = re.compile(r"[*@#](?=[\w\ue000-\ue07f'’-])((?:[^\W_]|['’-](?=\w))*)")
"""A word that Apertium marks: ``*`` not in its dictionary, ``@`` without a translation, ``#`` without a form."""

_WBLANK_PROGRAMS = ("apertium-wblank-attach", "apertium-wblank-detach")
"""Carry markup of single words along, which plain text has none of."""


_ENDED = "a program of Apertium's ended while it worked on this text"


class PipelineFailed(Exception):
    """A program of the pipeline died, or did not answer in time; the next text gets a new pipeline."""


@dataclass(frozen=True, slots=True)
class Raw:
    """What Apertium made of one text."""

    text: str
    """The translation, with one space between words, its marks taken out."""

    unknown: tuple[str, ...]
    """Words that it marked, each once, as they stand in ``text``; bare figures, as of ``21st``, are none."""


class Pipeline:
    """The programs of one mode, started when first asked and again when one died. Not for several threads at once."""

    def __init__(self, mode: Path) -> None:
        """Nothing is started. Raises EngineUnavailable when the mode cannot be read."""
        self._commands = commands(mode)
        self._processes: list[subprocess.Popen[bytes]] = []
        self._asked = 0

    def translate(self, text: str, *, limit_s: float = LIMIT_S) -> Raw:
        """One text, which may be several sentences.

        Raises:
            PipelineFailed: A program died or did not answer in time, or the text is too long.

        """
        if len(text) > MOST_CHARACTERS:
            raise PipelineFailed(f"the text has {len(text)} characters, {MOST_CHARACTERS} is the limit")
        if not self._processes:
            self._start()
        try:
            return self._answer(text, deadline=time.monotonic() + limit_s)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End the programs."""
        for process in self._processes:
            process.kill()
        for process in self._processes:
            process.wait()
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    stream.close()
        self._processes = []

    def _start(self) -> None:
        # C.UTF-8 is everywhere in Debian; without a UTF-8 locale the programs stop at the first accent.
        environment = {**os.environ, "LC_ALL": "C.UTF-8"}
        for argv in self._commands:
            before = self._processes[-1].stdout if self._processes else subprocess.PIPE
            try:
                process = subprocess.Popen(
                    argv, stdin=before, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
                )
            except OSError as error:
                self.close()
                raise PipelineFailed(f"{argv[0]} cannot be started: {error.strerror}") from error
            if self._processes:
                # Only the program that reads it may hold it, so that the death of one ends all of them.
                self._processes[-1].stdout.close()  # type: ignore[union-attr]  # it is a pipe, as all of them are
            self._processes.append(process)
        for stream in (self._processes[0].stdin, self._processes[-1].stdout):
            os.set_blocking(stream.fileno(), False)  # type: ignore[union-attr]  # as above

    def _answer(self, text: str, *, deadline: float) -> Raw:
        self._asked += 1
        raw = decoded(self._exchange(encoded(text, self._asked), deadline=deadline), self._asked)
        if raw is None:
            raise PipelineFailed(_ENDED)
        return raw

    def _exchange(self, question: bytes, *, deadline: float) -> str:
        """Write and read at once: neither side may fill its pipe and wait for the other."""
        stdin, stdout = self._processes[0].stdin, self._processes[-1].stdout
        assert stdin is not None
        assert stdout is not None
        answer = bytearray()
        with selectors.DefaultSelector() as selector:
            selector.register(stdout, selectors.EVENT_READ)
            selector.register(stdin, selectors.EVENT_WRITE)
            while not answer.endswith(b"\0"):
                ready = selector.select(max(0.0, deadline - time.monotonic()))
                if not ready:
                    raise PipelineFailed("Apertium did not answer in time and was stopped")
                for key, _ in ready:
                    if key.fileobj is stdin:
                        question = question[_written(stdin.fileno(), question) :]
                        if not question:
                            selector.unregister(stdin)
                    elif not (chunk := os.read(stdout.fileno(), _CHUNK_BYTES)):
                        raise PipelineFailed(_ENDED)
                    else:
                        answer += chunk
        return answer[:-1].decode("utf-8", "replace")


def commands(mode: Path) -> tuple[tuple[str, ...], ...]:
    """The command of each program of a mode, with null flush, marks at what is not known, and the best analysis.

    Raises:
        EngineUnavailable: The mode cannot be read.

    """
    if not mode.is_file():
        raise EngineUnavailable(f"Apertium's mode {mode.stem} is gone; install its package again")
    try:
        read = subprocess.run([READER, "-z", str(mode)], capture_output=True, timeout=_READ_LIMIT_S, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise EngineUnavailable(f"Apertium's mode {mode.stem} cannot be read; apt-get install apertium") from error
    lexer = shlex.shlex(read.stdout.decode("utf-8", "replace"), posix=True, punctuation_chars="|")
    lexer.whitespace_split = True
    found: list[list[str]] = [[]]
    for word in lexer:
        if word == "|":
            found.append([])
        elif argument := _ARGUMENTS.get(word, word):
            found[-1].append(argument)
    return tuple(tuple(argv) for argv in found if argv and argv[0] not in _WBLANK_PROGRAMS)


_ARGUMENTS = {"$1": "-g", "$2": ""}
"""What a mode leaves open: how to generate (``-g`` marks unknown words), and how to tag."""


def encoded(text: str, number: int) -> bytes:
    """A text as the first program reads it: no sign of the stream's own in it, its number and one NUL at its end."""
    plain = " ".join(_CONTROL.sub(" ", _OURS.sub(" ", text)).split())
    return (plain.translate(_STAND_INS) + _END_OF_TEXT.format(number=number) + "\0").encode()


def decoded(answer: str, number: int) -> Raw | None:
    """What the last program wrote, without the NUL; None when it is not the whole answer to the text of that number."""
    end = _END_OF_TEXT.format(number=number)[1:]
    if "\0" in answer or not answer.endswith(end):
        return None
    body = answer.removesuffix(end).removesuffix(".")
    unknown = dict.fromkeys(_plain(match[1]) for match in _MARKED.finditer(body) if any(map(str.isalpha, match[1])))
    text = _plain(_MARKED.sub(r"\1", body))
    return Raw(" ".join(text.split()), tuple(unknown))


def _plain(text: str) -> str:
    return text.translate(_SIGNS)


def _written(descriptor: int, data: bytes) -> int:
    try:
        return os.write(descriptor, data[:_CHUNK_BYTES])
    except BrokenPipeError as error:
        raise PipelineFailed(_ENDED) from error
