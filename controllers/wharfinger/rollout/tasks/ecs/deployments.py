"""Deployments: which one is PRIMARY, which ones before it still live, and when another begins.

Source: ECS API reference, Deployment. One deployment is PRIMARY; those before it are ACTIVE while they have tasks, and
leave the list then, so that ``length(deployments) == 1`` says that a service is stable (the services-stable waiter).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from wharfinger.api.task_status import DeploymentStatus
from wharfinger.rollout.revisions import RevisionRef
from wharfinger.rollout.tasks.ecs import words
from wharfinger.rollout.tasks.ecs.bounds import bounds
from wharfinger.rollout.tasks.ecs.service import Service

MOST: Final = 16
"""Deployments that the status holds. The tasks of older ones are stopped like the others, but not reported apart."""


def lineup(service: Service) -> tuple[DeploymentStatus, ...]:
    """The deployments there shall be: PRIMARY first, then the others, newest first."""
    known = tuple(service.memory.deployments) or tuple(_recalled(service))
    primary = known[0] if known else None
    wish = wished(service, primary)
    if primary and primary.revision == wish.number and not (service.retried and primary.rollout_state == "FAILED"):
        return (primary, *_older(service, known[1:], primary))
    return begin(service, known, wish)


def begin(
    service: Service, known: tuple[DeploymentStatus, ...], ref: RevisionRef, *, rolls_back: str | None = None
) -> tuple[DeploymentStatus, ...]:
    """The deployments once another one begins. It takes over the tasks that run its revision already."""
    number = 1 + max([service.memory.iteration, *(words.number_of(each.id) for each in known), *_iterations(service)])
    identity = words.deployment_id(number)
    primary = DeploymentStatus(
        id=identity,
        status="PRIMARY",
        revision=ref.number,
        rollout_state="IN_PROGRESS",
        rollout_state_reason=words.in_progress(identity),
        desired_count=service.desired,
        rolls_back=rolls_back,
        created_at=service.time,
        updated_at=service.time,
    )
    return (primary, *_older(service, (*(superseded(service, each) for each in known),), primary))


def wished(service: Service, primary: DeploymentStatus | None) -> RevisionRef:
    """The revision that PRIMARY shall run.

    What was given up is not begun again before the spec changes or a person asks for it: meanwhile PRIMARY stays.
    """
    situation = service.situation
    current = situation.history.with_(situation.target).by_number(primary.revision) if primary else None
    if current and situation.paused:
        return current
    if situation.pin:
        return situation.pin
    failed = service.rollout.failed_revision if service.rollout else None
    if current and failed == situation.target.number and not service.retried:
        return current
    return situation.target


def superseded(service: Service, deployment: DeploymentStatus) -> DeploymentStatus:
    """`deployment`, no longer PRIMARY. One that had not got all its tasks gets no more of them."""
    if deployment.status != "PRIMARY":
        return deployment
    alive = service.group(deployment).health.wanted
    most = deployment.desired_count if deployment.rollout_state == "COMPLETED" else alive
    return deployment.model_copy(
        update={"status": "ACTIVE", "desired_count": min(most, deployment.desired_count), "updated_at": service.time}
    )


def grown(service: Service, older: tuple[DeploymentStatus, ...], primary: DeploymentStatus) -> dict[str, int]:
    """Tasks that each of the `older` deployments may have, by id, before any makes way for PRIMARY.

    Scale-out while a deployment runs applies to the old revision too (since November 2025): by as much as the lower
    bound rises.
    """
    caps = {each.id: each.desired_count for each in older}
    rise = service.bounds.lower - bounds(service.situation.block, primary.desired_count).lower
    sound = next((each.id for each in older if each.rollout_state == "COMPLETED"), None)
    if sound and rise > 0 and caps[sound] and service.desired > primary.desired_count:
        caps[sound] += rise
    return caps


def _older(
    service: Service, known: tuple[DeploymentStatus, ...], primary: DeploymentStatus
) -> Iterator[DeploymentStatus]:
    """Those that still have tasks, or are owed some that died; at most one for a revision."""
    seen = {primary.revision}
    for each in known[: MOST - 1]:
        if each.revision in seen:
            continue
        seen.add(each.revision)
        group = service.group(each)
        owed = each.desired_count and group.ref and not group.failed
        if group.tasks or owed or makes_way(each, primary):
            yield each


def makes_way(failed: DeploymentStatus, primary: DeploymentStatus) -> bool:
    """Whether `primary` rolls it back just now: it is listed as FAILED until that has COMPLETED, tasks or not."""
    return primary.rolls_back == failed.id and primary.rollout_state == "IN_PROGRESS"


def _iterations(service: Service) -> Iterator[int]:
    yield from (task.iteration for task in service.situation.tasks)


def _recalled(service: Service) -> Iterator[DeploymentStatus]:
    """The deployments that living tasks tell of, where the status was lost: the newest first."""
    kept = service.situation.history.with_(service.situation.target)
    last_good = service.situation.rollout.last_good_revision if service.situation.rollout else None
    newest: dict[str, int] = {}
    for task in service.present:
        newest[task.revision] = max(task.iteration, newest.get(task.revision, 0))
    for index, (revision, number) in enumerate(sorted(newest.items(), key=lambda item: -item[1])):
        if not (ref := kept.by_hash(revision)):
            continue
        identity = words.deployment_id(number)
        done = ref.number == last_good
        yield DeploymentStatus(
            id=identity,
            status="ACTIVE" if index else "PRIMARY",
            revision=ref.number,
            rollout_state="COMPLETED" if done else "IN_PROGRESS",
            rollout_state_reason=words.completed(identity) if done else words.in_progress(identity),
            desired_count=sum(task.wanted and task.revision == revision for task in service.present),
            created_at=service.time,
        )
