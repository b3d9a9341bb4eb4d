"""Model profiles and GPUs, read from ``models.toml`` and ``gpus.toml``: every figure with its source and date."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import ClassVar

from pydantic import ConfigDict, TypeAdapter

from pipeline.errors import UsageError

EMBEDDED_FAMILY = "embedded"
"""The family of engines that run on a CPU and count no tokens."""

CPU_CORE = "cpu core"
"""Device of a yardstick that is about one core of a CPU."""

UNNAMED = "unnamed"
"""Device of a yardstick whose source does not say on which GPU it was measured."""

_STRICT = ConfigDict(extra="forbid")


class Kind(StrEnum):
    """What a figure rests on."""

    PUBLISHED = "published"
    """Somebody else's statement, at the source."""

    READ = "read"
    """Read in a released package's source, or tried on a CPU."""

    DERIVED = "derived"
    """Arithmetic on published figures, stated in the source."""

    MEASURED = "measured"
    """Our own measurement, which can be rerun."""

    OURS = "ours"
    """A choice of ours, with its reason."""

    UNKNOWN = "unknown"
    """Not published; there is no value."""


class Precision(StrEnum):
    """How weights or the KV cache are kept."""

    BF16 = "bf16"
    FP8 = "fp8"
    INT8 = "int8"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where numbers are from."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    kind: Kind
    """What they rest on."""

    source: str
    """Who says so, or the arithmetic that gives them."""

    date: str
    """When they were published or read, ISO 8601."""


@dataclass(frozen=True, slots=True)
class Figure(Origin):
    """A number with its source."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    value: float | None = None
    """The number, in the unit that its field names; null when unknown."""

    def __post_init__(self) -> None:
        if (self.value is None) != (self.kind is Kind.UNKNOWN):
            raise ValueError(f"a figure has a value unless it is unknown: {self}")
        if self.value is not None and self.value < 0:
            raise ValueError(f"a figure must not be negative: {self}")


@dataclass(frozen=True, slots=True)
class AudioTokens:
    """How a model's audio encoder counts."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    frame_ms: int
    """Step of the mel frames; what does not fill one is not seen."""

    block_ms: int
    """Length that is encoded at once."""

    tokens_per_block: int
    """Tokens of a full block."""

    token_ms: int
    """Length of one token in a block that is not full."""

    origin: Origin
    """What the four numbers rest on."""


@dataclass(frozen=True, slots=True)
class VideoTokens:
    """How a model's vision encoder counts."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    frames_per_patch: int
    """Pictures that one patch in time covers."""

    patch_px: int
    """Side of the square of pixels that one token covers."""

    min_patch_tokens: int
    """Fewest tokens per patch in time; smaller pictures are scaled up."""

    max_patch_tokens: int
    """Most tokens per patch in time; larger pictures are scaled down."""

    frames_per_s: float
    """Pictures per second that the model is shown by default."""

    max_frames: int
    """Most pictures in one request."""

    origin: Origin
    """What the numbers rest on."""


class SizedJob(StrEnum):
    """What a model can be sized for: the jobs of ``schemas.jobs``, and those that dubbing will add."""

    TRANSCRIBE = "transcribe"
    ALIGN = "align"
    DESCRIBE = "describe"
    SYNTHESIZE = "synthesize"
    TRANSLATE = "translate"


class Rate(StrEnum):
    """Unit of a yardstick."""

    AUDIO_S = "audio seconds per second"
    """Seconds of sound, heard or spoken, per second of the device."""

    TOKENS = "tokens per second"
    """Tokens read and written per second of the device."""


@dataclass(frozen=True, slots=True)
class Yardstick:
    """How fast a model was seen to run."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    job: SizedJob
    """What was done."""

    rate: Rate
    """Unit."""

    figure: Figure
    """How much per second on one device: one GPU, or one CPU core."""

    device: str
    """Name of the GPU in ``gpus.toml``, ``CPU_CORE``, or ``UNNAMED``."""

    at_once: int
    """Requests that ran at once."""


@dataclass(frozen=True, slots=True)
class Sized:
    """A size that depends on the precision."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    precision: Precision
    """The precision."""

    figure: Figure
    """The size, in the unit that the list names."""


@dataclass(frozen=True, slots=True)
class ModelProfile:
    """All that planning needs to know of one model."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    name: str
    """Name of the checkpoint or engine."""

    family: str
    """Engine family: ``embedded`` or ``vllm``."""

    weights_published: bool
    """Whether anybody can load it; false for a model that is known from reports only."""

    yardsticks: tuple[Yardstick, ...]
    """How fast it was seen to run; none when nobody published it."""

    window_ms: Figure
    """Longest audio-visual window that is asked about at once, in milliseconds; unknown where it sees none."""

    prompt_tokens: Figure
    """Tokens of the instruction and template around the media; 0 for an engine without tokens."""

    context_tokens: Figure
    """Longest prompt and answer together that is served."""

    max_num_seqs: Figure
    """Most requests that run at once, by recipe; what fits the memory may be less."""

    utilisation: Figure
    """Share of a GPU's memory that its deployment may take, 0 to 1."""

    weights_gb: tuple[Sized, ...]
    """Weights on the GPU in 10^9 bytes, for each precision that can be served; the preferred one first."""

    kv_bytes_per_token: tuple[Sized, ...]
    """KV cache per token in bytes, for each precision; the preferred one first."""

    audio: AudioTokens | None = None
    """How it counts sound; null for engines that count no tokens."""

    video: VideoTokens | None = None
    """How it counts pictures; null when it sees none."""

    @property
    def counts_tokens(self) -> bool:
        """Whether it is a language model on a GPU; false for the embedded engines."""
        return self.family != EMBEDDED_FAMILY

    def yardstick(self, job: SizedJob) -> Yardstick | None:
        """How fast it was seen to do that; None when nobody published it."""
        return next((y for y in self.yardsticks if y.job is job), None)


@dataclass(frozen=True, slots=True)
class Gpu:
    """One type of GPU."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    name: str
    """Its name."""

    memory_gb: Figure
    """Memory in 10^9 bytes."""

    bandwidth_gb_per_s: Figure
    """Memory bandwidth in 10^9 bytes per second."""

    has_fp8: bool
    """Whether its tensor cores compute in FP8."""

    price_usd_per_h: Figure
    """Price of one hour."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All profiles and GPUs."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    models: tuple[ModelProfile, ...]
    """In the order of the file."""

    gpus: tuple[Gpu, ...]
    """In the order of the file."""

    def model(self, name: str) -> ModelProfile:
        """The profile of that name. Raises UsageError when there is none."""
        found = next((model for model in self.models if model.name == name), None)
        if found is None:
            known = ", ".join(model.name for model in self.models)
            raise UsageError(f"no model profile {name!r}; known are {known}")
        return found

    def gpu(self, name: str) -> Gpu:
        """The GPU of that name. Raises UsageError when there is none."""
        found = next((gpu for gpu in self.gpus if gpu.name == name), None)
        if found is None:
            raise UsageError(f"no GPU {name!r}; known are {', '.join(gpu.name for gpu in self.gpus)}")
        return found


@cache
def catalogue() -> Catalogue:
    """The profiles and GPUs that come with the package."""
    folder = resources.files("pipeline.sizing")
    return TypeAdapter(Catalogue).validate_python(
        {name: entry for file in ("models.toml", "gpus.toml") for name, entry in _tables(folder.joinpath(file)).items()}
    )


def _tables(file: Traversable) -> dict[str, object]:
    return tomllib.loads(file.read_text(encoding="utf-8"))
