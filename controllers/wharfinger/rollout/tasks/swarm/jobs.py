"""Jobs: each slot, or each node, has a task that runs to its end once.

Sources: swarmkit, manager/orchestrator/jobs/replicated/reconciler.go and jobs/global/reconciler.go.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from wharfinger.api.status import RolloutState, RolloutStatus
from wharfinger.api.task_status import TaskCounts, TasksStatus
from wharfinger.rollout import times
from wharfinger.rollout.announcements import Announcement
from wharfinger.rollout.revisions import RevisionRef
from wharfinger.rollout.tasks import restart
from wharfinger.rollout.tasks.machine import Decision, Situation, Start, Stop
from wharfinger.rollout.tasks.swarm.board import earliest, eviction
from wharfinger.rollout.tasks.swarm.slots import Slot, gathered, key_of
from wharfinger.rollout.tasks.task import Place, Task


@dataclass(slots=True, kw_only=True)
class Run:
    """One iteration of the job, as it stands."""

    iteration: int
    revision: RevisionRef
    complete: list[Slot] = field(default_factory=list)
    running: list[Slot] = field(default_factory=list)
    due: list[tuple[Slot, datetime]] = field(default_factory=list)
    """Slots whose task failed, and when the next one starts."""
    dead: list[Slot] = field(default_factory=list)
    """Slots that stay failed."""
    free: list[Place] = field(default_factory=list)
    """Places where no task ran yet, in their order."""
    stop: list[Stop] = field(default_factory=list)

    @property
    def wanted(self) -> int:
        """Tasks that shall come to their end."""
        return len(self.complete) + len(self.running) + len(self.due) + len(self.dead) + len(self.free)


def decide(situation: Situation) -> Decision:
    """What to start and stop next."""
    status = _iteration(situation)
    run = _run(situation, status)
    start = list(_starts(situation, run)) if status.iteration else []
    state = _state(situation, status, run)
    rollout = _rollout(situation, run, state)
    complete = state == "Completed" and not run.stop
    status = status.model_copy(update={"counts": _counts(run)})
    return Decision(
        status=status,
        rollout=rollout,
        run=run.revision,
        start=tuple(start),
        stop=tuple(run.stop),
        announce=tuple(_announcements(situation, status, rollout, run)),
        persist_first=bool(start or run.stop)
        and (situation.status is None or situation.status.iteration != status.iteration),
        keep=frozenset(_needed(situation, run)),
        dead=frozenset(slot.place for slot in run.dead),
        complete=complete,
        waiting_for="" if complete else _waiting_for(situation, rollout, run),
        wake_at=earliest([when for _, when in run.due], situation.now),
    )


def _needed(situation: Situation, run: Run) -> Iterator[str]:
    """Ended tasks that must stay known: what is done, on drained nodes too, so that none is done again."""
    for task in situation.tasks:
        if task.state == "complete" and task.iteration == run.iteration:
            yield task.id
    yield from restart.counted(situation.block, (slot.tasks for slot in run.running))
    yield from restart.counted(situation.block, (slot.tasks for slot, _ in run.due))


def _wish(situation: Situation) -> RevisionRef:
    return situation.pin or situation.target


def _iteration(situation: Situation) -> TasksStatus:
    """J1: every ServiceUpdate increments JobIteration, so that every redeployment runs the job anew.

    The pause annotation holds the next iteration back, the first one too; what runs is left alone.
    """
    known = situation.status or TasksStatus()
    running = situation.rollout.running_revision if situation.rollout else None
    same = (known.generation, known.resumed, running) == (
        situation.generation,
        situation.resumed,
        _wish(situation).number,
    )
    if situation.paused or (same and known.iteration):
        return known
    newest = max((task.iteration for task in situation.tasks), default=0)
    seen = {"generation": situation.generation, "resumed": situation.resumed, "update": None}
    return known.model_copy(update={**seen, "iteration": max(known.iteration, newest) + 1})


def _run(situation: Situation, status: TasksStatus) -> Run:
    """The iteration, read off its tasks. Those of earlier ones are to be removed."""
    running = situation.history.by_number(situation.rollout.running_revision if situation.rollout else None)
    run = Run(
        iteration=status.iteration,
        revision=running if situation.paused and running else _wish(situation),
    )
    run.stop.extend(
        Stop(task=task.id, reason="removed")
        for task in situation.tasks
        if task.wanted and task.iteration != status.iteration
    )
    current = (task for task in situation.tasks if task.iteration == status.iteration)
    slots = gathered(current, iteration=status.iteration, away=situation.drained | situation.gone)
    for place in _places(situation):
        slot = slots.pop(key_of(place), None)
        if slot is None:
            run.free.append(place)
        else:
            _sort(situation, run, slot)
    run.stop.extend(_misplaced(situation, slots.values()))
    return run


def _places(situation: Situation) -> Iterator[Place]:
    """replicated-job: slots 0..N-1. global-job: nodes that fit, those too that join later."""
    if situation.block.per_node:
        yield from (Place(node=node.name) for node in sorted(situation.nodes, key=lambda node: node.name))
    else:
        yield from (Place(slot=number) for number in range(situation.replicas))


def _sort(situation: Situation, run: Run, slot: Slot) -> None:
    """Into which heap the slot belongs."""
    run.stop.extend(Stop(task=task.id, reason=eviction(situation, task)) for task in slot.leaving)
    if any(task.state == "complete" for task in slot.tasks):
        run.complete.append(slot)
    elif slot.wanted:
        run.running.append(slot)
    elif not restart.should_restart(situation.block.restart, slot.last, slot.tasks, job=True):
        run.dead.append(slot)
    else:
        when = restart.due(situation.block.restart, slot.last, drained=slot.last.node in situation.drained)
        free_at = slot.free_at(situation.gone)
        run.due.append((slot, max(when, free_at) if free_at else when))


def _misplaced(situation: Situation, slots: Iterable[Slot]) -> Iterator[Stop]:
    """Tasks of this iteration where there is no place for them: on nodes that were drained, lost, or do not fit."""
    for slot in slots:
        for task in slot.wanted:
            reason = eviction(situation, task) if situation.block.per_node else "scale-in"
            yield Stop(task=task.id, reason=reason)


def _starts(situation: Situation, run: Run) -> Iterator[Start]:
    """At most maxConcurrent run at a time; a slot that waits for its restart holds its turn."""
    closed = {Place(node=node.name) for node in situation.nodes if not node.takes_new}
    for slot, when in run.due:
        if when <= situation.now and slot.place not in closed:
            yield Start(place=slot.place, revision=run.revision, iteration=run.iteration, cause="restart")
    limit = situation.block.max_concurrent
    limit = situation.replicas if limit is None else limit
    count = len(run.free) if situation.block.per_node or not limit else limit - len(run.running) - len(run.due)
    for place in [place for place in run.free if place not in closed][: max(0, count)]:
        yield Start(place=place, revision=run.revision, iteration=run.iteration, cause="job")


def _state(situation: Situation, status: TasksStatus, run: Run) -> RolloutState:
    if not status.iteration or (situation.paused and _held_back(situation, status)):
        return "Paused"
    if run.running or run.due or _open(situation, run):
        return "Progressing"
    return "Failed" if run.dead else "Completed"


def _held_back(situation: Situation, status: TasksStatus) -> bool:
    """Whether the pause annotation keeps another iteration from running."""
    running = situation.rollout.running_revision if situation.rollout else None
    return (status.generation, status.resumed, running) != (
        situation.generation,
        situation.resumed,
        _wish(situation).number,
    )


def _open(situation: Situation, run: Run) -> list[Place]:
    """Places that wait for their task; cordoned nodes are not waited for."""
    closed = {Place(node=node.name) for node in situation.nodes if not node.takes_new}
    return [place for place in run.free if place not in closed]


def _rollout(situation: Situation, run: Run, state: RolloutState) -> RolloutStatus:
    before = situation.rollout
    begun = situation.status is None or situation.status.iteration != run.iteration or before is None
    good = before.last_good_revision if before else None
    return RolloutStatus(
        state=state,
        revision=situation.target.number,
        running_revision=run.revision.number if run.iteration else None,
        last_good_revision=run.revision.number if state == "Completed" and run.wanted else good,
        failed_revision=run.revision.number if state == "Failed" else None,
        message=_failure(run) if state == "Failed" else None,
        started_at=times.text(situation.now) if begun else before.started_at,  # type: ignore[union-attr]
    )


def _failure(run: Run) -> str:
    named = ", ".join(f"{_name(slot.place)} ({_why(slot.last)})" for slot in run.dead[:3])
    more = f" and {len(run.dead) - 3} more" if len(run.dead) > 3 else ""
    return f"the restart policy leaves it at the failure of {named}{more}"


def _why(task: Task) -> str:
    if task.message:
        return task.message
    return task.state if task.exit_code is None else f"exit code {task.exit_code}"


def _name(place: Place) -> str:
    return f"slot {place.label}" if place.node is None else f"node {place.label}"


def _counts(run: Run) -> TaskCounts:
    tasks = [task for slot in run.running for task in slot.wanted]
    running = sum(task.state == "running" for task in tasks)
    return TaskCounts(
        desired=run.wanted,
        pending=len(tasks) - running,
        running=running,
        complete=len(run.complete),
        failed=len(run.dead),
    )


def _waiting_for(situation: Situation, rollout: RolloutStatus, run: Run) -> str:
    if rollout.state == "Paused":
        return "the pause annotation to be removed"
    if run.running:
        return f"{_name(run.running[0].place)} to end: {len(run.complete)} of {run.wanted} are complete"
    if run.due:
        slot, when = min(run.due, key=lambda due: due[1])
        return f"the restart delay of {_name(slot.place)}, until {times.text(when)}"
    if rollout.state == "Failed":
        return f"a redeployment: {rollout.message}"
    return "tasks to start and stop"


def _announcements(
    situation: Situation, status: TasksStatus, rollout: RolloutStatus, run: Run
) -> Iterator[Announcement]:
    before = situation.rollout.state if situation.rollout else None
    again = situation.status is not None and situation.status.iteration != status.iteration
    if again and status.iteration > 1:
        yield Announcement("Normal", "JobStarted", f"Iteration {status.iteration}: revision {run.revision.number}")
    if rollout.state == before and not again:
        return
    if rollout.state == "Completed":
        yield Announcement("Normal", "JobCompleted", f"{len(run.complete)} of {run.wanted} tasks are complete")
    elif rollout.state == "Failed":
        yield Announcement("Warning", "JobFailed", f"The job failed: {rollout.message}")
