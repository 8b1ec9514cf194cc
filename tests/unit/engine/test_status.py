"""Conditions by the kstatus rules, and when a status is worth a request."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.engine.virtual import run

from wharfinger.api.builtin import CONFIG_MAP
from wharfinger.api.resource import Key, Object
from wharfinger.engine.client import KubeClient
from wharfinger.engine.conditions import Condition, conditions
from wharfinger.engine.errors import Conflict, NotFound
from wharfinger.engine.status import StatusWriter
from wharfinger.engine.store import Store

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
KEY = ("ns", "a")

# Conditions


def test_an_abnormal_condition_that_is_not_true_is_not_there() -> None:
    wanted = [
        Condition("Ready", True, "Good"),
        Condition("Reconciling", False, "Done"),
        Condition("Stalled", "Unknown", "X"),
    ]
    assert [entry["type"] for entry in conditions([], wanted, generation=3, now=NOW)] == ["Ready"]


def test_in_progress_and_failed_exclude_each_other() -> None:
    both = [Condition("Reconciling", True, "R"), Condition("Stalled", True, "S")]
    with pytest.raises(ValueError, match="exclude"):
        conditions([], both, generation=1, now=NOW)


def test_each_condition_says_which_generation_it_is_about() -> None:
    (entry,) = conditions([], [Condition("Ready", False, "No", "why")], generation=7, now=NOW)
    assert entry == {
        "type": "Ready",
        "status": "False",
        "reason": "No",
        "message": "why",
        "lastTransitionTime": "2026-01-02T03:04:05Z",
        "observedGeneration": 7,
    }


@given(st.lists(st.tuples(st.booleans(), st.sampled_from("AB")), min_size=1, max_size=10))
def test_the_transition_time_moves_with_the_status_and_only_then(history: list[tuple[bool, str]]) -> None:
    previous: list[Object] = []
    for step, (status, reason) in enumerate(history):
        now = NOW + timedelta(minutes=step)
        current = conditions(previous, [Condition("Ready", status, reason)], generation=step, now=now)
        if previous and previous[0]["status"] == str(status):
            assert current[0]["lastTransitionTime"] == previous[0]["lastTransitionTime"]
        else:
            assert current[0]["lastTransitionTime"] == now.strftime("%Y-%m-%dT%H:%M:%SZ")
        previous = current


# Writing


class _Server(KubeClient):
    """Takes status patches; the wire is not under test here, and time is virtual."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.patches: list[tuple[float, Object]] = []
        self.failures: list[Exception] = []
        self.duration = 0.0

    async def patch(self, resource: Any, key: Key, patch: Any, **_: Any) -> Object:
        self.patches.append((asyncio.get_running_loop().time(), patch["status"]))
        await asyncio.sleep(self.duration)
        if self.failures:
            raise self.failures.pop(0)
        live = self.store.get(*key)
        assert live is not None
        version = str(int(live["metadata"]["resourceVersion"]) + 1)
        status = {**live.get("status", {}), **patch["status"]}
        kept = {name: value for name, value in status.items() if value is not None}
        return {"metadata": {**live["metadata"], "resourceVersion": version}, "status": kept}


class _Bench:
    """A status writer, its store, and what it asked for."""

    def __init__(self) -> None:
        self.store = Store(CONFIG_MAP)
        self.store.put({"metadata": {"name": "a", "namespace": "ns", "uid": "u", "resourceVersion": "1"}})
        self.server = _Server(self.store)
        self.crowded = False
        self.failed: list[Key] = []
        self.writer = StatusWriter(
            self.server, self.store, crowded=lambda: self.crowded, failed=lambda key, _: self.failed.append(key)
        )

    def submit(self, *, ready: bool = False, count: int = 0, generation: int = 1) -> None:
        obj = self.store.get(*KEY)
        assert obj is not None
        said = [{"type": "Ready", "status": str(ready)}]
        self.writer.submit(obj, {"observedGeneration": generation, "conditions": said, "count": count})

    @property
    def times(self) -> list[float]:
        return [round(time, 2) for time, _ in self.server.patches]


def _scene(play: Any) -> _Bench:
    """Run ``play`` with a bench whose writer is at work."""

    async def main() -> _Bench:
        bench = _Bench()
        task = asyncio.create_task(bench.writer.run())
        await asyncio.sleep(0)
        act: Coroutine[Any, Any, None] = play(bench)
        await act
        await asyncio.sleep(20)
        task.cancel()
        assert bench.writer.pending == 0
        return bench

    return run(main())


def test_a_change_of_state_is_written_at_once_and_progress_once_a_second() -> None:
    async def play(bench: _Bench) -> None:
        bench.submit()
        for count in range(1, 25):
            await asyncio.sleep(0.1)
            bench.submit(count=count)
        bench.submit(count=24, ready=True)

    bench = _scene(play)
    assert bench.times == [0, 1, 2, 2.4]
    assert bench.server.patches[-1][1]["conditions"] == [{"type": "Ready", "status": "True"}]


def test_only_what_changed_is_sent() -> None:
    async def play(bench: _Bench) -> None:
        bench.submit(count=1)
        await asyncio.sleep(5)
        bench.submit(count=2)

    assert _scene(play).server.patches[-1][1] == {"count": 2}


def test_nothing_is_sent_where_nothing_differs() -> None:
    async def play(bench: _Bench) -> None:
        bench.submit(count=1)
        await asyncio.sleep(5)
        bench.submit(count=1)
        bench.submit(count=2)
        bench.submit(count=1)

    assert _scene(play).times == [0]


def test_status_waits_while_children_are_to_be_written_but_not_for_ever() -> None:
    async def play(bench: _Bench) -> None:
        bench.crowded = True
        bench.submit()
        await asyncio.sleep(3)
        assert bench.times == []
        bench.submit(ready=True)

    bench = _scene(play)
    assert bench.times[0] == pytest.approx(5, abs=0.1)
    assert len(bench.times) == 1, "what it said in between is nobody's loss"


def test_status_is_written_as_soon_as_the_crowd_is_gone() -> None:
    async def play(bench: _Bench) -> None:
        bench.crowded = True
        bench.submit()
        await asyncio.sleep(1)
        bench.crowded = False

    assert _scene(play).times[0] == pytest.approx(1, abs=0.1)


def test_overdue_status_goes_between_children_one_at_a_time() -> None:
    """Each write takes a while; so that children keep the server, the next begins when the one before has ended."""

    async def play(bench: _Bench) -> None:
        bench.server.duration = 0.5
        bench.crowded = True
        for name in "abc":
            obj = {"metadata": {"name": name, "namespace": "ns", "uid": name, "resourceVersion": "1"}}
            bench.writer.submit(bench.store.put(obj), {"observedGeneration": 1, "conditions": []})

    times = _scene(play).times
    assert len(times) == 3
    assert all(later - earlier >= 0.5 for earlier, later in pairwise(times))


def test_a_conflict_has_the_key_looked_at_again() -> None:
    async def play(bench: _Bench) -> None:
        bench.server.failures.append(Conflict("changed"))
        bench.submit()

    bench = _scene(play)
    assert bench.failed == [KEY]


def test_an_object_that_is_gone_needs_no_status() -> None:
    async def play(bench: _Bench) -> None:
        bench.server.failures.append(NotFound("gone"))
        bench.submit()

    bench = _scene(play)
    assert bench.failed == []


def test_another_object_of_that_name_does_not_get_the_status() -> None:
    async def play(bench: _Bench) -> None:
        bench.crowded = True
        bench.submit()
        await asyncio.sleep(0.1)
        old = {"metadata": {"name": "a", "namespace": "ns", "uid": "u", "resourceVersion": "2"}}
        bench.store.event({"type": "DELETED", "object": old})
        bench.store.put({"metadata": {"name": "a", "namespace": "ns", "uid": "other", "resourceVersion": "3"}})

    assert _scene(play).times == []


def test_written_now_means_written_when_it_returns() -> None:
    async def play(bench: _Bench) -> None:
        obj = bench.store.get(*KEY)
        assert obj is not None
        bench.crowded = True
        answer = await bench.writer.write_now(obj, {"decision": "roll back"})
        assert answer["status"] == {"decision": "roll back"}
        assert bench.times == [0]
        held = bench.store.get(*KEY)
        assert held is not None
        assert held["status"] == {"decision": "roll back"}

    _scene(play)


def test_written_now_raises_what_the_server_says() -> None:
    async def play(bench: _Bench) -> None:
        obj = bench.store.get(*KEY)
        assert obj is not None
        bench.server.failures.append(Conflict("stale"))
        with pytest.raises(Conflict):
            await bench.writer.write_now(obj, {"decision": "roll back"})

    _scene(play)
