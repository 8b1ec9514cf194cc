"""Worlds and tasks for the tests of Swarm's rules."""

from __future__ import annotations

from typing import Any

from tests.support.tasksim import Fate, World, at

from wharfinger.api.status import RolloutStatus
from wharfinger.api.task_status import TasksStatus, UpdateStatus
from wharfinger.api.tasks import RestartPolicy, TasksBlock, UpdatePolicy
from wharfinger.rollout.revisions import History, RevisionRef
from wharfinger.rollout.tasks.machine import Decision, Situation
from wharfinger.rollout.tasks.swarm import decide
from wharfinger.rollout.tasks.task import Place, Task

V1, V2, V3 = RevisionRef(1, "v1"), RevisionRef(2, "v2"), RevisionRef(3, "v3")

CRASHES = Fate(runs=2)
"""It runs for two seconds, and fails."""
NO_IMAGE = Fate(start=None, rejected=3)
"""It is rejected after three seconds."""


def world(*, settled: bool = True, **settings: Any) -> World:
    """A service whose revision v1 runs, unless it is not to settle first. Policies by name, or a whole `block`."""
    policies = {name: settings.pop(name) for name in ("update", "rollback", "restart") if name in settings}
    block = settings.pop("block", None) or TasksBlock(scheduling=settings.pop("scheduling", "replicated"), **policies)
    made = World(decide=decide, block=block, **settings)
    if settled:
        made.run(30)
    return made


def update(made: World) -> UpdateStatus:
    """What it says of its update."""
    assert made.status is not None
    assert made.status.update is not None
    return made.status.update


def states(made: World) -> list[str]:
    """The states that the update went through."""
    seen: list[str] = []
    for _, decision in made.decisions:
        now = decision.status.update
        if now is not None and (not seen or seen[-1] != now.state):
            seen.append(now.state)
    return seen


def announced(made: World) -> list[str]:
    """Reasons of all that was told."""
    return [each.reason for _, decision in made.decisions for each in decision.announce]


def task(name: str = "a", **changes: Any) -> Task:
    """A task of v1 in slot 1 that runs since second 1."""
    slot = changes.pop("slot", 1)
    given: dict[str, Any] = {
        "id": name,
        "place": Place(slot=slot),
        "revision": "v1",
        "iteration": 1,
        "cause": "create",
        "state": "running",
        "created_at": at(0),
        "started_at": at(1),
        "running_at": at(1),
        "node": "node-0",
    }
    return Task(**{**given, **changes})


def ended(name: str, at_: float, *, state: str = "failed", **changes: Any) -> Task:
    """One that ended by itself then."""
    return task(
        name, **{"state": state, "finished_at": at(at_), "exit_code": 0 if state == "complete" else 1, **changes}
    )


def situation(*tasks: Task, **changes: Any) -> Situation:
    """v1 ran in full; at second 100."""
    given: dict[str, Any] = {
        "block": TasksBlock(
            restart=changes.pop("restart", RestartPolicy()), update=changes.pop("update", UpdatePolicy())
        ),
        "replicas": len({each.place for each in tasks}),
        "generation": 1,
        "target": V1,
        "history": History((V1, V2, V3)),
        "tasks": tasks,
        "status": TasksStatus(iteration=1, generation=1),
        "rollout": RolloutStatus(state="Completed", revision=1, running_revision=1, last_good_revision=1),
        "now": at(100),
    }
    return Situation(**{**given, **changes})


def starts(decision: Decision) -> list[tuple[str, str, str]]:
    """Place, revision and cause of what starts."""
    return [(each.place.label, each.revision.hash, each.cause) for each in decision.start]


def stops(decision: Decision) -> list[tuple[str, str]]:
    """Task and reason of what is stopped."""
    return [(each.task, each.reason) for each in decision.stop]
