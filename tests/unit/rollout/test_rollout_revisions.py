"""Revisions: numbers, history, what may be forgotten."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rollout_objects import ALL, A, B, C, History, state

from wharfinger.rollout import RevisionRef, history, prunable, target_ref


def controller_revision(ref: RevisionRef):
    return {"metadata": {"labels": {"wharfinger.dev/revision": ref.hash}}, "revision": ref.number, "data": {}}


def test_history_is_by_number():
    assert history(map(controller_revision, (C, A, B))) == ALL


def test_a_controller_revision_that_is_not_ours_is_no_history():
    assert history([{"metadata": {"labels": {}}, "revision": 4}]) == History()


def test_a_revision_that_was_seen_keeps_its_number():
    assert target_ref(ALL, "aaa", state(target=C)) == A


def test_a_new_revision_has_the_next_number():
    assert target_ref(ALL, "ddd", None) == RevisionRef(4, "ddd")


def test_the_first_revision_is_number_one():
    assert target_ref(History(), "aaa", None) == A


def test_a_number_that_failed_is_not_given_to_another_revision():
    assert target_ref(History((A,)), "ccc", state(target=B, failed_revision=2)) == RevisionRef(3, "ccc")


@pytest.mark.parametrize(("pin", "expected"), [("1", A), (" 2 ", B), ("previous", B), ("7", None), ("x", None)])
def test_a_pin_names_a_revision(pin, expected):
    assert ALL.pinned(pin, C) == expected


def test_there_is_no_previous_revision_of_the_only_one():
    assert History((A,)).previous(A) is None


def test_history_is_pruned_from_the_oldest():
    assert prunable(ALL, limit=2, state=state(target=C), target=C) == (A,)


def test_what_the_rollout_may_turn_to_is_not_pruned():
    needed = state("RolledBack", target=C, run=A, last_good_revision=1, failed_revision=3)
    assert prunable(ALL, limit=1, state=needed, target=C) == (B,)


def test_a_pinned_revision_is_not_pruned():
    assert prunable(ALL, limit=1, state=state(target=C), target=C, pin="1") == (B,)


@given(st.integers(1, 30), st.integers(1, 20), st.data())
def test_pruning_never_takes_too_much(kept, limit, data):
    refs = tuple(RevisionRef(number, f"h{number}") for number in range(1, kept + 1))
    numbers = st.sampled_from([ref.number for ref in refs])
    running, good = data.draw(numbers), data.draw(numbers)
    target = refs[-1]
    gone = prunable(
        History(refs),
        limit=limit,
        state=state(target=target, running_revision=running, last_good_revision=good),
        target=target,
    )
    left = [ref.number for ref in refs if ref not in gone]
    assert {running, good, target.number} <= set(left)
    assert len(left) >= min(kept, limit)
    assert len(left) <= max(limit, len({running, good, target.number}))
