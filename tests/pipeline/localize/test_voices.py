from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.localize.consent import Clearance, Obstacle, Refusal
from pipeline.localize.voice_findings import findings
from pipeline.localize.voices import MOST_MEASURED_MS, Heard, choose, of_nobody, to_measure
from pipeline.store.consents import Broken
from schemas.captions import Finding, Severity
from schemas.consents import Consent, ConsentedVoice
from schemas.localize import Line, Reference, Voice, VoiceKind
from schemas.time import Span

REFERENCE = Reference(Span(0, 4_000), "Good morning.", -20.0, 40.0, 0.0)
HEARD = Heard("S1", 120.0, 4.5, 17.0, REFERENCE, None)
UNKNOWN = Heard("S1", None, None, None, None, "there are no 3 s in which the speaker is heard alone")
CONSENT = Consent(
    "jane", "0" * 64, "Jane", (ConsentedVoice("0" * 16, "S1", 0),), ("es",), ("dub",), date.max, "me", date.min
)
EXPIRED = Refusal("jane", Obstacle.EXPIRED, "ended on 2026-05-01")
CLEARED = Clearance("S1", CONSENT, ())
REFUSED = Clearance("S1", None, (EXPIRED,))
LINES = tuple(
    Line(at, at, at, Span(at * 1_000, at * 1_000 + 900), speaker, "Hello.")
    for at, speaker in enumerate(["S1", None, "S2", None])
)


def test_a_voice_is_cloned_under_a_consent_record_by_an_engine_that_clones_from_a_clip() -> None:
    voice = choose(HEARD, CLEARED, clones=True)
    assert (voice.kind, voice.consent_id, voice.reference) == (VoiceKind.CLONED, "jane", REFERENCE)
    assert "jane" in voice.reason


@given(
    st.sampled_from([HEARD, UNKNOWN, replace(HEARD, reference=None, obstacle="noise"), replace(HEARD, pitch_hz=None)]),
    st.sampled_from([None, CLEARED, REFUSED, Clearance("S1", None, ())]),
    st.booleans(),
)  # fmt: skip
def test_no_voice_is_cloned_unless_consent_clip_and_engine_are_all_there(
    heard: Heard, clearance: Clearance | None, clones: bool
) -> None:
    voice = choose(heard, clearance, clones=clones)
    may = clones and heard.reference is not None and clearance is not None and clearance.consent is not None
    assert (voice.kind is VoiceKind.CLONED) == may
    assert (voice.consent_id is not None) == may, "what is not cloned is under no consent"
    assert voice.reason


@pytest.mark.parametrize(
    ("heard", "clearance", "clones", "kind", "reason"),
    [
        (HEARD, None, True, VoiceKind.MATCHED, "no consent record allows a clone; pitch and pace follow the speaker"),
        (HEARD, REFUSED, True, VoiceKind.MATCHED, "jane ended on 2026-05-01"),
        (HEARD, CLEARED, False, VoiceKind.MATCHED, "the engine clones no voices"),
        (UNKNOWN, CLEARED, True, VoiceKind.STOCK, "no clip to clone from (there are no 3 s"),
        (UNKNOWN, None, False, VoiceKind.STOCK, "too little was heard"),
    ],
)
def test_what_is_not_cloned_is_matched_or_stock_and_says_why(
    heard: Heard, clearance: Clearance | None, clones: bool, kind: VoiceKind, reason: str
) -> None:
    voice = choose(heard, clearance, clones=clones)
    assert voice.kind is kind
    assert reason in voice.reason


def test_nobodys_lines_have_a_stock_voice() -> None:
    assert (of_nobody().speaker, of_nobody().kind, of_nobody().reference) == (None, VoiceKind.STOCK, None)


def test_a_speaker_has_a_reference_or_a_reason_why_not() -> None:
    with pytest.raises(ValueError, match="reason"):
        Heard("S1", None, None, None, None, None)


@st.composite
def apart(draw: st.DrawFn) -> list[Span]:
    """Spans in order of time that do not overlap."""
    edges = sorted(draw(st.sets(st.integers(0, 400_000), max_size=60)))
    return [Span(start_ms, end_ms) for start_ms, end_ms in zip(edges[::2], edges[1::2], strict=False)]


@given(apart())
def test_a_voice_is_measured_in_all_that_is_said_or_in_a_minute_from_all_over(spans: list[Span]) -> None:
    pieces = to_measure(spans)
    total_ms, measured_ms = (sum(span.duration_ms for span in some) for some in (spans, pieces))
    assert all(any(piece.overlap_ms(span) == piece.duration_ms for span in spans) for piece in pieces)
    assert all(before.end_ms <= after.start_ms for before, after in itertools.pairwise(pieces))
    if total_ms <= MOST_MEASURED_MS:
        assert measured_ms == total_ms
    else:
        assert MOST_MEASURED_MS / 4 <= measured_ms <= 2 * MOST_MEASURED_MS
        assert pieces[0].start_ms == spans[0].start_ms
        assert pieces[-1].end_ms == spans[-1].end_ms


def found(
    *,
    voices: tuple[Voice, ...] = (),
    heard: tuple[Heard, ...] = (),
    lines: tuple[Line, ...] = (),
    clearances: tuple[Clearance, ...] = (),
    broken: tuple[Broken, ...] = (),
    clones: bool = True,
) -> list[Finding]:
    return findings(voices, heard, lines, clearances, broken, clones=clones)


def test_a_title_in_which_everybody_is_known_well_has_no_finding() -> None:
    assert found(voices=(choose(HEARD, CLEARED, clones=True), of_nobody()), heard=(HEARD,), lines=LINES[:1]) == []


@pytest.mark.parametrize(("clones", "severity"), [(True, Severity.WARNING), (False, Severity.INFO)])
def test_what_prevents_a_clone_matters_where_the_engine_clones(clones: bool, severity: Severity) -> None:
    told = found(
        heard=(UNKNOWN,), lines=LINES[:1], clearances=(REFUSED,), broken=(Broken("consents/x.toml", "it is not TOML"),),
        clones=clones,
    )  # fmt: skip
    assert [(one.rule, one.severity) for one in told] == [
        ("no-reference", severity),
        ("consent-expired", severity),
        ("consent-broken", severity),
    ]
    assert "jane" in told[1].message
    assert "consents/x.toml" in told[2].message


def test_a_record_that_points_at_somebody_else_is_told() -> None:
    refusal = Refusal("jane", Obstacle.SOMEBODY_ELSE, "says that S1 speaks at 0:00:02.000, where S2 is heard")
    assert [one.rule for one in found(clearances=(Clearance("S1", None, (refusal,)),))] == ["consent-mismatch"]


def test_an_old_record_beside_one_that_holds_is_no_finding() -> None:
    assert found(clearances=(Clearance("S1", CONSENT, (EXPIRED,)),)) == []


def test_a_speaker_with_a_stock_voice_is_told_and_why() -> None:
    told = found(voices=(choose(UNKNOWN, None, clones=False), of_nobody()), lines=LINES[:1])
    assert [one.rule for one in told] == ["stock-voice"]
    assert "too little was heard" in told[0].message
