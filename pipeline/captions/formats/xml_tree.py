"""XML of strangers as a small tree that knows its lines.

Read through defusedxml's SAX parser: no document type, no entities, nothing external. ElementTree would keep
no line numbers, which every error here carries.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.sax import SAXParseException
from xml.sax.handler import ContentHandler, feature_namespaces
from xml.sax.xmlreader import AttributesNSImpl, Locator

from defusedxml import DefusedXmlException
from defusedxml.sax import make_parser

from pipeline.captions.formats.vocabulary import TT, prefixed
from pipeline.errors import TextFileError

MAX_DEPTH = 64
"""Ours: TTML needs ten (a span in a span in a ruby container); far below Python's limit of recursion."""

MAX_ELEMENTS = 500_000
"""Ours: ten hours with a span for each word have 100,000."""

MAX_TAG_CHARACTERS = 2**20
"""Ours: from one angle bracket to the next; more is a picture, or an attack by a million attributes."""


@dataclass(slots=True)
class Element:
    """One element; filled while its file is read, and not changed afterwards."""

    name: str
    """Name with a prefix, as in ``vocabulary``."""

    attributes: dict[str, str]
    """Values by prefixed name."""

    line: int
    """Where it starts, from 1."""

    content: list[Element | str] = field(default_factory=list)
    """Its children and text, in order."""

    def children(self, *names: str) -> Iterator[Element]:
        """Child elements of these names, in order; all of them when none is named."""
        for node in self.content:
            if isinstance(node, Element) and (not names or node.name in names):
                yield node

    def descendants(self, name: str) -> Iterator[Element]:
        """All elements of this name below this one, in order."""
        for child in self.children():
            if child.name == name:
                yield child
            yield from child.descendants(name)

    def text(self) -> str:
        """Its text and that of its descendants."""
        return "".join(node if isinstance(node, str) else node.text() for node in self.content)


def read(text: str) -> Element:
    """Root of the document in ``text``; a declared encoding is ignored, since the text is decoded.

    Raises:
        TextFileError: Not well-formed, beyond a limit, or with a document type or entities.

    """
    _check_tags(text)
    parser = make_parser()
    handler = _Builder(parser)
    parser.forbid_dtd = True
    parser.setFeature(feature_namespaces, True)
    parser.setContentHandler(handler)
    try:
        # An unpaired surrogate cannot be fed to the parser.
        parser.feed(text.encode("utf-8", "replace").decode("utf-8"))
        parser.close()
    except SAXParseException as error:
        what = f"the XML is broken: {error.getMessage()}"
        raise TextFileError(what, "correct it and read the file again", error.getLineNumber() or 1) from error
    except DefusedXmlException as error:
        raise TextFileError(
            "the XML declares a document type or entities, which captions do not need and attacks do",
            "remove the DOCTYPE and read the file again",
            handler.line(),
        ) from error
    assert handler.root is not None
    return handler.root


def _check_tags(text: str) -> None:
    line = 1
    for part in text.split("<"):
        if len(part) > MAX_TAG_CHARACTERS:
            raise TextFileError(f"a tag or text has {len(part)} characters", "is this a caption file?", line)
        line += part.count("\n")


class _Builder(ContentHandler):
    """Builder of the tree, from the parser's events."""

    def __init__(self, locator: Locator) -> None:
        super().__init__()
        self.root: Element | None = None
        self._open: list[Element] = []
        self._elements = 0
        self._locator = locator

    def line(self) -> int:
        """Line that the parser has reached."""
        return self._locator.getLineNumber() or 1

    def startElementNS(  # noqa: N802 - xml.sax's name
        self,
        name: tuple[str | None, str],
        qname: str | None,  # noqa: ARG002 - xml.sax passes it
        attrs: AttributesNSImpl,
    ) -> None:
        """Open an element."""
        self._elements += 1
        if len(self._open) >= MAX_DEPTH or self._elements > MAX_ELEMENTS:
            limit = f"{MAX_DEPTH} elements deep" if len(self._open) >= MAX_DEPTH else f"{MAX_ELEMENTS} elements"
            raise TextFileError(f"the XML is larger than {limit}", "is this a caption file?", self.line())
        namespace, local = name
        values = {prefixed(*key): value for key, value in attrs.items()}
        # Hand-written files leave the namespace out; what they mean is clear.
        element = Element(prefixed(namespace or TT, local), values, self.line())
        if self._open:
            self._open[-1].content.append(element)
        else:
            self.root = element
        self._open.append(element)

    def endElementNS(self, name: tuple[str | None, str], qname: str | None) -> None:  # noqa: N802, ARG002 - xml.sax's
        """Close it."""
        self._open.pop()

    def characters(self, content: str) -> None:
        """Add text to the element that is open."""
        self._open[-1].content.append(content)
