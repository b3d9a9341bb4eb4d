"""The prompts: files of ``prompts/``, and the frame of Qwen's chat around them.

A file is a ``string.Template`` without logic, one prompt or a part of one. What it is given is text of other people
(subtitles, glossaries, file names) as often as ours, so that nothing that is filled in can end the user's turn, stand
for media, or be taken for a special token; ``data`` marks off where it begins and ends.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from string import Template

from workers.engines.vllm.question import Film, Media, Sound

SOUND = "<|audio_start|><|audio_pad|><|audio_end|>"
"""Stands for a sound. This and the next: Qwen3-Omni's processor in transformers."""

FILM = "<|vision_start|><|video_pad|><|vision_end|>"
"""Stands for a film; its sound needs no placeholder of its own, since it is woven into the pictures."""

REVISION_DIGITS = 16
"""Hex digits of a revision: as many as an ``asset_id`` has."""

_FOLDER = Path(__file__).with_name("prompts")

_TOKEN_LIKE = re.compile(r"<(?=[|/A-Za-z])")
"""Where a special token of Qwen's could begin: ``<|im_end|>``, ``<tts_pad>``, ``</think>``; ``5 < 7`` is none."""

_UNSEEN = re.compile(
    "[\x7f-\x9f"  # controls that JSON lets pass
    "\u2028\u2029\u202a-\u202e\u2066-\u2069"  # separators of lines, and what turns the direction of writing
    "\ud800-\udfff\U000e0000-\U000e007f]"  # halves of characters, and tags: text for machines only
)


def rendered(name: str, **fields: str | int) -> str:
    """The text of a file with its fields filled in, without the line break at its end.

    ``<`` where a special token could begin becomes its escape in JSON, where it is the same character.

    Raises:
        KeyError: A field is not given.

    """
    safe = {field: _TOKEN_LIKE.sub(r"\\u003c", str(value)) for field, value in fields.items()}
    return _template(name).substitute(safe)


def data(value: object) -> str:
    """JSON that is understood as data: one line, with escapes for what is not seen.

    Not compact, because xgrammar lets a model write JSON with a space after each comma and colon only, and what it
    reads and what it writes should look the same.
    """
    return _UNSEEN.sub(lambda found: json.dumps(found[0])[1:-1], json.dumps(value, ensure_ascii=False))


def clipped(text: str, characters: int) -> str:
    """As much of a text as there is room for; an ellipsis stands for the rest."""
    return text if len(text) <= characters else f"{text[: characters - 1].rstrip()}…"


def conversation(text: str, media: Media | None = None) -> str:
    """A prompt as Qwen's chat template writes it: no system prompt, the user's turn, media before text."""
    match media:
        case None:
            placeholder = ""
        case Sound():
            placeholder = SOUND
        case Film():
            placeholder = FILM
    return f"<|im_start|>user\n{placeholder}{text}<|im_end|>\n<|im_start|>assistant\n"


def revision(*names: str) -> str:
    """Hash of the files of these names, for the revision of a model that is asked with them."""
    return _digest({name: _path(name) for name in names})


def data_revision(*names: str) -> str:
    """Hash of files of data beside this module, e.g. ``languages.toml``, for the same purpose."""
    return _digest({name: Path(__file__).with_name(name) for name in names})


def names() -> tuple[str, ...]:
    """Names of all files, in order."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.txt")))


def _digest(files: Mapping[str, Path]) -> str:
    digest = hashlib.sha256()
    for name, path in sorted(files.items()):
        content = path.read_bytes()
        digest.update(f"{name} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()[:REVISION_DIGITS]


@cache
def _template(name: str) -> Template:
    return Template(_path(name).read_text("utf-8").removesuffix("\n"))


def _path(name: str) -> Path:
    return _FOLDER / f"{name}.txt"
