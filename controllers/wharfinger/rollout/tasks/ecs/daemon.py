"""DAEMON: one task on each node that takes it, none on a drained one.

Source: developer guide, "Amazon ECS services", Daemon. The maximum is 100: a node's task has gone before its next one
comes, so an update stops tasks first, as many as the minimum allows (by default all). Nodes are looked at each time: a
node that comes gets its task, one that is drained or fits no more loses it, whatever the bounds say. A cordoned node,
which ECS does not know, keeps what it has and gets nothing new.
"""

from __future__ import annotations

from collections.abc import Iterator

from wharfinger.rollout.tasks.ecs.plan import Plan
from wharfinger.rollout.tasks.ecs.service import Group, Service
from wharfinger.rollout.tasks.ecs.wants import Want
from wharfinger.rollout.tasks.machine import Start, Stop
from wharfinger.rollout.tasks.task import Place, StopReason, Task


def daemon(service: Service, wanted: tuple[Want, ...], strays: Group) -> Plan:
    """What to do for `wanted`, PRIMARY first. `strays` are tasks of no deployment that is known: they go."""
    primary, older = wanted[0].group, (*(want.group for want in wanted[1:]), strays)
    held = service.throttle(primary.deployment).holds(service.now)
    away = tuple(_away(service))
    outdated = _outdated(service, older)
    moving = not (primary.failed or service.situation.paused or held)
    update = _updated(service, wanted, outdated) if moving else ()
    empty = tuple(_empty(service))
    source = _source(service, wanted)
    stops = [*away, *_doubles(service, primary), *update, *_ill(service, primary)]
    return Plan(
        start=() if held or not source else tuple(_starts(source, wanted[0].group, empty)),
        stop=tuple(Stop(task=identity, reason=reason) for identity, reason in _once(stops)),
        missing=len(empty) if source else 0,
        held=len(empty) if held else 0,
        leaving=len(outdated) if not (primary.failed or service.situation.paused) else 0,
    )


def _nodes(service: Service) -> set[str]:
    """Nodes that take a new task."""
    return {node.name for node in service.situation.nodes if node.takes_new}


def _away(service: Service) -> Iterator[tuple[Task, StopReason]]:
    """Tasks on nodes that have no place for them."""
    fits = {node.name for node in service.situation.nodes}
    for task in service.situation.tasks:
        node = task.place.node
        if task.wanted and (node not in fits or task.misfit):
            gone = service.lost(task)
            yield task, "node-gone" if gone else "node-drained" if node in service.situation.drained else "constraint"


def _outdated(service: Service, older: tuple[Group, ...]) -> tuple[Task, ...]:
    """Tasks of older deployments that another can take the place of; the unhealthy ones first."""
    nodes = _nodes(service)
    kinds = [
        task
        for group in older
        for task in (*group.health.ill, *group.health.homeless, *group.health.coming, *group.health.misplaced)
    ]
    well = [task for group in older for task in group.health.well]
    return tuple(task for task in (*kinds, *well) if task.place.node in nodes)


def _updated(
    service: Service, wanted: tuple[Want, ...], outdated: tuple[Task, ...]
) -> Iterator[tuple[Task, StopReason]]:
    """Outdated tasks to stop: such as are not healthy at once, the others within the lower bound."""
    well = {task.id for task in service.assess(service.present).well}
    spare = service.bounds.spare(len(well))
    reason: StopReason = "rollback" if wanted[0].group.deployment.rolls_back else "update"
    for task in outdated:
        if task.id in well:
            if not spare:
                continue
            spare -= 1
        yield task, reason


def _doubles(service: Service, primary: Group) -> Iterator[tuple[Task, StopReason]]:
    """All but one of the tasks on a node: PRIMARY's stays, the eldest of them."""
    own = {task.id for task in primary.tasks}
    seen: set[str | None] = set()
    for task in sorted(service.present, key=lambda task: (task.id not in own, task.created_at)):
        if not task.wanted:
            continue
        if task.place.node in seen:
            yield task, "scale-in"
        seen.add(task.place.node)


def _ill(service: Service, primary: Group) -> Iterator[tuple[Task, StopReason]]:
    """One unhealthy task: no replacement can come first, so they go one by one."""
    nodes = _nodes(service)
    ill = [task for task in primary.health.ill if task.place.node in nodes]
    if ill and not primary.failed and all(task.wanted for task in service.present) and not primary.pending:
        yield min(ill, key=lambda task: task.created_at), "unhealthy"


def _empty(service: Service) -> Iterator[str]:
    """Nodes that take a task and have none, not even one that stops."""
    busy = {task.place.node for task in service.present}
    yield from sorted(_nodes(service) - busy)


def _source(service: Service, wanted: tuple[Want, ...]) -> Group | None:
    """Whose revision an empty node gets: PRIMARY's; while that is held up, the newest other one that is sound."""
    primary = wanted[0].group
    paused = service.situation.paused and primary.deployment.rollout_state != "COMPLETED"
    if not (primary.failed or paused):
        return primary
    return next((want.group for want in wanted[1:] if want.starts and want.group.ref), None)


def _starts(source: Group, primary: Group, empty: tuple[str, ...]) -> Iterator[Start]:
    assert source.ref, "only a revision that is kept is a source"
    cause = "node" if source.cause == "replace" or source is not primary else source.cause
    for node in empty:
        yield Start(place=Place(node=node), revision=source.ref, iteration=source.number, cause=cause)


def _once(stops: list[tuple[Task, StopReason]]) -> Iterator[tuple[str, StopReason]]:
    seen: set[str] = set()
    for task, reason in stops:
        if task.id not in seen:
            seen.add(task.id)
            yield task.id, reason
