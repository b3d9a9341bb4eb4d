"""One immutable set of deliverables of one asset, and what its manifest says of it."""

from __future__ import annotations

from dataclasses import dataclass

from schemas.localize import Voice
from schemas.sound import MixFacts


@dataclass(frozen=True, slots=True)
class Deliverable:
    """One file of a release."""

    name: str
    """File name in the release folder, e.g. ``captions.en.srt``."""

    kind: str
    """What it is: ``captions``, ``scenes``, ``report``, ``review``, ``preview``, ``dialogue``, ``mix``, ``mux``."""

    language: str | None
    """BCP 47 tag; null where it has none."""

    sha256: str
    """SHA-256 of the file, 64 hex digits."""

    size_bytes: int
    """Size of the file."""

    is_synthetic: bool
    """Whether it holds speech that a machine spoke."""

    loudness_lufs: float | None = None
    """Programme loudness that was measured on it (ITU-R BS.1770); null where it is silent, no sound, or a preview."""

    true_peak_dbtp: float | None = None
    """True peak that was measured on it; null as for the loudness."""


@dataclass(frozen=True, slots=True)
class StageUsed:
    """A stage result that went into a release."""

    stage: str
    """Name of the stage."""

    version: str
    """Version of the stage's rules; a new one makes old results stale."""

    fingerprint: str
    """Hash of everything that bears on the result."""

    engine: str | None
    """Model that answered; null for a stage without one."""

    revision: str | None
    """Exact version of that model."""

    rows: int
    """Rows that it produced."""


@dataclass(frozen=True, slots=True)
class Dubbed:
    """What a manifest says of one dub (Regulation (EU) 2024/1689, article 50: synthetic speech is marked)."""

    language: str
    """BCP 47 tag."""

    disclosure: str
    """For whoever publishes it, word for word as its files say it: whether speech is synthetic, and what made it."""

    engine: str
    """Model that spoke."""

    revision: str
    """Exact version of that model."""

    lines: int
    """Lines of the title."""

    flagged: int
    """Lines that keep the original speech until a human decides."""

    voices: tuple[Voice, ...]
    """Whose voice each speaker got, why, and under which consent."""

    sound: MixFacts
    """The mix, as it was made and measured."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a release is, written after everything that it lists."""

    asset_id: str
    """The asset."""

    release_id: str
    """Hash of the fingerprints of the stages that went into it."""

    source_sha256: str
    """SHA-256 of the source."""

    length_ms: int
    """Length of the title."""

    code_version: str
    """Version of this software."""

    language: str | None
    """BCP 47 tag of what is spoken; null when nothing is."""

    profile: str
    """Caption profile that was applied."""

    is_draft: bool
    """Whether engines that are plain about being a draft made the text."""

    cues: int
    """Captions."""

    scenes: int
    """Scenes."""

    speakers: int
    """People who speak, as far as they could be told apart."""

    errors: int
    """Findings of severity error."""

    warnings: int
    """Findings of severity warning."""

    translations: tuple[str, ...]
    """BCP 47 tags of the languages that it was translated into."""

    dubs: tuple[Dubbed, ...]
    """What it was dubbed into, and how."""

    stages: tuple[StageUsed, ...]
    """Where it came from."""

    deliverables: tuple[Deliverable, ...]
    """What it holds."""

    tables: tuple[str, ...]
    """Tables that it adds rows to, apart from ``runs``, which says what was done and not what was made."""
