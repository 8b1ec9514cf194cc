"""Mode ``tasks``, from a `View` to a `Gate`: read `judged` first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from wharfinger.api.labels import ROLLBACK_TO_ANNOTATION
from wharfinger.api.resource import Object
from wharfinger.api.tasks import TasksBlock
from wharfinger.reconcilers.gate import Gate
from wharfinger.reconcilers.tasking import situation as looking
from wharfinger.reconcilers.tasking.counting import counted
from wharfinger.reconcilers.tasking.memory import memory_of
from wharfinger.reconcilers.tasking.nodes import Ground
from wharfinger.reconcilers.tasking.remembering import Keeping, remember
from wharfinger.reconcilers.tasking.starting import Starting, placement_of, start_findings, to_start
from wharfinger.reconcilers.view import View
from wharfinger.render import Template, tasks_block
from wharfinger.rollout import History, Observation, RevisionRef, unknown_pin
from wharfinger.rollout.pods import phase
from wharfinger.rollout.tasks import decide
from wharfinger.rollout.tasks.machine import Decision, Situation
from wharfinger.rollout.tasks.task import Place, Task

Templates = Callable[[RevisionRef], Template]
"""What a revision runs."""

_ECS_MOST: Final = 200
"""ECS's default for maximumPercent."""


@dataclass(frozen=True, kw_only=True)
class _Look:
    """What a decision is made from."""

    view: View
    block: TasksBlock
    pods: list[Object]
    land: Ground
    situation: Situation
    decision: Decision


def judged(view: View, *, target: RevisionRef, known: History, template: Templates) -> tuple[Observation, Gate]:
    """How tasks are doing, and what to do: look, decide, and work out what that means for Pods and records."""
    block = tasks_block(view.workload)
    assert block is not None, "only mode tasks comes here"
    pods = looking.task_pods(view)
    tasks, land = looking.surveyed(view, pods, block, template(target))
    situation = looking.situation(view, block, tasks, land, target=target, known=known)
    decision = decide(situation)
    look = _Look(view=view, block=block, pods=pods, land=land, situation=situation, decision=decision)
    return counted(view, tasks, pods, decision, target=target), _gate(look, template)


def _gate(look: _Look, template: Templates) -> Gate:
    view, decision, seen = look.view, look.decision, look.situation
    making = Starting(
        workload=view.workload,
        block=look.block,
        placement=placement_of(view, look.block, look.land),
        nodes=look.land.nodes,
        template=template,
    )
    found = start_findings(making)
    refused = any(each.severity == "error" for each in found)
    starts = () if refused else tuple(to_start(making, decision.start, seen.tasks))
    memory = memory_of(view.workload.uid)
    kept = remember(view.workload, seen.tasks, memory.known, decision, _keeping(look), now=view.now)
    pin = view.workload.annotations.get(ROLLBACK_TO_ANNOTATION)
    wakes = (decision.wake_at, kept.wake_at, memory.next_verdict(view.now))
    return Gate(
        state=decision.rollout,
        run=decision.run,
        tasks=decision.status,
        waiting_for=decision.waiting_for,
        children=(*kept.write, *starts),
        before_deleting=kept.write,
        drop=kept.drop,
        runs=frozenset(task.revision for task in seen.tasks if task.alive),
        delete_pods=kept.delete,
        persist_first=decision.persist_first,
        announce=decision.announce,
        rolled_back=decision.rolled_back,
        findings=(*found, *decision.findings, *unknown_pin(seen.history, pin, seen.target)),
        wake_at=min((due for due in wakes if due), default=None),
    )


def _keeping(look: _Look) -> Keeping:
    return Keeping(
        each=look.block.history,
        needed=_needed(look.block, look.situation, look.land),
        always=look.decision.keep,
        resting=frozenset(pod["metadata"]["uid"] for pod in look.pods if phase(pod) in ("Succeeded", "Failed")),
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
