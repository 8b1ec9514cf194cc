"""Which revision a rollout is asked for while what comes first is not there."""

from __future__ import annotations

from typing import Any

from rollout_objects import A, B, state

from wharfinger.rollout import Aim, History, RevisionRef, aim


def aimed(known: Any, *, target: RevisionRef = B, running: tuple[str, ...] = (), **more: Any) -> Aim:
    return aim(known, target=target, history=History((A, B)), running=running, **{"pin": None} | more)


NOTHING = Aim(revision=None, held=True)


def test_what_was_never_started_is_not_started() -> None:
    assert aimed(None) == NOTHING
    assert aimed(state("Progressing", target=B, running_revision=None)) == NOTHING
    assert aimed(None, pin="1") == NOTHING


def test_what_runs_goes_on_and_the_change_waits() -> None:
    assert aimed(state("Completed", target=A)) == Aim(revision=A, held=True)


def test_what_has_begun_is_not_held() -> None:
    assert aimed(state("Progressing", target=B)) == Aim(revision=B, held=False)


def test_a_way_back_is_not_held() -> None:
    back = state("RolledBack", target=B, run=A, last_good_revision=1, failed_revision=2)
    assert aimed(back) == Aim(revision=B, held=False)
    assert aimed(state("Completed", target=A), pin="1") == Aim(revision=B, held=False)


def test_a_job_of_tasks_that_is_to_run_once_more_is_held() -> None:
    assert aimed(state("Completed", target=B), anew=True) == Aim(revision=B, held=True)
    failed = state("Failed", target=B, failed_revision=2)
    assert aimed(failed, anew=True) == Aim(revision=B, held=True)


def test_what_runs_is_told_by_objects_where_the_status_was_lost() -> None:
    assert aimed(None, running=("aaa",)) == Aim(revision=A, held=True)
    assert aimed(None, running=("aaa", "bbb")) == Aim(revision=B, held=False), "it had begun"
    assert aimed(None, running=("unknown", "")) == NOTHING
