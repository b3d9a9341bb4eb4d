"""Names of the files that one decode pass makes."""

SPEECH = "speech.flac"
"""16 kHz mono, exactly the asset's length; absent for a title without audio."""

LEVELS = "levels.parquet"
"""``schemas.media.Level``, one row per 32 ms."""

REGIONS = "regions.parquet"
"""``schemas.media.SpeechRegion``."""

SHOTS = "shots.parquet"
"""``schemas.media.Shot``."""

FRAMES = "frames.parquet"
"""``schemas.media.SampledFrame``."""
