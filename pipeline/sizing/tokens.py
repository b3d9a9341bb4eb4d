"""How many tokens a model sees for a stretch of sound or a series of pictures."""

from __future__ import annotations

import math

from pipeline.sizing.profiles import AudioTokens, VideoTokens

ANSWER_TOKENS = 4_096
"""Part of the context kept for the description of a window. Ours: 60 notes of 60 tokens, and scenes."""


def audio_tokens(length_ms: int, audio: AudioTokens) -> int:
    """Tokens of ``length_ms`` of sound: whole blocks, and of the rest one per token begun.

    Qwen3's audio encoder makes 13 tokens of each 100 mel frames of 10 ms, and halves the rest three times,
    rounding up: 1 s is 13 tokens, 10 s are 130, 35.5 s are 462. Pictures beside the sound do not change that.
    """
    blocks, rest_ms = divmod(length_ms // audio.frame_ms * audio.frame_ms, audio.block_ms)
    return blocks * audio.tokens_per_block + -(-rest_ms // audio.token_ms)


def video_tokens(frames: int, width: int, height: int, video: VideoTokens) -> int:
    """Tokens of ``frames`` pictures of ``width`` by ``height`` pixels; an odd last picture counts as two."""
    patches = -(-frames // video.frames_per_patch)
    return patches * patch_tokens(width, height, video)


def patch_tokens(width: int, height: int, video: VideoTokens) -> int:
    """Tokens of one patch in time, of one picture's size, once the picture is scaled to what the model takes.

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
    return columns * rows
