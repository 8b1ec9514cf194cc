"""Mode ``tasks``, from a `View` to a `Gate`: read `judged` first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from wharfinger.api.labels import ROLLBACK_TO_ANNOTATION
from wharfinger.api.resource import Object
from wharfinger.api.status import Finding
from wharfinger.api.tasks import TasksBlock
from wharfinger.reconcilers.gate import Gate
from wharfinger.reconcilers.tasking import situation as looking
from wharfinger.reconcilers.tasking.counting import counted
from wharfinger.reconcilers.tasking.memory import memory_of
from wharfinger.reconcilers.tasking.nodes import Ground
from wharfinger.reconcilers.tasking.remembering import Keeping, remember
from wharfinger.reconcilers.tasking.starting import (
    Started,
    Starting,
    placement_of,
    program_findings,
    run_findings,
    start_findings,
    started,
)
from wharfinger.reconcilers.view import View
from wharfinger.render import Template, tasks_block
from wharfinger.rollout import History, Observation, RevisionRef, unknown_pin
from wharfinger.rollout.tasks import decide
from wharfinger.rollout.tasks.machine import Decision, Situation
from wharfinger.rollout.tasks.task import Place, Task

Templates = Callable[[RevisionRef], Template]
"""What a revision runs."""

_A_SECOND: Final = 1000
"""So many tasks are looked at once a second at most, half as many twice."""
_SLOWEST: Final = 2.0
"""Seconds between two looks at however many tasks."""
_ECS_MOST: Final = 200
"""ECS's default for maximumPercent."""


@dataclass(frozen=True, kw_only=True)
class _Look:
    """What a decision is made from."""

    view: View
    block: TasksBlock
    land: Ground
    situation: Situation
    decision: Decision


def judged(
    view: View, *, target: RevisionRef, known: History, template: Templates, held: bool = False
) -> tuple[Observation, Gate]:
    """How tasks are doing, and what to do: look, decide, and work out what that means for Pods and records.

    `held`: `target` is what runs, and what changed since is not to be seen yet.
    """
    block = tasks_block(view.workload)
    assert block is not None, "only mode tasks comes here"
    tasks, land = looking.surveyed(view, block, template(target))
    situation = looking.situation(view, block, tasks, land, target=target, known=known, held=held)
    decision = decide(situation)
    look = _Look(view=view, block=block, land=land, situation=situation, decision=decision)
    return counted(view, tasks, decision, target=target), _gate(look, template)


def _gate(look: _Look, template: Templates) -> Gate:
    view, decision, seen = look.view, look.decision, look.situation
    making = Starting(
        workload=view.workload,
        block=look.block,
        placement=placement_of(view, look.block, look.land),
        nodes=look.land.nodes,
        template=template,
        start_image=view.start_image,
    )
    found = tuple(_hindrances(making, decision.run, seen.target))
    refused = any(each.severity == "error" for each in found)
    starts = started(making, decision.start, seen.tasks) if decision.start and not refused else Started()
    memory = memory_of(view.workload.uid)
    kept = remember(view.workload, seen.tasks, memory.known, decision, _keeping(look), now=view.now)
    pin = view.workload.annotations.get(ROLLBACK_TO_ANNOTATION)
    wakes = (decision.wake_at, kept.wake_at, memory.next_verdict(view.now))
    return Gate(
        state=decision.rollout,
        run=decision.run,
        tasks=decision.status,
        waiting_for="; ".join(filter(None, (decision.waiting_for, *(each.message for each in starts.findings)))),
        children=(*kept.write, *starts.pods),
        before_deleting=kept.write,
        drop=kept.drop,
        settle=min(_SLOWEST, len(seen.tasks) / _A_SECOND),
        going=tuple(_going(look)),
        runs=frozenset(task.revision for task in seen.tasks if task.alive),
        delete_pods=kept.delete,
        persist_first=decision.persist_first,
        announce=decision.announce,
        rolled_back=decision.rolled_back,
        findings=(
            *found,
            *starts.findings,
            *view.alarms.findings,
            *decision.findings,
            *unknown_pin(seen.history, pin, seen.target),
        ),
        wake_at=min((due for due in wakes if due), default=None),
    )


def _hindrances(making: Starting, run: RevisionRef, target: RevisionRef) -> Iterator[Finding]:
    """What keeps tasks from starting; the document's own templates were looked at already."""
    yield from start_findings(making)
    yield from program_findings(making, run)
    if run != target:
        yield from run_findings(making, run)


def _going(look: _Look) -> Iterator[Object]:
    """Pods of tasks on nodes that do not answer; which of them were told to go, and when, they say themselves."""
    for task in look.situation.tasks:
        if task.pod is not None and task.node in look.land.down:
            pod = look.view.pod((task.pod.namespace, task.pod.name))
            if pod is not None:
                yield pod


def _keeping(look: _Look) -> Keeping:
    return Keeping(
        each=look.block.history,
        needed=_needed(look.block, look.situation, look.land),
        always=look.decision.keep,
        resting=memory_of(look.view.workload.uid).resting,
    )


def _needed(block: TasksBlock, seen: Situation, land: Ground) -> Callable[[Place], bool]:
    """Whether a place is still one: a node that exists, a slot that is wanted."""
    if block.per_node:
        names = frozenset(node.name for node in land.nodes or ())
        return lambda place: place.node in names
    highest = _highest_slot(block, seen.replicas, seen.tasks)
    return lambda place: place.slot is not None and place.slot <= highest


def _highest_slot(block: TasksBlock, replicas: int, tasks: tuple[Task, ...]) -> int:
    if block.scheduling == "replicated-job":
        return replicas - 1
    if block.deployment is None:
        return replicas
    most = block.deployment.maximum_percent or _ECS_MOST
    return max([replicas * most // 100, *(task.place.slot or 0 for task in tasks if task.alive)])
