"""The course: which revision tasks are brought to, by which policy, and whether anything may move.

A person's order is a changed revision, a changed pin, a redeployment (any change of the spec but of the number of
tasks alone, or the resume annotation). Swarm calls it a ServiceUpdate: it cancels the update that runs, takes back a
pause, and resets the counts of restarts (controlapi/service.go, UpdateService). All that is remembered of it is in
`TasksStatus` and `RolloutStatus`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

from wharfinger.api.status import RolloutStatus
from wharfinger.api.task_status import TasksStatus, UpdateState, UpdateStatus
from wharfinger.api.tasks import UpdatePolicy
from wharfinger.rollout import times
from wharfinger.rollout.revisions import RevisionRef
from wharfinger.rollout.tasks.machine import Situation
from wharfinger.rollout.tasks.task import Cause

UNDER_WAY: Final[tuple[UpdateState, ...]] = ("updating", "rollback_started")
HELD: Final[tuple[UpdateState, ...]] = ("paused", "rollback_paused")
DEFAULTS: Final = UpdatePolicy()


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """Where it goes from here."""

    status: TasksStatus
    rollout: RolloutStatus
    run: RevisionRef
    """The revision that tasks are brought to."""
    frozen: bool = False
    """The pause annotation holds: dead tasks are replaced, nothing else."""
    fresh: bool = False
    """It was ordered just now: what is dirty, is to be counted."""

    @property
    def iteration(self) -> int:
        """Of the tasks that start now."""
        return self.status.iteration

    @property
    def update(self) -> UpdateStatus | None:
        """The update that runs or ran."""
        return self.status.update

    @property
    def rolling_back(self) -> bool:
        """Whether it is a rollback, under way or not."""
        return self.update is not None and self.update.state.startswith("rollback")

    @property
    def under_way(self) -> bool:
        """Whether an update or rollback goes on."""
        return self.update is not None and self.update.state in UNDER_WAY

    @property
    def held(self) -> bool:
        """Whether a failure stopped it."""
        return self.update is not None and self.update.state in HELD

    @property
    def moving(self) -> bool:
        """Whether slots may be taken up for an update."""
        return not self.frozen and not self.held

    def cause(self, situation: Situation) -> Cause:
        """Of the tasks that the updater makes. Outside of an update it is a node that came back with an old one."""
        if situation.block.per_node and not self.under_way and not self.held:
            return "node"
        return "rollback" if self.rolling_back else "update"

    def policy(self, situation: Situation) -> UpdatePolicy:
        """How slots are updated; for a rollback, as the revision says that is restored (updater.go, Run)."""
        if self.rolling_back:
            return situation.rollback_policies.get(self.run.number, DEFAULTS)
        return situation.block.update or DEFAULTS

    def beginning(self, situation: Situation, slots: int) -> Course:
        """This, with an update of so many slots that begins now (updater.go, startUpdate)."""
        update = UpdateStatus(
            state="updating",
            started_at=times.text(situation.now),
            message="update in progress",
            revision=self.run.number,
            slots=slots,
        )
        return replace(self, status=self.status.model_copy(update={"update": update}))

    def having(self, **changes: Any) -> Course:
        """This, with its update changed."""
        assert self.update is not None
        update = self.update.model_copy(update=changes)
        return replace(self, status=self.status.model_copy(update={"update": update}))


def course(situation: Situation) -> Course:
    """What was going on, or what was ordered since."""
    known, rollout = situation.status or TasksStatus(), situation.rollout or RolloutStatus(state="Progressing")
    running = situation.history.by_number(rollout.running_revision)
    rollout = rollout.model_copy(update={"revision": situation.target.number})
    known = _counted(situation, known)
    if running and situation.paused:
        return Course(status=known, rollout=rollout, run=running, frozen=True)
    redeployed = _redeployed(situation, known)
    wish = _wish(situation, rollout, running, redeployed=redeployed)
    if wish == running and not redeployed:
        return Course(status=_seen(situation, known), rollout=rollout, run=wish)
    return _ordered(situation, known, rollout, wish)


def ordered_anew(situation: Situation) -> bool:
    """Whether a person asked for something that the pause annotation holds back."""
    rollout = situation.rollout or RolloutStatus(state="Progressing")
    known = _counted(situation, situation.status or TasksStatus())
    running = situation.history.by_number(rollout.running_revision)
    redeployed = _redeployed(situation, known)
    return redeployed or _wish(situation, rollout, running, redeployed=redeployed) != running


def rolled_back(situation: Situation, before: Course, to: RevisionRef, message: str) -> Course:
    """An automatic rollback begins (updater.go, rollbackUpdate): it keeps the time at which the update began."""
    update = (before.update or UpdateStatus(state="rollback_started")).model_copy(
        update={
            "state": "rollback_started",
            "message": message,
            "revision": to.number,
            "slots": 0,
            "failures": 0,
            "last_at": None,
            "completed_at": None,
        }
    )
    status = before.status.model_copy(update={"iteration": before.iteration + 1, "update": update})
    rollout = before.rollout.model_copy(
        update={
            "state": "RollingBack",
            "failed_revision": situation.target.number,
            "running_revision": to.number,
            "message": message,
            "started_at": times.text(situation.now),
        }
    )
    return Course(status=status, rollout=rollout, run=to, fresh=True)


def _wish(
    situation: Situation, rollout: RolloutStatus, running: RevisionRef | None, *, redeployed: bool
) -> RevisionRef:
    """The revision to run. One that failed is not tried again before it is ordered again."""
    if situation.pin:
        return situation.pin
    if running and rollout.failed_revision == situation.target.number and not redeployed:
        return running
    return situation.target


def _counted(situation: Situation, known: TasksStatus) -> TasksStatus:
    """A generation that changed the number of tasks alone is no redeployment: an autoscaler changes it too."""
    scaled = situation.block.scheduling == "replicated" and known.counts.desired != situation.replicas
    if known.generation is None or not scaled or known.generation == situation.generation:
        return known
    return known.model_copy(update={"generation": situation.generation})


def _redeployed(situation: Situation, known: TasksStatus) -> bool:
    """U8: redeploying the same thing resumes."""
    if known.generation is None:
        return False
    return known.generation != situation.generation or known.resumed != situation.resumed


def _seen(situation: Situation, known: TasksStatus) -> TasksStatus:
    if known.generation == situation.generation and known.resumed == situation.resumed:
        return known
    return known.model_copy(update={"generation": situation.generation, "resumed": situation.resumed})


def _ordered(situation: Situation, known: TasksStatus, rollout: RolloutStatus, wish: RevisionRef) -> Course:
    """What a ServiceUpdate does: the update that ran is cancelled, UpdateStatus is nil, counts begin anew."""
    by_hand = wish != situation.target
    update = (
        UpdateStatus(
            state="rollback_started",
            started_at=times.text(situation.now),
            message="manually requested rollback",
            revision=wish.number,
        )
        if by_hand
        else None
    )
    newest = max((each.iteration for each in situation.tasks), default=0)
    status = _seen(situation, known).model_copy(
        update={"iteration": max(known.iteration, newest) + 1, "update": update}
    )
    fresh = rollout.running_revision != wish.number
    after = rollout.model_copy(
        update={
            "state": _state(rollout, by_hand=by_hand, fresh=fresh),
            "failed_revision": None,
            "running_revision": wish.number,
            "message": None,
            "started_at": times.text(situation.now) if fresh else rollout.started_at,
        }
    )
    return Course(status=status, rollout=after, run=wish, fresh=True)


def _state(rollout: RolloutStatus, *, by_hand: bool, fresh: bool) -> str:
    """A redeployment that changes no task leaves what is complete complete."""
    if by_hand:
        return "RollingBack"
    return "Completed" if rollout.state == "Completed" and not fresh else "Progressing"
