"""Names of the files that decoding makes."""

SPEECH = "speech.flac"
"""16 kHz mono, exactly the asset's length; only with audio."""

LEVELS = "levels.parquet"
"""``schemas.media.Level``, one row per 32 ms; only with audio."""

REGIONS = "regions.parquet"
"""``schemas.media.SpeechRegion``; only with audio."""

FRAMES = "frames.parquet"
"""``schemas.media.SampledFrame``; only with a picture."""

SHOTS = "shots.parquet"
"""``schemas.media.Shot``; always, empty without a picture."""


SOUND = "sound.f32"
"""Interleaved float32 at 48 kHz, exactly the length that was asked for; of a pass of its own, for a mix."""


def made(*, has_audio: bool, has_picture: bool) -> tuple[str, ...]:
    """All files that one decode pass makes of a title."""
    return (*((SPEECH, LEVELS, REGIONS) if has_audio else ()), *((FRAMES,) if has_picture else ()), SHOTS)
