"""Whose turn it is on a device that is too small for all who want it: models on one GPU take turns in waves.

Pure bookkeeping; the times come from the caller. Who wants a device stands in line; the first in line gets
its share as soon as it is free, so that none waits for ever behind those that need less. Who has work
keeps the device until it has none, at the longest for a turn while others wait; the turn begins when it has
loaded. One loads at a time: vLLM measures the memory of the whole device while it does, and would take what
another loads for its own. Threads may share it.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from enum import Enum

from pipeline.errors import UsageError

TURN_S = 1200.0
"""After so long with others waiting one that is loaded gives way although it has work. Ours: an engine of 30 billion
parameters takes about a minute to load, which may cost a twentieth of the time, and no title waits much longer."""

LINGER_S = 2.0
"""So long one must be idle at least before it gives way. Ours: a title's next request comes within a moment of its
last answer."""

LONGEST_LINGER_S = 60.0
"""One stays idle as long as it took to load, and no longer than this. Ours: who waits as long as the loss would be
never pays more than twice what the best choice would have cost; beyond a minute a GPU has stood still for too long."""

_WHOLE = 1.0 + 1e-6
"""All of a device; sums of shares such as 0.7 + 0.2 + 0.1 are not exact."""


class Duty(Enum):
    """What one that holds a device does next."""

    GO_ON = "go on"
    """Work, and take more."""

    FINISH = "finish"
    """Work, but take nothing new: its turn is over."""

    WAIT = "wait"
    """Start no worker yet, since another loads."""

    LEAVE = "leave"
    """Give the device back."""


@dataclass(slots=True)
class _Holder:
    """One that holds its share of a device."""

    share: float
    idle_since_s: float | None = None
    wanted_since_s: float | None = None
    is_leaving: bool = False


@dataclass(slots=True)
class _Device:
    """One device: who holds it, who of them loads, and who waits, first come first served; shares by name."""

    holders: dict[str, _Holder] = field(default_factory=dict)
    line: dict[str, float] = field(default_factory=dict)
    loading: str | None = None

    def free(self) -> float:
        return _WHOLE - sum(holder.share for holder in self.holders.values())

    def lack(self) -> float:
        """How much the first in line needs besides what is free; nothing when nobody waits."""
        return next(iter(self.line.values())) - self.free() if self.line else 0.0

    def given_back(self, *, by_idle: bool, but: _Holder) -> float:
        """How much others are about to give back; of the idle alone, which do so at once, or of all."""
        return sum(
            one.share
            for one in self.holders.values()
            if one is not but and one.is_leaving and (one.idle_since_s is not None or not by_idle)
        )


class Turns:
    """The devices of a machine and those that work on them, by name."""

    def __init__(
        self, *, turn_s: float = TURN_S, linger_s: float = LINGER_S, longest_linger_s: float = LONGEST_LINGER_S
    ) -> None:
        self._turn_s = turn_s
        self._linger_s = linger_s
        self._longest_linger_s = longest_linger_s
        self._devices: dict[str, _Device] = {}
        self._lock = threading.Lock()

    def may_work(self, name: str, *, device: str, share: float) -> bool:
        """Whether ``name`` holds its share of a device, which it takes when it is its turn; else it stands in line.

        Raises:
            UsageError: It wants more than there is of any device.

        """
        if share > _WHOLE:
            raise UsageError(
                f"{name} wants {share:g} of {device}, which is more than all of it; give it a share up to 1"
            )
        with self._lock:
            at = self._devices.setdefault(device, _Device())
            if name in at.holders:
                return True
            at.line.setdefault(name, share)
            if at.loading is not None or next(iter(at.line)) != name or share > at.free():
                return False
            del at.line[name]
            at.holders[name] = _Holder(share)
            at.loading = name
            return True

    def duty(
        self, name: str, *, device: str, is_busy: bool, has_more: bool, load_s: float | None, now_s: float
    ) -> Duty:
        """What a holder does next.

        ``is_busy``: it was asked something; ``has_more``: more waits for it; ``load_s``: how long its worker took to
        load, None when it has none that is loaded.
        """
        with self._lock:
            at = self._devices[device]
            holder = at.holders[name]
            if load_s is None:
                holder.idle_since_s, holder.wanted_since_s, holder.is_leaving = None, None, False
                at.loading = at.loading or name
                return Duty.GO_ON if at.loading == name else Duty.WAIT
            if at.loading == name:
                at.loading = None
            if is_busy or has_more:
                holder.idle_since_s = None
            elif holder.idle_since_s is None:
                holder.idle_since_s = now_s
            lack = at.lack()
            if lack <= 0.0:
                holder.wanted_since_s, holder.is_leaving = None, False
                return Duty.GO_ON
            if holder.wanted_since_s is None:
                holder.wanted_since_s = now_s
            linger_s = max(self._linger_s, min(load_s, self._longest_linger_s))
            if holder.idle_since_s is not None and now_s - holder.idle_since_s >= linger_s:
                holder.is_leaving = lack > at.given_back(by_idle=True, but=holder)
            elif now_s - holder.wanted_since_s >= self._turn_s:
                holder.is_leaving = lack > at.given_back(by_idle=False, but=holder)
            else:
                holder.is_leaving = False
            if not holder.is_leaving:
                return Duty.GO_ON
            return Duty.FINISH if is_busy else Duty.LEAVE

    def leave(self, name: str, *, device: str) -> None:
        """Give back what ``name`` holds, and let it stand in line no longer."""
        with self._lock:
            at = self._devices.get(device)
            if at is not None:
                at.holders.pop(name, None)
                at.line.pop(name, None)
                if at.loading == name:
                    at.loading = None
