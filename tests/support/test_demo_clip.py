from __future__ import annotations

import itertools

import av
import numpy as np
import numpy.typing as npt
import pytest

from infra.demo import flite, make_demo
from schemas.time import frame_to_ms, gaps
from tests.support.demo_clip import DEMO, DemoTruth, demo_truth
from tests.support.scoring import normalised

MAX_BYTES = 1_000_000  # it lies in the repository
SILENT_DBFS = -70.0  # what AAC leaves of digital silence
AUDIBLE_DBFS = -40.0
EDGE_MS = 30  # an AAC window swells before a sound and rings after it
BLACK_LUMA = 17.0  # 16 is black in video range
RATE_HZ = 48_000
BT709_LUMA = (0.2126, 0.7152, 0.0722)
CODED_LUMA = 0.02  # mean difference, of 1, that H.264 leaves


@pytest.fixture(scope="module")
def truth() -> DemoTruth:
    return demo_truth()


@pytest.fixture(scope="module")
def samples() -> npt.NDArray[np.float64]:
    with av.open(str(DEMO)) as container:
        decoded = [frame.to_ndarray()[0] for frame in container.decode(audio=0)]
    return np.concatenate(decoded).astype(np.float64)


@pytest.fixture(scope="module")
def lumas() -> list[npt.NDArray[np.float64]]:
    """Luma of every frame, a sixteenth of its pixels."""
    with av.open(str(DEMO)) as container:
        frames = (np.frombuffer(bytes(frame.planes[0]), np.uint8) for frame in container.decode(video=0))
        return [luma.reshape(360, -1)[::4, :640:4].astype(np.float64) for luma in frames]


def level_dbfs(samples: npt.NDArray[np.float64], start_ms: int, end_ms: int) -> float:
    part = samples[start_ms * RATE_HZ // 1000 : end_ms * RATE_HZ // 1000]
    return float(10 * np.log10(np.mean(np.square(part)) + 1e-12))


def test_the_clip_is_small_and_as_long_as_its_truth_says(
    truth: DemoTruth, samples: npt.NDArray[np.float64], lumas: list[npt.NDArray[np.float64]]
) -> None:
    assert DEMO.stat().st_size < MAX_BYTES
    assert len(lumas) == truth.frames
    assert frame_to_ms(truth.frames, truth.frame_rate) == truth.length_ms
    assert abs(len(samples) - truth.length_ms * RATE_HZ // 1000) < 1_024  # AAC ends on a whole packet
    with av.open(str(DEMO)) as container:
        assert container.streams.video[0].average_rate == truth.frame_rate
        assert container.streams.audio[0].language == "eng"


def test_the_picture_changes_at_once_at_the_cuts_and_nowhere_else(
    truth: DemoTruth, lumas: list[npt.NDArray[np.float64]]
) -> None:
    changes = [float(np.abs(after - before).mean()) for before, after in itertools.pairwise(lumas)]
    sudden = [frame for frame, change in enumerate(changes, start=1) if change > 20]
    assert tuple(sudden) == truth.cuts


def test_fades_are_black_where_the_truth_says(truth: DemoTruth, lumas: list[npt.NDArray[np.float64]]) -> None:
    black = [frame for frame, luma in enumerate(lumas) if luma.mean() < BLACK_LUMA]
    assert black == [frame for fade in truth.fades for frame in range(fade.black_frame, fade.in_frame)]


def test_every_line_is_heard_between_its_first_and_last_millisecond(
    truth: DemoTruth, samples: npt.NDArray[np.float64]
) -> None:
    for turn in truth.turns:
        assert level_dbfs(samples, turn.span.start_ms, turn.span.end_ms) == pytest.approx(-22, abs=1)
    sounding = [turn.span for turn in truth.turns] + list(truth.music)
    for gap in gaps(sounding, length_ms=truth.length_ms):
        if gap.duration_ms > 3 * EDGE_MS:
            assert level_dbfs(samples, gap.start_ms + EDGE_MS, gap.end_ms - EDGE_MS) < -60, gap


def test_silence_is_silent_and_music_sounds(truth: DemoTruth, samples: npt.NDArray[np.float64]) -> None:
    for silence in truth.silences:
        assert level_dbfs(samples, silence.start_ms + EDGE_MS, silence.end_ms) < SILENT_DBFS
    for music in truth.music:
        assert level_dbfs(samples, music.start_ms, music.end_ms) > AUDIBLE_DBFS


def test_words_are_those_of_the_lines_in_order_of_time(truth: DemoTruth) -> None:
    assert [word.text for word in truth.words] == [word for text in truth.texts for word in normalised(text)]
    for word, following in itertools.pairwise(truth.words):
        assert word.span.end_ms <= following.span.start_ms
    assert {turn.speaker for turn in truth.turns} == {"A", "B"}
    for word in truth.words:
        assert any(turn.span.overlap_ms(word.span) == word.span.duration_ms for turn in truth.turns)


@pytest.mark.skipif(not flite.is_installed(), reason="needs the speech synthesiser Flite: apt-get install flite")
def test_the_script_says_what_the_clip_says() -> None:
    _, lines = make_demo.soundtrack()
    assert make_demo.truth(lines) == DEMO.with_suffix(".truth.json").read_text(encoding="utf-8")


def test_the_script_draws_what_the_clip_shows(lumas: list[npt.NDArray[np.float64]]) -> None:
    for first, draw in make_demo.SHOTS:
        frame = first + 20
        drawn = draw(float(20 / make_demo.FRAME_RATE)) @ np.array(BT709_LUMA)
        shown = (lumas[frame] - 16) / 219
        assert float(np.abs(drawn[::4, ::4] - shown).mean()) < CODED_LUMA, draw.__name__
