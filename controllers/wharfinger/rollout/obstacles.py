"""Pods in the way of a revision, which no controller of Kubernetes removes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from wharfinger.api.status import RolloutStatus
from wharfinger.rollout import times
from wharfinger.rollout.observation import StuckPod
from wharfinger.rollout.pods import PodRef
from wharfinger.rollout.revisions import RevisionRef
from wharfinger.rollout.situation import Situation

STUCK_AFTER: Final = 10.0
"""Seconds since the rollout began for which a StatefulSet's old pod may be unready without known cause."""

LOST_AFTER: Final = 10.0
"""Least age in seconds of a lost bare pod that is made again: one that is refused at once must make no hot loop."""


def in_the_way(situation: Situation, state: RolloutStatus, run: RevisionRef) -> Iterator[PodRef]:
    """Pods to delete now."""
    yield from _stuck_pods(situation, state, run)
    yield from _bare_pod(situation, run)


def patience(situation: Situation, state: RolloutStatus, run: RevisionRef) -> Iterator[datetime]:
    """When a pod that is not in the way yet will be."""
    waited_for = [stuck for stuck in _held_up(situation, run) if not stuck.cannot_start]
    if waited_for and (due := _after(state.started_at, STUCK_AFTER)) and due > situation.now:
        yield due
    bare = situation.observation.bare
    if bare.lost and (due := _after(bare.made_at, LOST_AFTER)) and due > situation.now:
        yield due


def _stuck_pods(situation: Situation, state: RolloutStatus, run: RevisionRef) -> Iterator[PodRef]:
    """A StatefulSet never replaces a pod that is not ready, not even after a fix or rollback (kubernetes #67250)."""
    waited = times.seconds_since(state.started_at, situation.now) >= STUCK_AFTER
    for stuck in _held_up(situation, run):
        if stuck.cannot_start or waited:
            yield stuck.ref


def _held_up(situation: Situation, run: RevisionRef) -> Iterator[StuckPod]:
    observation = situation.observation
    if observation.mode == "stateful" and situation.about(run) and observation.settled:
        yield from observation.stuck


def _bare_pod(situation: Situation, run: RevisionRef) -> Iterator[PodRef]:
    """A bare pod cannot be changed, only made again; and one that is lost comes back by nobody else."""
    bare = situation.observation.bare
    if bare.ref is None:
        return
    lost = bare.lost and times.seconds_since(bare.made_at, situation.now) >= LOST_AFTER
    if lost or situation.observation.revision != run.hash:
        yield bare.ref


def _after(time: str | None, wait: float) -> datetime | None:
    return times.parse(time) + timedelta(seconds=wait) if time else None
