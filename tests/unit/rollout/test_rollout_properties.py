"""What holds for every schedule of changes, failures, pauses and crashes of the operator."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rollout_simulator import TICK, World

from wharfinger.api.containerworkload import Rollout

REVISIONS = ("r1", "r2", "r3")
FATES = ("good", "slow", "crash", "image", "unready")
TERMINAL = ("Completed", "RolledBack", "Failed", "Paused")
LONG = 450.0

modes = st.sampled_from(("service", "stateful"))
fates = st.fixed_dictionaries({name: st.sampled_from(FATES) for name in REVISIONS})
policies = st.builds(
    Rollout, progress_deadline=st.just("60s"), on_failure=st.sampled_from(("rollback", "pause", "continue"))
)
changes = st.one_of(
    st.tuples(st.just("wish"), st.sampled_from(REVISIONS)),
    st.tuples(st.just("desired"), st.integers(0, 5)),
    st.tuples(st.just("pin"), st.sampled_from((None, None, "1", "2", "previous", "77"))),
    st.tuples(st.just("paused"), st.booleans()),
    st.tuples(st.just("status"), st.none()),
    st.tuples(st.just("dies"), st.sampled_from(("nothing", "status"))),
    st.tuples(st.just("wait"), st.integers(1, 30)),
)
schedules = st.lists(changes, max_size=12)


def play(world: World, schedule: list[tuple[str, Any]]) -> None:
    for what, value in schedule:
        if what == "wait":
            world.run(value * TICK)
        elif what == "dies":
            world.reconcile(dies_after=value)
        else:
            setattr(world, what, value)
            world.reconcile()


@given(modes, fates, policies, schedules)
@settings(max_examples=80)
def test_when_nothing_changes_any_more_a_rollout_comes_to_an_end_and_stays_there(mode, fate, policy, schedule):
    world = World(mode=mode, policy=policy, fates=fate)
    play(world, schedule)
    world.run(LONG)
    at_rest = world.status
    assert at_rest is not None
    assert at_rest.state in TERMINAL
    world.run(LONG)
    assert world.status == at_rest


@given(modes, fates, schedules)
@settings(max_examples=80)
def test_a_revision_is_rolled_back_once_for_each_time_it_is_asked_for(mode, fate, schedule):
    world = World(mode=mode, fates=fate)
    play(world, [each for each in schedule if each[0] not in ("pin", "status")])
    world.run(LONG)
    rolled_back: set[str] = set()
    wish = None
    for asked_for, decision in world.decisions:
        if asked_for != wish:
            rolled_back.clear()
            wish = asked_for
        if decision.rollback_counted:
            assert asked_for not in rolled_back
            rolled_back.add(asked_for)


@given(modes, fates, schedules)
@settings(max_examples=80)
def test_a_failed_revision_never_runs_again_while_there_is_a_good_one(mode, fate, schedule):
    world = World(mode=mode, fates=fate)
    play(world, [each for each in schedule if each[0] not in ("pin", "status", "paused")])
    world.run(LONG)
    for _, decision in world.decisions:
        state = decision.state
        if state.failed_revision is not None and state.last_good_revision not in (None, state.failed_revision):
            assert decision.run.number != state.failed_revision


@given(modes, fates, schedules)
@settings(max_examples=80)
def test_ready_means_that_the_spec_runs_in_full(mode, fate, schedule):
    world = World(mode=mode, fates=fate)
    for change in [*schedule, ("wait", 40)]:
        play(world, [change])
        if world.status is None:
            continue
        said = {verdict.type: verdict.status for verdict in world.summary().conditions}
        assert not ({"Reconciling", "Stalled"} <= said.keys())
        if said["Ready"] == "True":
            assert all(pod.revision.hash == world.wish and pod.ready(world.now) for pod in world.pods)
            assert len(world.pods) == world.desired


@given(modes, st.sampled_from(("crash", "image", "unready")), st.integers(1, 5))
def test_a_bad_revision_ends_with_the_good_one_running_in_full(mode, bad, desired):
    world = World(mode=mode, desired=desired, fates={"r2": bad})
    world.run(300)
    world.wish = "r2"
    world.run(LONG)
    assert world.status is not None
    assert (world.status.state, world.status.failed_revision) == ("RolledBack", 2)
    assert [(pod.revision.hash, pod.ready(world.now)) for pod in world.pods] == [("r1", True)] * desired


@pytest.mark.parametrize("mode", ["service", "stateful"])
def test_a_fixed_spec_recovers_from_a_rollback(mode):
    world = World(mode=mode, fates={"r2": "crash"})
    world.run(300)
    world.wish = "r2"
    world.run(LONG)
    world.wish = "r3"
    world.run(LONG)
    assert world.status is not None
    assert (world.status.state, world.status.last_good_revision) == ("Completed", 3)


@pytest.mark.parametrize("mode", ["service", "stateful"])
def test_a_first_revision_that_was_bad_is_replaced_by_a_good_one(mode):
    world = World(mode=mode, fates={"r1": "image"})
    world.run(300)
    assert world.status is not None
    assert world.status.state == "Failed"
    world.wish = "r2"
    world.run(LONG)
    assert world.status.state == "Completed"


@given(modes, fates, st.integers(0, 40), st.sampled_from(("nothing", "status")))
@settings(max_examples=40)
def test_a_crash_of_the_operator_at_any_point_changes_nothing_in_the_end(mode, fate, moment, dies_after):
    """Sieve's oracle: the end is that of a run without faults."""
    ends = []
    for crash in (False, True):
        world = World(mode=mode, fates=fate)
        world.run(300)
        world.wish = "r2"
        world.run(moment * TICK)
        if crash:
            world.reconcile(dies_after=dies_after)
        world.run(2 * LONG)
        assert world.status is not None
        ends.append((world.status.state, world.template, world.status.failed_revision, world.status.last_good_revision))
    assert ends[0] == ends[1]
