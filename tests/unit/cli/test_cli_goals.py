"""What one can wait for: reached, not yet, or never."""

from typing import Any

import pytest

from wharfinger.cli import goals
from wharfinger.cli.errors import BadInputError
from wharfinger.cli.goals import Goal, Outcome
from wharfinger.cli.wait import goal_named

Object = dict[str, Any]


def workload(*conditions: tuple[str, str, str], observed: int = 1, **rollout: Any) -> Object:
    said = [
        {"type": kind, "status": status, "reason": reason, "message": "because", "observedGeneration": observed}
        for kind, status, reason in conditions
    ]
    status = {"observedGeneration": observed, "conditions": said, "rollout": rollout}
    return {"metadata": {"name": "web", "generation": 1}, "spec": {}, "status": status}


READY = workload(("Ready", "True", "AllReplicasReady"))
STALLED = workload(("Ready", "False", "RolledBack"), ("Stalled", "True", "RolledBack"))
MOVING = workload(("Ready", "False", "Progressing"), ("Reconciling", "True", "Progressing"))
UNSEEN = workload(("Ready", "True", "AllReplicasReady"), observed=0)


@pytest.mark.parametrize(
    ("goal", "outcomes"),
    [
        (goals.ready, ("reached", "failed", "waiting", "waiting", "failed")),
        (goals.stalled, ("waiting", "reached", "waiting", "waiting", "failed")),
        (goals.deleted, ("waiting", "waiting", "waiting", "waiting", "reached")),
        (goals.condition("ready", "true"), ("reached", "waiting", "waiting", "waiting", "failed")),
        (goals.condition("Ready", "False"), ("waiting", "reached", "reached", "waiting", "failed")),
    ],
)
def test_a_goal_is_reached_or_not_yet_or_never(goal: Goal, outcomes: tuple[str, ...]) -> None:
    states = (READY, STALLED, MOVING, UNSEEN, None)
    assert tuple(goal(state).outcome.value for state in states) == outcomes


def test_a_failure_says_why() -> None:
    assert goals.ready(STALLED).told == "Stalled  RolledBack: because"
    assert goals.ready(None).told == "does not exist"


def rolled_back(**rollout: Any) -> Object:
    return workload(("Stalled", "True", "RolledBack"), state="RolledBack", revision=2, runningRevision=1, **rollout)


def test_a_pin_from_before_is_no_failure_and_a_failed_revision_is_one() -> None:
    pinned, failed = rolled_back(), rolled_back(failedRevision=2)
    goal = goals.moved_on(pinned, goals.ready)
    assert goal(rolled_back(progress="1/2")).outcome is Outcome.waiting
    assert goal(failed).outcome is Outcome.failed
    assert goal(READY).outcome is Outcome.reached
    assert goals.moved_on(failed, goals.ready)(failed).outcome is Outcome.failed


@pytest.mark.parametrize(
    ("condition", "state", "outcome"),
    [
        (("Ready", "True", "AllReplicasReady"), "Completed", "reached"),
        (("Ready", "True", "AllReplicasReady"), "Progressing", "waiting"),
        (("Stalled", "True", "RolledBack"), "RolledBack", "failed"),
        (("Stalled", "True", "RolledBack"), "Progressing", "waiting"),
        (("Stalled", "True", "RolloutFailed"), "Failed", "failed"),
        (("Stalled", "True", "Conflict"), "Progressing", "failed"),
    ],
)
def test_conditions_from_before_a_rollout_do_not_count(
    condition: tuple[str, str, str], state: str, outcome: str
) -> None:
    assert goals.ready(workload(condition, state=state)).outcome.value == outcome


def test_a_restart_is_ready_on_another_revision() -> None:
    before, after = ({**READY, "status": {**READY["status"], "rollout": {"revision": n}}} for n in (1, 2))
    goal = goals.restarted(before)
    assert (goal(before).outcome, goal(after).outcome) == (Outcome.waiting, Outcome.reached)


@pytest.mark.parametrize(
    ("running", "state", "outcome"),
    [
        (2, "Completed", "waiting"),
        (1, "RollingBack", "waiting"),
        (1, "RolledBack", "reached"),
        (1, "Completed", "reached"),
        (1, "Failed", "failed"),
    ],
)
def test_a_rollback_is_done_when_that_revision_runs(running: int, state: str, outcome: str) -> None:
    assert goals.runs(1)(workload(runningRevision=running, state=state)).outcome.value == outcome


@pytest.mark.parametrize(
    ("text", "reached"),
    [("ready", True), ("Ready", True), ("delete", False), ("condition=Ready", True), ("condition=Ready=False", False)],
)
def test_goals_are_named_as_kubectl_names_them(text: str, reached: bool) -> None:
    assert (goal_named(text)(READY).outcome is Outcome.reached) is reached


@pytest.mark.parametrize("text", ["", "condition", "condition=", "jsonpath={.status}", "Ready=True"])
def test_other_words_are_no_goal(text: str) -> None:
    with pytest.raises(BadInputError, match="must be ready, stalled, deleted, or condition="):
        goal_named(text)
