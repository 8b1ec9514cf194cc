"""The gate: which revision a Deployment, StatefulSet, DaemonSet, CronJob or bare Pod shall run, and when to go back.

Kubernetes' controllers do the stepping; this decides whether they get anywhere. `step` is a pure function from what is
known to what shall be. All that it remembers is `status.rollout`, and it is level-triggered: asked again with what it
answered, it answers the same, so that a crash between any two writes costs nothing.

It reads as four questions, in order:

- `_reconsidered`: has the wish changed since, so that an earlier failure no longer counts?
- `state.chosen`: which revision shall run, by pin, by failure, by spec?
- `_moved`: is that another one than before, so that a rollout begins?
- `judgement.judged`: is it complete, closer, or has it failed? If failed, `state.chosen` is asked once more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from wharfinger.api.containerworkload import Rollout
from wharfinger.api.duration import seconds
from wharfinger.api.status import Finding, RolloutStatus
from wharfinger.rollout import obstacles, times
from wharfinger.rollout.announcements import Announcement, announcements
from wharfinger.rollout.judgement import complete, judged
from wharfinger.rollout.observation import Observation
from wharfinger.rollout.pods import PodRef
from wharfinger.rollout.revisions import History, RevisionRef, unknown_pin
from wharfinger.rollout.situation import Situation
from wharfinger.rollout.state import DONE, UNDER_WAY, chosen, direction, having, restarted


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What shall be."""

    state: RolloutStatus
    """Where the rollout stands: for `status.rollout`, before it is acted on if `changed_run`."""
    run: RevisionRef
    """The revision to keep applied."""
    freeze: bool
    """Whether the rolling update is stopped where it is."""
    delete_pods: tuple[PodRef, ...] = ()
    """Pods in the way of `run`, which nobody else removes."""
    announce: tuple[Announcement, ...] = ()
    """What is new, to be told as Events."""
    wake_at: datetime | None = None
    """When to ask again, if nothing happens before."""
    rollback_counted: bool = False
    """An automatic rollback begins."""
    findings: tuple[Finding, ...] = ()
    """An annotation that cannot be honoured."""
    changed_run: bool = False
    """Another revision shall run than the state that came in says."""


def step(
    policy: Rollout,
    state: RolloutStatus | None,
    *,
    target: RevisionRef,
    history: History,
    observation: Observation,
    pin: str | None,
    paused: bool,
    now: datetime,
) -> Decision:
    """What to do next. `history` includes `target`; `pin` and `paused` are what the workload's annotations say."""
    situation = Situation(
        policy=policy, target=target, history=history, observation=observation, pin=pin, paused=paused, now=now
    )
    before = _reconsidered(situation, state or _adopted(situation))
    run = chosen(situation, before)
    after = judged(situation, _moved(situation, before, run), run)
    if not paused and (turn := chosen(situation, after)) != run:
        run, after = turn, _moved(situation, after, turn)
    freeze = paused or after.state == "Paused"
    return Decision(
        state=after,
        run=run,
        freeze=freeze,
        delete_pods=() if freeze else tuple(obstacles.in_the_way(situation, after, run)),
        announce=tuple(announcements(state, after, observation)),
        wake_at=min(_alarms(situation, after, run), default=None),
        rollback_counted=_rolls_back(situation, state, after),
        findings=unknown_pin(situation.history, situation.pin, situation.target),
        changed_run=state is None or state.running_revision != run.number,
    )


def _adopted(situation: Situation) -> RolloutStatus:
    """Where it stands when nobody remembers: nothing runs yet, or what runs was ours and its status was lost."""
    observation = situation.observation
    live = situation.history.by_hash(observation.revision) if observation.exists else None
    fresh = RolloutStatus(state="Progressing", revision=situation.target.number)
    return complete(situation, _moved(situation, fresh, live), live) if live and situation.complete(live) else fresh


def _reconsidered(situation: Situation, state: RolloutStatus) -> RolloutStatus:
    """A changed wish is tried whatever failed before, and a resumed rollout has its full time again."""
    run = situation.running(state) or situation.target
    if state.revision != situation.target.number:
        fresh = having(state, revision=situation.target.number, failed_revision=None, message=None)
        return fresh if state.state in DONE else restarted(situation, fresh, run)
    if state.state == "Paused" and not situation.paused and not situation.held(state):
        again = chosen(situation, state) == situation.target
        return restarted(situation, having(state, failed_revision=None, message=None) if again else state, run)
    return state


def _moved(situation: Situation, state: RolloutStatus, run: RevisionRef) -> RolloutStatus:
    """`state` with `run` applied: a rollout begins if another revision ran; else at most its name changes."""
    forwards = run == situation.target
    if state.running_revision != run.number:
        begun = having(state, running_revision=run.number, started_at=situation.time)
        return restarted(situation, having(begun, failed_revision=None, message=None) if forwards else begun, run)
    if state.state in DONE:
        return having(state, state="Completed" if forwards else "RolledBack")
    return having(state, state=direction(situation, run)) if state.state in UNDER_WAY else state


def _rolls_back(situation: Situation, before: RolloutStatus | None, after: RolloutStatus) -> bool:
    """Whether the spec's revision ran, failed, and makes way for another, by nobody's hand."""
    return (
        before is not None
        and before.running_revision == after.revision == after.failed_revision
        and after.state == "RollingBack"
        and not situation.pinned
    )


def _alarms(situation: Situation, state: RolloutStatus, run: RevisionRef) -> Iterator[datetime]:
    """When something happens that no event tells of."""
    if state.state in UNDER_WAY and state.progressed_at and situation.about(run) and situation.observation.settled:
        yield times.parse(state.progressed_at) + timedelta(seconds=seconds(situation.policy.progress_deadline))
        if not situation.ready_long_enough and (since := situation.observation.bare.ready_since):
            yield times.parse(since) + timedelta(seconds=seconds(situation.policy.min_ready))
    if not situation.paused and state.state != "Paused":
        yield from obstacles.patience(situation, state, run)
