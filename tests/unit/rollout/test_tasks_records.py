"""What is remembered of tasks: nothing is lost on the way, and it stays small."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from wharfinger.rollout.pods import PodRef
from wharfinger.rollout.tasks import records
from wharfinger.rollout.tasks.observe import Surroundings, observed, unsaved
from wharfinger.rollout.tasks.reading import Reading
from wharfinger.rollout.tasks.task import Place, Task

NOW = datetime(2026, 1, 1, tzinfo=UTC)
POD = PodRef(namespace="shop", name="web-1-a", uid="u")


def task(name: str = "a", *, slot: int = 1, age: int = 100, **more: object) -> Task:
    made = NOW - timedelta(seconds=age)
    known = Task(
        id=name, place=Place(slot=slot), revision="r1", iteration=1, cause="create", state="running", created_at=made
    )
    return replace(known, **more)  # type: ignore[arg-type]


def gone(name: str = "a", *, slot: int = 1, age: int = 100) -> Task:
    return task(name, slot=slot, age=age, state="failed", exit_code=3, finished_at=NOW - timedelta(seconds=age - 50))


WHOLE = task(
    started_at=NOW,
    running_at=NOW,
    finished_at=NOW,
    stopping_at=NOW,
    checked=True,
    healthy=False,
    stop_reason="update",
    node="node-a",
    exit_code=0,
    stop_code="UserInitiated",
    message="it ended",
)


@pytest.mark.parametrize("known", [gone(), WHOLE, replace(WHOLE, place=Place(node="node-a.example.com"))])
def test_a_record_says_all_that_was_known(known: Task) -> None:
    assert records.decode(records.encode([known])) == (known,)


@pytest.mark.parametrize("text", ["", "{", "{}", "[1]", '[{"id": "a"}]', '[{"id": "a", "slot": "x"}]'])
def test_what_cannot_be_read_is_left_out(text: str) -> None:
    assert records.decode(text) == ()


def test_the_newest_of_each_place_are_kept() -> None:
    tasks = [gone(str(age), age=age) for age in (100, 200, 300)] + [gone("other", slot=2)]
    assert {each.id for each in records.kept(tasks, each=2, needed=lambda _: True)} == {"100", "200", "other"}
    assert {each.id for each in records.kept(tasks, each=0, needed=lambda _: True)} == {"100", "other"}
    assert {each.id for each in records.kept(tasks, each=2, needed=lambda place: place.slot == 2)} == {"other"}
    assert "300" in {each.id for each in records.kept(tasks, each=1, needed=lambda _: True, always={"300"})}


def test_a_chunk_stays_within_its_bound_and_keeps_what_is_counted() -> None:
    tasks = [gone(f"{slot}-{age}", slot=slot, age=age) for slot in range(50) for age in range(100, 120)]
    text = records.bounded(tasks, each=20, always={"0-119"}, limit=50_000)
    assert len(text.encode()) <= 50_000
    assert {each.place.slot for each in records.decode(text)} == set(range(50))
    assert "0-119" in {each.id for each in records.decode(text)}


def test_a_thousand_tasks_are_remembered_in_twenty_objects() -> None:
    tasks = [gone(str(slot), slot=slot) for slot in range(1, 1000)]
    chunks = records.by_chunk(tasks)
    assert len(chunks) == 20
    assert all(len(records.encode(each)) < 20_000 for each in chunks.values())


def seen(living: list[Task], remembered: list[Task], **around: frozenset[str]) -> dict[str, Task]:
    readings = [Reading(task=each) for each in living]
    found = observed(readings, remembered, Surroundings(**around), vanished_at=lambda _: NOW, now=NOW)
    return {each.id: each for each in found}


def test_a_pod_says_more_than_a_record_but_for_why_it_was_stopped() -> None:
    record = task(stopping_at=NOW, stop_reason="scale-in")
    found = seen([task(pod=POD, started_at=NOW)], [record])["a"]
    assert (found.stop_reason, found.stopping_at, found.started_at) == ("scale-in", NOW, NOW)


def test_a_task_that_was_being_stopped_is_over_once_its_pod_is_gone() -> None:
    found = seen([], [task(stopping_at=NOW, stop_reason="update")])["a"]
    assert (found.state, found.finished_at, found.stop_reason) == ("shutdown", NOW, "update")


def test_what_was_recorded_as_ended_stays_as_it_was() -> None:
    """Whoever decided from it must not decide otherwise now, whatever its Pod says by then."""
    found = seen([task(state="shutdown", finished_at=NOW, pod=POD)], [gone()])["a"]
    assert (found.state, found.exit_code, found.pod) == ("failed", 3, POD)


def test_tasks_of_nodes_that_are_gone_are_orphaned_and_over() -> None:
    found = seen([task(node="node-a", pod=POD)], [], gone=frozenset({"node-a"}))["a"]
    assert (found.state, found.ended) == ("orphaned", True)
    assert seen([task(node="node-a", pod=POD)], [], misfits=frozenset({"node-a"}))["a"].misfit


def test_what_ended_or_was_told_to_go_is_saved_once() -> None:
    stopping, over = task("b", stopping_at=NOW, pod=POD), gone("c")
    assert [each.id for each in unsaved([task("a", pod=POD), stopping, over], {})] == ["b", "c"]
    assert list(unsaved([stopping, over], {"b": stopping, "c": over})) == []
    ended = replace(stopping, finished_at=NOW, state="shutdown")
    assert list(unsaved([ended], {"b": stopping})) == [ended]
