"""What is written down of tasks, and which Pods go then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.support.refusals import document

from wharfinger.api.parse import parse
from wharfinger.api.status import RolloutStatus
from wharfinger.api.task_status import TasksStatus
from wharfinger.reconcilers.tasking.remembering import Keeping, Remembered, remember
from wharfinger.rollout import PodRef, RevisionRef
from wharfinger.rollout.tasks.machine import Decision, Stop
from wharfinger.rollout.tasks.task import Place, StopReason, Task

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


def task(name: str, *, told: StopReason | None = None) -> Task:
    """One that runs; `told` to stop ten seconds ago, if a reason is given."""
    return Task(
        id=name,
        place=Place(slot=int(name)),
        revision="v1",
        iteration=1,
        cause="create",
        state="running",
        created_at=NOW - timedelta(minutes=1),
        stopping_at=NOW - timedelta(seconds=10) if told else None,
        stop_reason=told,
        pod=PodRef(namespace="ns", name=f"web-{name}", uid=f"uid-{name}"),
    )


def remembered(*tasks: Task, stop: tuple[str, ...] = (), known: tuple[Task, ...] = ()) -> Remembered:
    obj = document({"image": "web:1", "mode": "tasks"})
    obj["metadata"] |= {"uid": "5f0c", "generation": 1}
    decision = Decision(
        status=TasksStatus(),
        rollout=RolloutStatus(state="Progressing", revision=1, running_revision=1),
        run=RevisionRef(1, "v1"),
        stop=tuple(Stop(task=each, reason="update") for each in stop),
    )
    keeping = Keeping(each=5, needed=lambda _: True)
    return remember(parse(obj), tasks, {each.id: each for each in known}, decision, keeping, now=NOW)


def test_a_task_that_is_to_stop_is_written_down_and_its_pod_goes() -> None:
    found = remembered(task("1"), task("2"), stop=("2",))
    assert [ref.name for ref in found.delete] == ["web-2"]
    assert len(found.write) == 1


def test_a_pod_whose_stop_was_written_down_goes_though_nobody_decides_so_again() -> None:
    """Whoever wrote it down died before the Pod was deleted. What is decided now comes first."""
    told = task("1", told="update")
    found = remembered(told, task("2"), task("3"), stop=("3",), known=(told,))
    assert [ref.name for ref in found.delete] == ["web-3", "web-1"]
    assert remembered(told, task("2"), known=(told,)).write == ()
