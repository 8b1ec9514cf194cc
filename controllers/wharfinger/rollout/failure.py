"""Failure: the reasons for which a rollout is given up, each a rule of its own."""

from __future__ import annotations

from typing import Final

from wharfinger.api.duration import seconds
from wharfinger.api.status import PodProblem, RolloutStatus
from wharfinger.rollout import times
from wharfinger.rollout.diagnosis import sentence
from wharfinger.rollout.pods import Crash
from wharfinger.rollout.situation import Situation

_MAX_MESSAGE: Final = 3000


def at_once(situation: Situation, state: RolloutStatus) -> str | None:
    """Why there is no use in waiting for the deadline; None if there may be."""
    return _can_never_start(situation) or _ended_in_failure(situation) or _crashes(situation, state)


def in_time(situation: Situation, state: RolloutStatus) -> str | None:
    """Whether the progress deadline is over: `rollout.progressDeadline` since the last progress.

    Not while the object's controller has not even seen the change: that is not the revision's fault.
    """
    deadline = situation.policy.progress_deadline
    if not situation.observation.settled or state.progress is None:
        return None
    if times.seconds_since(state.progressed_at, situation.now) < seconds(deadline):
        return None
    return f"missed its progress deadline of {deadline}: {_where_it_stands(situation)}"[:_MAX_MESSAGE]


def _can_never_start(situation: Situation) -> str | None:
    """An image name that is none, or an image that runs as root where that is forbidden: waiting changes neither."""
    hopeless = next((each for each in situation.observation.revision_problems if _hopeless(each)), None)
    return f"cannot start: {sentence(hopeless)}"[:_MAX_MESSAGE] if hopeless else None


def _hopeless(problem: PodProblem) -> bool:
    return problem.reason == "InvalidImageName" or (
        problem.reason == "CreateContainerConfigError" and "runAsNonRoot" in problem.message
    )


def _ended_in_failure(situation: Situation) -> str | None:
    """A bare pod that failed, and whose restartPolicy leaves it at that."""
    if not situation.observation.bare.failed:
        return None
    return f"failed: {_where_it_stands(situation)}"[:_MAX_MESSAGE]


def _crashes(situation: Situation, state: RolloutStatus) -> str | None:
    """A container that went down `rollout.restartLimit` times since this rollout began."""
    for crash in situation.observation.crashes:
        if _since(crash, state.started_at) >= situation.policy.restart_limit:
            words = f": {crash.message}" if crash.message else ""
            return f"crashed {crash.restarts} times: pod {crash.pod}: container {crash.container}{words}"
    return None


def _since(crash: Crash, started_at: str | None) -> int:
    """How often it is known to have gone down since then: once at least, of a pod that was there before."""
    if _before(crash.finished_at, started_at):
        return 0
    return 1 if _before(crash.made_at, started_at) else crash.restarts


def _before(one: str | None, other: str | None) -> bool:
    return bool(one and other) and times.parse(one or "") < times.parse(other or "")


def _where_it_stands(situation: Situation) -> str:
    observation = situation.observation
    if observation.revision_problems:
        return sentence(observation.revision_problems[0])
    return f"{observation.updated_ready} of {observation.counts.desired} pods are ready"
