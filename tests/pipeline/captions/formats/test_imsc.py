"""Our TTML against the constraints of IMSC 1.1 Text that readers do not check (https://www.w3.org/TR/ttml-imsc1.1/).

Only what our documents can contain is allowed here, so that anything new has to be looked up first.
"""

from __future__ import annotations

import itertools
import re
from fractions import Fraction
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from pipeline.captions.formats import ttml
from pipeline.captions.formats.vocabulary import IMSC_1_1_TEXT, METADATA, PARAMETER, STYLING, TT
from schemas.captions import Cue, Placement
from schemas.time import Span
from tests.support.cue_strategies import captions

XML = "http://www.w3.org/XML/1998/namespace"

# §8.2 and §8.4: features that the Text profile permits, of those that we use, and on which elements they mean
# something (TTML2 §10.2, "applies to"; inherited ones on any element with text).
STYLES = {
    "color": {"style"},
    "direction": {"style"},
    "fontFamily": {"style"},
    "fontStyle": {"span"},
    "textAlign": {"style"},
    "textOutline": {"style"},
    "origin": {"region"},
    "extent": {"region"},
    "displayAlign": {"region"},
    "overflow": {"region"},
}
PARAMETERS = {"contentProfiles", "timeBase", "frameRate", "frameRateMultiplier"}
# TTML2 §8.1: what each element may contain.
CHILDREN = {
    "tt": ["head", "body"],
    "head": ["metadata", "styling", "layout"],
    "styling": ["style"],
    "layout": ["region"],
    "body": ["div"],
    "div": ["p"],
    "p": ["span", "br"],
    "span": ["span", "br"],
}
IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
MAX_REGIONS = 4  # §9.3, presented at a time


@given(captions(), st.sampled_from(["en", "ar"]), st.sampled_from([None, Fraction(25), Fraction(30_000, 1001)]))
def test_elements_attributes_and_references_are_those_of_the_profile(
    cues: list[Cue], language: str, rate: Fraction | None
) -> None:
    root = ET.fromstring(ttml.compose(cues, language=language, rate=rate))
    assert root.tag == f"{{{TT}}}tt"
    assert root.get(f"{{{XML}}}lang") == language
    assert root.get(f"{{{PARAMETER}}}contentProfiles") == IMSC_1_1_TEXT
    for element in root.iter():
        check_children(element)
        check_attributes(element)
    check_references(root)


def check_children(element: ET.Element) -> None:
    namespace, _, name = element.tag.removeprefix("{").partition("}")
    if namespace == METADATA or name == "metadata":
        return
    allowed = CHILDREN.get(name, [])
    order = [child.tag.rpartition("}")[2] for child in element]
    assert set(order) <= set(allowed)
    if name in ("tt", "head"):
        assert order == [child for child in allowed if child in order]
    if name not in ("p", "span"):
        assert not (element.text or "").strip()


def check_attributes(element: ET.Element) -> None:
    name = element.tag.rpartition("}")[2]
    for attribute in element.attrib:
        namespace, _, local = attribute.removeprefix("{").rpartition("}")
        if namespace == STYLING:
            assert name in STYLES[local]
        if namespace == PARAMETER:
            assert (name, local in PARAMETERS) == ("tt", True)


def check_references(root: ET.Element) -> None:
    identifiers = [element.get(f"{{{XML}}}id") for element in root.iter() if element.get(f"{{{XML}}}id")]
    assert len(identifiers) == len(set(identifiers))
    assert all(IDENTIFIER.fullmatch(identifier or "") for identifier in identifiers)
    for element in root.iter():
        for attribute in ("region", "style", f"{{{METADATA}}}agent"):
            assert set(element.get(attribute, "").split()) <= set(identifiers)
    assert all(paragraph.get("region") for paragraph in root.iter(f"{{{TT}}}p"))


def test_regions_lie_inside_the_picture_and_never_overlap() -> None:
    cues = [
        Cue(Span(at * 1_000, at * 1_000 + 5_000), ("x",), "en", placement=placement)
        for at, placement in enumerate(Placement)
    ]
    root = ET.fromstring(ttml.compose(cues, language="en"))
    rows = []
    for region in root.iter(f"{{{TT}}}region"):
        (left, top), (width, height) = (
            [float(length.removesuffix("%")) for length in region.attrib[f"{{{STYLING}}}{name}"].split()]
            for name in ("origin", "extent")
        )
        assert min(left, top, width, height) >= 0
        assert left + width <= 100
        rows.append((top, top + height))
    assert len(rows) <= MAX_REGIONS
    rows.sort()
    assert all(upper[1] <= lower[0] for upper, lower in itertools.pairwise(rows))
    assert rows[-1][1] <= 100


def test_regions_that_nothing_stands_in_are_left_out() -> None:
    root = ET.fromstring(ttml.compose([Cue(Span(0, 1), ("x",), "en")], language="en"))
    assert [region.get(f"{{{XML}}}id") for region in root.iter(f"{{{TT}}}region")] == ["bottom"]
