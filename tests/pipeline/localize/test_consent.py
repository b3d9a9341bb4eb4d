from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.localize.consent import Clearance, Obstacle, clearances
from schemas.consents import Consent, ConsentedVoice
from schemas.speech import Turn
from schemas.time import Span

ASSET = "1f6e67a5a64d9bbd"
TODAY = date(2026, 11, 20)
TURNS = (
    Turn(Span(0, 5_000), "S1", 0.9),
    Turn(Span(5_000, 9_000), "S2", 0.9),
    Turn(Span(10_000, 12_000), None, 0.2),
    Turn(Span(20_000, 23_000), "S2", 1.0),
    Turn(Span(22_000, 25_000), "S1", 1.0),
)
CONSENT = Consent(
    consent_id="jane-doe",
    sha256="0" * 64,
    person="Jane Doe",
    voices=(ConsentedVoice(ASSET, "S2", 7_500),),
    languages=("es", "pt-BR"),
    uses=("dub",),
    valid_until=TODAY,
    recorded_by="the rights desk",
    recorded_on=TODAY,
)


def cleared(*consents: Consent, language: str = "es", on: date = TODAY, asset_id: str = ASSET) -> tuple[Clearance, ...]:
    return clearances(consents, TURNS, asset_id=asset_id, language=language, on=on)


def obstacles(*consents: Consent, language: str = "es", on: date = TODAY) -> list[Obstacle]:
    (only,) = cleared(*consents, language=language, on=on)
    assert only.consent is None
    return [refusal.obstacle for refusal in only.refusals]


def test_a_record_that_holds_clears_the_speaker_whom_it_names_and_nobody_else() -> None:
    (only,) = cleared(CONSENT)
    assert (only.speaker, only.consent, only.refusals) == ("S2", CONSENT, ())


def test_without_a_record_nobody_is_cleared() -> None:
    assert cleared() == ()


def test_a_record_of_another_asset_clears_nobody() -> None:
    assert cleared(CONSENT, asset_id="0" * 16) == ()


@pytest.mark.parametrize("language", ["es", "es-419", "ES-mx", "pt-br"])
def test_a_language_includes_its_regions(language: str) -> None:
    assert cleared(CONSENT, language=language)[0].consent == CONSENT


@pytest.mark.parametrize("language", ["fr", "pt", "pt-PT", "est"])
def test_another_language_is_not_included(language: str) -> None:
    assert obstacles(CONSENT, language=language) == [Obstacle.SCOPE]


def test_a_record_for_another_use_does_not_allow_dubs() -> None:
    assert obstacles(replace(CONSENT, uses=("trailer",))) == [Obstacle.SCOPE]


def test_a_record_holds_on_its_first_and_last_day_and_neither_before_nor_after() -> None:
    week = replace(CONSENT, recorded_on=TODAY - timedelta(6))
    days = [TODAY + timedelta(day) for day in range(-7, 2)]
    assert [cleared(week, on=day)[0].consent is not None for day in days] == [False, *[True] * 7, False]
    assert obstacles(week, on=days[0]) == [Obstacle.NOT_YET]
    assert obstacles(week, on=days[-1]) == [Obstacle.EXPIRED]


@pytest.mark.parametrize(
    ("heard_at_ms", "who"), [(2_000, "S1"), (9_500, "nobody"), (11_000, "unknown"), (22_500, "S1")]
)
def test_a_record_whose_moment_is_not_the_speakers_alone_clears_nobody(heard_at_ms: int, who: str) -> None:
    moved = replace(CONSENT, voices=(ConsentedVoice(ASSET, "S2", heard_at_ms),))
    assert obstacles(moved) == [Obstacle.SOMEBODY_ELSE]
    assert who in cleared(moved)[0].refusals[0].message


@pytest.mark.parametrize("moments_ms", [(7_500, 2_000), (2_000, 7_500), (7_500, 20_500, 9_500)])
def test_a_record_with_several_moments_clears_nobody_unless_all_of_them_hold(moments_ms: tuple[int, ...]) -> None:
    several = replace(CONSENT, voices=tuple(ConsentedVoice(ASSET, "S2", at_ms) for at_ms in moments_ms))
    assert obstacles(several) == [Obstacle.SOMEBODY_ELSE]


def test_a_record_whose_moments_all_hold_clears_its_speaker() -> None:
    several = replace(CONSENT, voices=(*CONSENT.voices, ConsentedVoice(ASSET, "S2", 20_500)))
    assert cleared(several) == (Clearance("S2", several, ()),)


def test_names_that_were_given_anew_do_not_hand_the_consent_to_somebody_else() -> None:
    swapped = [replace(turn, speaker={"S1": "S2", "S2": "S1"}.get(turn.speaker or "")) for turn in TURNS]
    (only,) = clearances([CONSENT], swapped, asset_id=ASSET, language="es", on=TODAY)
    assert only.consent is None


def test_of_several_records_the_first_that_allows_it_counts() -> None:
    over = replace(CONSENT, consent_id="a", valid_until=TODAY - timedelta(1), recorded_on=TODAY - timedelta(9))
    again = replace(CONSENT, consent_id="c")
    (only,) = cleared(over, CONSENT, again)
    assert only.consent == CONSENT
    assert [refusal.consent_id for refusal in only.refusals] == ["a"]


@given(
    st.lists(
        st.builds(
            replace,
            st.just(CONSENT),
            voices=st.lists(
                st.builds(ConsentedVoice, st.sampled_from([ASSET, "0" * 16]), st.sampled_from(["S1", "S2", "S3"]),
                          st.integers(0, 26_000)), min_size=1, max_size=3).map(tuple),
            languages=st.lists(st.sampled_from(["es", "fr", "es-419"]), min_size=1, max_size=2).map(tuple),
            uses=st.lists(st.sampled_from(["dub", "trailer"]), min_size=1, max_size=2).map(tuple),
            valid_until=st.dates(TODAY - timedelta(3), TODAY + timedelta(3)),
            recorded_on=st.dates(TODAY - timedelta(3), TODAY + timedelta(3)),
        ),
        max_size=4,
    )
)  # fmt: skip
def test_who_is_cleared_is_cleared_by_every_word_of_a_record(consents: list[Consent]) -> None:
    for one in cleared(*consents):
        if (consent := one.consent) is None:
            continue
        assert consent.recorded_on <= TODAY <= consent.valid_until
        assert "dub" in consent.uses
        assert "es" in consent.languages
        moments = [
            voice.heard_at_ms for voice in consent.voices if (voice.asset_id, voice.speaker) == (ASSET, one.speaker)
        ]
        assert all(
            [turn.speaker for turn in TURNS if turn.span.start_ms <= at_ms < turn.span.end_ms] == [one.speaker]
            for at_ms in moments
        )
