"""The review page as one file: our HTML, style and script, and the data of the title as one JSON island.

The page asks the network for nothing, and its policy forbids it: only the style and script whose hashes it names
run, and only pictures in the page and media beside it load. What is not ours is in the island alone, where no
text can end the script element, and reaches the page as text nodes.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib import resources

from pipeline.review import island
from pipeline.review.model import Review

SCRIPTS = (
    "data.js",
    "elements.js",
    "clock.js",
    "state.js",
    "captions.js",
    "sound.js",
    "player.js",
    "drawing.js",
    "lanes.js",
    "timeline.js",
    "overview.js",
    "scenes.js",
    "row.js",
    "table.js",
    "highlight.js",
    "filters.js",
    "details.js",
    "masthead.js",
    "keys.js",
    "print.js",
    "main.js",
)
"""Parts of the page's script, in the order in which they are joined."""

STYLES = ("base.css", "player.css", "table.css", "timeline.css", "small.css", "print.css")
"""Parts of its style, in order."""


def compose(review: Review) -> bytes:
    """The page, UTF-8; the same review makes the same bytes."""
    data = island.compose(review)
    return _shell().replace("{{data}}", data).encode("utf-8", "backslashreplace")


@cache
def _shell() -> str:
    """The page without its data."""
    style = "\n" + "\n".join(_part(name) for name in STYLES)
    parts = "\n".join(_part(name) for name in SCRIPTS)
    script = f'\n(() => {{\n"use strict";\n{parts}}})();\n'
    return (
        _part("page.html")
        .replace("{{policy}}", _policy(style, script))
        .replace("{{style}}", style)
        .replace("{{script}}", script)
    )


def _policy(style: str, script: str) -> str:
    """Content security policy (CSP 3): nothing but this style, this script, and files beside the page;
    no text is ever parsed as markup.

    ``file:`` stands beside ``'self'``, since a page opened from disk has no origin that ``'self'`` could mean.
    """
    rules = (
        "default-src 'none'",
        f"script-src {_hashed(script)}",
        f"style-src {_hashed(style)}",
        "img-src data:",
        "media-src 'self' file:",
        "base-uri 'none'",
        "form-action 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
    return "; ".join(rules)


def _hashed(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _part(name: str) -> str:
    return resources.files(__package__).joinpath("web", name).read_text(encoding="utf-8")
