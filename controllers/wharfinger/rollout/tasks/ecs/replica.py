"""REPLICA: what to start and stop next, so that neither bound is broken by our own doing.

Source: ECS API reference, DeploymentConfiguration; developer guide, "Service definition parameters" and "Draining
Amazon ECS container instances".

- A start needs room under the upper bound. Older deployments that lost a task come before PRIMARY: they cannot take
  its room for good, since together they want no more than the lower bound.
- A healthy task is stopped only while more are healthy than the lower bound asks for. Whatever is not healthy does not
  count there, so stopping it costs nothing.
- An unhealthy task goes when its replacement is healthy, or has turned out unhealthy too. Where the upper bound leaves
  no room for a replacement, unhealthy tasks go one by one.
- Tasks on drained nodes, or on nodes that the placement excludes by now, are replaced likewise.
"""

from __future__ import annotations

from collections.abc import Iterator

from wharfinger.rollout.tasks.ecs.plan import Plan
from wharfinger.rollout.tasks.ecs.service import Group, Service
from wharfinger.rollout.tasks.ecs.wants import Want, victims
from wharfinger.rollout.tasks.machine import Start, Stop
from wharfinger.rollout.tasks.task import Place, StopReason, Task


def replica(service: Service, wanted: tuple[Want, ...], strays: Group) -> Plan:
    """What to do for `wanted`, PRIMARY first. `strays` are tasks of no deployment that is known: they go."""
    held = {want.group.deployment.id for want in wanted if service.throttle(want.group.deployment).holds(service.now)}
    counts = _starts(service, wanted, held)
    spare = service.bounds.spare(sum(group.health.healthy for group in (*(want.group for want in wanted), strays)))
    stops = [*_lost(service)]
    for want in (*reversed(wanted), Want(group=strays, count=0, starts=False)):
        chosen = [*_free(want), *_replaced(want), *_misplaced(want, spare)]
        spare -= sum(task in want.group.health.misplaced for task, _ in chosen)
        surplus = [*_surplus(want, spare)]
        spare -= len(surplus)
        stops += [*chosen, *surplus]
    if not stops and not any(counts.values()):
        stops += _one_by_one(service, wanted)
    return Plan(
        start=tuple(_placed(service, wanted, counts)),
        stop=tuple(Stop(task=task.id, reason=reason) for task, reason in stops),
        missing=sum(want.missing for want in wanted),
        held=sum(want.missing for want in wanted if want.group.deployment.id in held),
        leaving=sum(max(0, want.group.health.wanted - want.count) for want in wanted) + strays.health.wanted,
    )


def _starts(service: Service, wanted: tuple[Want, ...], held: set[str]) -> dict[str, int]:
    """Tasks that each deployment may start now, by its id."""
    room = service.bounds.room(len(service.present))
    counts: dict[str, int] = {}
    for want in (*wanted[1:], *wanted[:1]):
        identity = want.group.deployment.id
        counts[identity] = 0 if identity in held else min(room, want.missing)
        room -= counts[identity]
    return counts


def _placed(service: Service, wanted: tuple[Want, ...], counts: dict[str, int]) -> Iterator[Start]:
    """The starts, each in the lowest slot that no task is in. ECS has no slots; ours keep names and labels apart."""
    free = _free_slots(service.present)
    for want in wanted:
        group, primary = want.group, want is wanted[0]
        for _ in range(counts[group.deployment.id]):
            assert group.ref, "nothing is missing where nothing can be started"
            yield Start(
                place=Place(slot=next(free)),
                revision=group.ref,
                iteration=group.number,
                cause=group.cause if primary else "replace",
            )


def _free_slots(present: tuple[Task, ...]) -> Iterator[int]:
    taken = {task.place.slot for task in present}
    slot = 0
    while True:
        slot += 1
        if slot not in taken:
            yield slot


def _lost(service: Service) -> Iterator[tuple[Task, StopReason]]:
    for task in service.situation.tasks:
        if task.wanted and service.lost(task):
            yield task, "node-gone"


def _free(want: Want) -> Iterator[tuple[Task, StopReason]]:
    """Those that may go at once: they do not run yet, or not well, and are misplaced or too many."""
    for task in want.group.health.homeless:
        yield task, _why(task)
    health = want.group.health
    for task in victims(health.coming)[: max(0, health.good - want.count)]:
        yield task, want.reason


def _replaced(want: Want) -> Iterator[tuple[Task, StopReason]]:
    """Unhealthy tasks that are replaced, or whose replacement is no better."""
    health = want.group.health
    for task in _eldest(health.ill)[: max(0, len(health.well) + len(health.ill) - want.count)]:
        yield task, "unhealthy"


def _one_by_one(service: Service, wanted: tuple[Want, ...]) -> list[tuple[Task, StopReason]]:
    """One unhealthy task that cannot be replaced before it goes, once the one before has been replaced."""
    if not all(task.wanted for task in service.present):
        return []
    stuck = (want.group for want in reversed(wanted) if want.missing and not want.group.pending)
    return [(task, "unhealthy") for group in stuck for task in _eldest(group.health.ill)][:1]


def _eldest(tasks: tuple[Task, ...]) -> list[Task]:
    return sorted(tasks, key=lambda task: task.created_at)


def _misplaced(want: Want, spare: int) -> Iterator[tuple[Task, StopReason]]:
    for task in want.group.health.misplaced[:spare]:
        yield task, _why(task)


def _surplus(want: Want, spare: int) -> Iterator[tuple[Task, StopReason]]:
    """Healthy tasks that are too many."""
    for task in victims(want.group.health.well)[: min(spare, max(0, len(want.group.health.well) - want.count))]:
        yield task, want.reason


def _why(task: Task) -> StopReason:
    return "constraint" if task.misfit else "node-drained"
