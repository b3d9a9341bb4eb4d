from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import UsageError
from workers.turns import LINGER_S, LONGEST_LINGER_S, TURN_S, Duty, Turns

GPU = "gpu0"
TURN, LINGER, LONGEST = 10.0, 1.0, 4.0

SHARES = st.sampled_from([0.1, 0.2, 0.25, 0.3, 0.45, 0.5, 0.7, 0.9, 1.0])


def turns() -> Turns:
    return Turns(turn_s=TURN, linger_s=LINGER, longest_linger_s=LONGEST)


def duty(
    of: Turns,
    name: str,
    *,
    is_busy: bool = False,
    has_more: bool = False,
    load_s: float | None = 0.0,
    now_s: float = 0.0,
) -> Duty:
    return of.duty(name, device=GPU, is_busy=is_busy, has_more=has_more, load_s=load_s, now_s=now_s)


def may(of: Turns, name: str, share: float) -> bool:
    return of.may_work(name, device=GPU, share=share)


def may_and_loads(of: Turns, name: str, share: float) -> bool:
    """Whether it may work; if so it is loaded at once."""
    return may(of, name, share) and duty(of, name, has_more=True) is Duty.GO_ON


def test_shares_that_fit_together_work_together() -> None:
    one = turns()
    assert [may_and_loads(one, name, share) for name, share in (("a", 0.7), ("b", 0.2), ("c", 0.1))] == [True] * 3
    assert not may(one, "d", 0.1)


def test_one_loads_at_a_time() -> None:
    one = turns()
    assert may(one, "a", 0.3)
    assert not may(one, "b", 0.3)
    assert duty(one, "a", load_s=None) is Duty.GO_ON
    assert not may(one, "b", 0.3)
    assert one.may_work("elsewhere", device="gpu1", share=0.3)
    assert duty(one, "a", load_s=5.0) is Duty.GO_ON
    assert may(one, "b", 0.3)
    assert not may(one, "c", 0.3)
    one.leave("b", device=GPU)
    assert may(one, "c", 0.3)


def test_who_must_load_again_waits_until_another_has_loaded() -> None:
    one = turns()
    assert may_and_loads(one, "a", 0.5)
    assert may(one, "b", 0.5)
    assert duty(one, "a", is_busy=True, load_s=None) is Duty.WAIT
    assert duty(one, "b", load_s=None) is Duty.GO_ON
    assert duty(one, "b", is_busy=True, load_s=1.0) is Duty.GO_ON
    assert duty(one, "a", is_busy=True, load_s=None) is Duty.GO_ON
    assert duty(one, "a", is_busy=True, load_s=1.0) is Duty.GO_ON


@pytest.mark.parametrize("has_more", [False, True])
def test_who_loads_is_never_sent_away_and_its_turn_begins_when_it_has_loaded(has_more: bool) -> None:
    one = turns()
    assert may(one, "a", 0.9)
    assert not may(one, "b", 0.9)
    for now_s in (0.0, TURN, 100 * TURN):
        assert duty(one, "a", has_more=has_more, load_s=None, now_s=now_s) is Duty.GO_ON
    ready_s = 100 * TURN
    assert duty(one, "a", is_busy=True, load_s=ready_s, now_s=ready_s) is Duty.GO_ON
    assert duty(one, "a", is_busy=True, load_s=ready_s, now_s=ready_s + 0.9 * TURN) is Duty.GO_ON
    assert duty(one, "a", is_busy=True, load_s=ready_s, now_s=ready_s + TURN) is Duty.FINISH


@pytest.mark.parametrize(("load_s", "linger_s"), [(0.0, LINGER), (3.0, 3.0), (50.0, LONGEST)])
def test_who_is_idle_lingers_as_long_as_it_took_to_load_within_limits(load_s: float, linger_s: float) -> None:
    one = turns()
    assert may(one, "a", 0.9)
    assert not may(one, "b", 0.9)
    assert duty(one, "a", load_s=load_s, now_s=0.0) is Duty.GO_ON
    assert duty(one, "a", load_s=load_s, now_s=0.9 * linger_s) is Duty.GO_ON
    assert duty(one, "a", load_s=load_s, now_s=linger_s) is Duty.LEAVE


def test_devices_do_not_wait_for_each_other() -> None:
    one = turns()
    assert one.may_work("a", device="gpu0", share=1.0)
    assert one.may_work("b", device="gpu1", share=1.0)


def test_a_share_above_all_there_is_is_wrong_usage() -> None:
    with pytest.raises(UsageError, match="up to 1"):
        may(turns(), "a", 1.1)


def test_who_came_first_is_served_first_even_where_another_would_fit() -> None:
    one = turns()
    assert may_and_loads(one, "a", 0.5)
    assert not may(one, "big", 0.9)
    assert not may(one, "small", 0.2)
    one.leave("a", device=GPU)
    assert not may(one, "small", 0.2)
    assert may(one, "big", 0.9)


def test_who_has_work_keeps_the_device_until_its_turn_is_over() -> None:
    one = turns()
    assert may(one, "a", 0.9)
    assert duty(one, "a", is_busy=True, now_s=1_000.0) is Duty.GO_ON
    assert not may(one, "b", 0.9)
    at = [(now_s, duty(one, "a", is_busy=True, now_s=1_001.0 + now_s)) for now_s in (0.0, 0.9 * TURN, TURN)]
    assert [what for _, what in at] == [Duty.GO_ON, Duty.GO_ON, Duty.FINISH]
    assert duty(one, "a", has_more=True, now_s=1_001.0 + TURN) is Duty.LEAVE


def test_who_is_idle_gives_way_after_a_moment_and_only_when_another_waits() -> None:
    one = turns()
    assert may(one, "a", 0.9)
    assert duty(one, "a", now_s=0.0) is Duty.GO_ON
    assert duty(one, "a", now_s=100.0) is Duty.GO_ON
    assert duty(one, "a", is_busy=True, now_s=101.0) is Duty.GO_ON
    assert not may(one, "b", 0.9)
    assert duty(one, "a", now_s=102.0) is Duty.GO_ON
    assert duty(one, "a", now_s=102.0 + LINGER) is Duty.LEAVE
    one.leave("a", device=GPU)
    assert may(one, "b", 0.9)


def test_no_more_give_way_than_must() -> None:
    one = turns()
    assert may_and_loads(one, "a", 0.5)
    assert may_and_loads(one, "b", 0.5)
    assert not may(one, "c", 0.5)
    at_s = 0.0
    told = set()
    for at_s in (0.0, LINGER, 2 * LINGER):
        told = {(name, duty(one, name, now_s=at_s)) for name in ("a", "b")}
    assert {what for _, what in told} == {Duty.LEAVE, Duty.GO_ON}


def test_who_no_longer_waits_drives_nobody_away() -> None:
    one = turns()
    assert may(one, "a", 0.9)
    assert not may(one, "b", 0.9)
    assert duty(one, "a", is_busy=True, now_s=0.0) is Duty.GO_ON
    assert duty(one, "a", is_busy=True, now_s=TURN) is Duty.FINISH
    one.leave("b", device=GPU)
    assert duty(one, "a", is_busy=True, now_s=TURN) is Duty.GO_ON


def test_the_usual_turn_is_long_and_the_usual_pause_short() -> None:
    one = Turns()
    assert may(one, "a", 0.9)
    assert not may(one, "b", 0.9)
    assert duty(one, "a", now_s=0.0) is Duty.GO_ON
    assert duty(one, "a", now_s=LINGER_S) is Duty.LEAVE
    assert TURN_S > 10 * LONGEST_LINGER_S


@dataclass
class Model:
    """One that wants a device, with so much work to do, some of it begun."""

    name: str
    share: float
    work_s: int
    load_s: int
    starts: list[int] = field(default_factory=list)
    holds: bool = False

    def is_loading(self, now_s: int) -> bool:
        return self.holds and now_s - self.starts[-1] < self.load_s


def simulated(models: list[Model], *, limit_s: int) -> Iterable[list[Model]]:
    """Second by second until all work is done: who holds the device. No two load at once."""
    one = turns()
    for now_s in range(limit_s):
        for model in models:
            step(one, model, now_s)
        assert sum(model.is_loading(now_s) for model in models) <= 1
        yield [model for model in models if model.holds]
        if not any(model.work_s for model in models):
            return
    raise AssertionError(f"not done after {limit_s} s: {models}")


def step(one: Turns, model: Model, now_s: int) -> None:
    """A second of one model's life."""
    if model.holds:
        load_s = None if model.is_loading(now_s) else float(model.load_s)
        what = duty(one, model.name, has_more=model.work_s > 0, load_s=load_s, now_s=float(now_s))
        if what is Duty.LEAVE:
            one.leave(model.name, device=GPU)
            model.holds = False
        else:
            assert what is Duty.GO_ON
            model.work_s -= load_s is not None and model.work_s > 0
            return
    if model.work_s and one.may_work(model.name, device=GPU, share=model.share):
        model.holds = True
        model.starts.append(now_s)


MODELS = st.lists(st.tuples(SHARES, st.integers(0, 40), st.integers(0, 30)), min_size=1, max_size=6).map(
    lambda wishes: [Model(f"m{number}", *wish) for number, wish in enumerate(wishes)]
)


@given(MODELS)
def test_all_work_is_done_and_no_device_is_ever_given_twice(models: list[Model]) -> None:
    total_s = sum(model.work_s for model in models)
    lost_s = sum(-(-model.work_s // int(TURN)) * (model.load_s + int(LONGEST) + 3) for model in models)
    limit_s = total_s + lost_s + 10
    for holding in simulated(models, limit_s=limit_s):
        assert sum(model.share for model in holding) <= 1.0 + 1e-6


@given(MODELS)
def test_nobody_starts_more_often_than_its_turns_ask_for(models: list[Model]) -> None:
    expected = [1 + model.work_s // int(TURN) for model in models]
    for _ in simulated(models, limit_s=2_000):
        pass
    assert all(len(model.starts) <= most for model, most in zip(models, expected, strict=True))


@given(
    st.lists(st.tuples(st.integers(0, 4), st.sampled_from(["wish", "leave", "busy", "idle"])), max_size=60), st.data()
)
def test_whoever_is_first_in_line_gets_a_device_that_nobody_holds(
    steps: list[tuple[int, str]], data: st.DataObject
) -> None:
    shares = [data.draw(SHARES) for _ in range(5)]
    one = turns()
    held: set[int] = set()
    loading: set[int] = set()
    line: list[int] = []
    for now_s, (number, what) in enumerate(steps):
        name = f"m{number}"
        if what == "wish" and number not in held:
            line = line if number in line else [*line, number]
            if one.may_work(name, device=GPU, share=shares[number]):
                assert line[0] == number
                assert not loading
                line = line[1:]
                held.add(number)
                loading = {number}
            else:
                assert held or line[0] != number
        elif what == "leave":
            one.leave(name, device=GPU)
            held.discard(number)
            loading.discard(number)
            line = [other for other in line if other != number]
        elif number in held:
            told = duty(one, name, is_busy=what == "busy", now_s=float(now_s))
            loading.discard(number)
            assert told is Duty.GO_ON or line
    assert sum(shares[number] for number in held) <= 1.0 + 1e-6
