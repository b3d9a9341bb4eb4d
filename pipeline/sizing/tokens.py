"""How many tokens a model sees for a stretch of sound or a series of pictures."""

from __future__ import annotations

import math
from dataclasses import dataclass

from pipeline.sizing.profiles import AudioTokens, ModelProfile, SizedJob, VideoTokens

ANSWER_TOKENS = 4_096
"""Part of the context kept for the description of a window. Ours: 60 notes of 60 tokens, and scenes."""

SPOKEN_TOKENS_PER_S = 5.0
"""Tokens of text per second of speech. Ours: 180 words a minute, BBC's upper figure for captions, at
1.3 tokens a word is 3.9; rounded up for languages that take more tokens."""

MARKS_PER_S = 6.0
"""Marks that an aligner reads per second of speech: two for each of 180 words a minute."""

TRANSLATE_TOKENS = 1_500
"""Lines, what is said around them, terms, and answers with two shorter wordings each. Ours: a sentence of three cues
is some 600 tokens; a long one with many terms twice that."""

CHUNK_MS = 30_000
"""Longest stretch of speech of one request: ``pipeline.media.chunks.CHUNK_LIMIT_MS``."""

LINE_MS = 15_000
"""A long spoken line. Ours."""

SAMPLED_SIZE = (512, 288)
"""Width and height of the pictures of a 16:9 title: ``pipeline.media.picture_size``."""

SAMPLED_PER_S = 1.0
"""Pictures per second that the library keeps of a title: ``pipeline.media.decode.SAMPLE_EVERY_MS``."""


def audio_tokens(length_ms: int, audio: AudioTokens) -> int:
    """Tokens of ``length_ms`` of sound: whole blocks, and of the rest one per token begun.

    Qwen3's audio encoder makes 13 tokens of each 100 mel frames of 10 ms, and halves the rest three times,
    rounding up: 1 s is 13 tokens, 10 s are 130, 35.5 s are 462. vLLM fills up the last frame with silence, so that
    81 ms are 2 tokens. Pictures beside the sound do not change that.
    """
    blocks, rest_ms = divmod(-(-length_ms // audio.frame_ms) * audio.frame_ms, audio.block_ms)
    return blocks * audio.tokens_per_block + -(-rest_ms // audio.token_ms)


def shown_per_s(video: VideoTokens) -> float:
    """Pictures per second that a model is shown: its own rate, but no more than the library has."""
    return min(video.frames_per_s, SAMPLED_PER_S)


def shown_frames(length_ms: int, frames_per_s: float) -> int:
    """Pictures that a model is shown of a stretch: one at its start and one at each step after it."""
    return max(1, math.ceil(length_ms * frames_per_s / 1000))


def video_tokens(frames: int, width: int, height: int, video: VideoTokens) -> int:
    """Tokens of ``frames`` pictures of ``width`` by ``height`` pixels; an odd last picture counts as two."""
    patches = -(-frames // video.frames_per_patch)
    return patches * patch_tokens(width, height, video)


def patch_tokens(width: int, height: int, video: VideoTokens) -> int:
    """Tokens of one patch in time, of one picture's size, once the picture is scaled to what the model takes."""
    grid = patch_grid(width, height, video)
    return grid.columns * grid.rows


@dataclass(frozen=True, slots=True)
class Grid:
    """How many patches a picture has."""

    columns: int
    """Across."""

    rows: int
    """Down."""


def patch_grid(width: int, height: int, video: VideoTokens) -> Grid:
    """Patches of a picture once it is scaled to what the model takes; the feeder scales it to just that.

    Both sides become multiples of the patch's side; where that gives more tokens than the model takes
    the picture is scaled down, and up where it gives fewer, keeping its shape as far as whole patches allow.
    """
    if width < 1 or height < 1:
        raise ValueError(f"picture of {width} by {height} pixels")
    side = video.patch_px
    columns, rows = max(1, round(width / side)), max(1, round(height / side))
    if columns * rows > video.max_patch_tokens:
        shrink = math.sqrt(width * height / (video.max_patch_tokens * side * side))
        columns, rows = (
            min(video.max_patch_tokens, max(1, math.floor(pixels / shrink / side))) for pixels in (width, height)
        )
    elif columns * rows < video.min_patch_tokens:
        stretch = math.sqrt(video.min_patch_tokens * side * side / (width * height))
        columns, rows = (math.ceil(pixels * stretch / side) for pixels in (width, height))
    return Grid(columns, rows)


def request_tokens(profile: ModelProfile, job: SizedJob) -> int:
    """Tokens of a usual request at its longest, prompt and answer: what the KV cache is shared out by.

    Raises:
        ValueError: The profile has nothing to size the job by.

    """
    around = math.ceil(profile.prompt_tokens.value or 0)
    match job:
        case SizedJob.TRANSCRIBE:
            return _heard(profile, CHUNK_MS) + around + _spoken()
        case SizedJob.ALIGN:
            return _heard(profile, CHUNK_MS) + around + _spoken() + math.ceil(MARKS_PER_S * CHUNK_MS / 1000)
        case SizedJob.DESCRIBE:
            return _window(profile) + around + ANSWER_TOKENS
        case SizedJob.TRANSLATE:
            return around + TRANSLATE_TOKENS
        case SizedJob.SYNTHESIZE:
            return around + _heard(profile, LINE_MS)


def _heard(profile: ModelProfile, length_ms: int) -> int:
    return audio_tokens(length_ms, profile.audio) if profile.audio else 0


def _spoken() -> int:
    return math.ceil(SPOKEN_TOKENS_PER_S * CHUNK_MS / 1000)


def _window(profile: ModelProfile) -> int:
    """Media tokens of the longest window with a picture of 16:9, as ``pipeline.media.windows`` plans it."""
    if profile.window_ms.value is None:
        raise ValueError(f"{profile.name} cannot describe: {profile.window_ms.source}")
    length_ms = int(profile.window_ms.value)
    seen = 0
    if profile.video is not None:
        frames = min(profile.video.max_frames, shown_frames(length_ms, shown_per_s(profile.video)))
        seen = video_tokens(frames, *SAMPLED_SIZE, profile.video)
    return _heard(profile, length_ms) + seen
