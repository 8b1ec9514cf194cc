"""How many tasks each deployment shall have, before the bounds say how fast.

Source: developer guide, "Deploy Amazon ECS services by replacing tasks"; "Amazon ECS improves service availability
during rolling deployments" (November 2025): a task of an older revision that dies or turns unhealthy is replaced from
that revision, not from the new one, until its turn to go has come.

PRIMARY wants all. The older deployments keep together what the lower bound needs beside PRIMARY's healthy tasks; each
task that becomes healthy lets one go. They never get back what they gave up, so a PRIMARY that weakens is replaced
from its own revision too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from wharfinger.rollout.tasks.ecs.service import Group, Service
from wharfinger.rollout.tasks.task import StopReason, Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Want:
    """A deployment's part of the service."""

    group: Group
    count: int
    """Tasks that it shall have."""
    starts: bool
    """Whether it may start any: not once it failed."""
    reason: StopReason = "update"
    """Why it is left with fewer."""

    @property
    def missing(self) -> int:
        """Tasks to start. Unhealthy and misplaced ones are replaced before they go, so they do not count."""
        return max(0, self.count - self.group.health.good) if self.starts and self.group.ref else 0


def wants(service: Service, primary: Group, older: tuple[Group, ...], caps: dict[str, int]) -> tuple[Want, ...]:
    """What each deployment shall have: PRIMARY first."""
    counts = {group.deployment.id: caps.get(group.deployment.id, 0) for group in older}
    total = sum(counts.values())
    if not (service.situation.paused or primary.failed):
        keep = min(total, max(0, service.bounds.lower - primary.health.healthy))
        for identity in _leaving(older, counts, total - keep):
            counts[identity] -= 1
    first = Want(
        group=primary,
        count=_primary(service, primary, total),
        starts=not primary.failed,
        reason="scale-in",
    )
    why: StopReason = "rollback" if primary.deployment.rolls_back else "update"
    others = (
        Want(group=group, count=counts[group.deployment.id], starts=not group.failed, reason=why) for group in older
    )
    return (first, *others)


def _primary(service: Service, group: Group, older: int) -> int:
    """PRIMARY wants all; no more than it has once it failed, and while paused only what the older ones leave."""
    have = group.health.good + len(group.health.ill)
    if group.failed:
        return min(service.desired, have)
    if service.situation.paused:
        begun = group.deployment.rollout_state == "COMPLETED" or group.tasks or service.own(group.deployment)
        return min(service.desired, max(have, service.desired - older)) if begun else 0
    return service.desired


def _leaving(older: tuple[Group, ...], counts: dict[str, int], number: int) -> Iterator[str]:
    """Ids of the deployments that give up one each: vacancies first, then what is not healthy, then the rest.

    Among equals those that failed go first, then those that never completed, then the older ones.
    """
    units = sorted(
        (rank, _esteem(group), -index, group.deployment.id)
        for index, group in enumerate(older)
        for rank in _ranks(group, counts[group.deployment.id])
    )
    yield from (identity for *_, identity in units[:number])


def _ranks(group: Group, count: int) -> list[int]:
    health = group.health
    ill = len(health.ill) + len(health.homeless)
    ranks = [1] * ill + [2] * len(health.coming) + [3] * len(health.misplaced) + [4] * len(health.well)
    vacant = max(0, count - len(ranks))
    return ([0] * vacant + ranks)[:count] if vacant else ranks[-count:] if count else []


def _esteem(group: Group) -> int:
    return ("FAILED", "IN_PROGRESS", "COMPLETED").index(group.deployment.rollout_state)


def victims(tasks: tuple[Task, ...]) -> tuple[Task, ...]:
    """`tasks`, the first to go first: from the node that has most of them, then the highest slot.

    ECS keeps the zones even on scale-in and chooses at random within them; a task knows its node, so nodes it is.
    """
    crowd: dict[str | None, int] = {}
    ranked = []
    for task in sorted(tasks, key=lambda task: (task.place.slot or 0, task.created_at)):
        crowd[task.node] = crowd.get(task.node, 0) + 1
        ranked.append((crowd[task.node], task.place.slot or 0, task))
    return tuple(task for *_, task in sorted(ranked, key=lambda item: (-item[0], -item[1], item[2].id)))
