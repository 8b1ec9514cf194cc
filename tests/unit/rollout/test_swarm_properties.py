"""What holds for every schedule of orders, failures, lost nodes and crashes of the operator, under Swarm's rules."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.tasksim import Fate, SimNode, World, at

from wharfinger.api.tasks import RestartPolicy, Scheduling, TasksBlock, UpdatePolicy
from wharfinger.rollout.tasks.machine import Decision
from wharfinger.rollout.tasks.swarm import decide
from wharfinger.rollout.tasks.swarm.failures import exceeds

REVISIONS = ("v1", "v2", "v3")
ENDS = ("completed", "paused", "rollback_completed", "rollback_paused")
LONG = 900.0
FATES = {
    "good": Fate(),
    "slow": Fate(start=4, health=9, checked=True),
    "crash": Fate(runs=2),
    "late": Fate(runs=40),
    "image": Fate(start=None, rejected=3),
    "done": Fate(runs=3, exit_code=0),
    "sick": Fate(checked=True, health=1, sickens=3),
    "lingers": Fate(stops=25),
    "stuck": Fate(stops=500),
}

update_policies = st.builds(
    UpdatePolicy,
    parallelism=st.integers(0, 3),
    delay=st.sampled_from(("0s", "3s", "12s")),
    failure_action=st.sampled_from(("pause", "continue", "rollback")),
    monitor=st.sampled_from(("0s", "4s", "20s")),
    max_failure_ratio=st.sampled_from((0.0, 0.3, 0.5, 1.0)),
    order=st.sampled_from(("stop-first", "start-first")),
)
stop_first = update_policies.map(lambda policy: policy.model_copy(update={"order": "stop-first"}))
restart_policies = st.builds(
    RestartPolicy,
    condition=st.sampled_from(("any", "any", "on-failure", "none")),
    delay=st.sampled_from(("5s", "30s")),
    max_attempts=st.sampled_from((0, 0, 1, 3)),
    window=st.sampled_from(("0s", "30s")),
)
fates = st.fixed_dictionaries({name: st.sampled_from(tuple(FATES)) for name in REVISIONS})
services = st.sampled_from(("replicated", "global"))
changes = st.one_of(
    st.tuples(st.just("wish"), st.sampled_from(REVISIONS)),
    st.tuples(st.just("wish"), st.sampled_from(REVISIONS)),
    st.tuples(st.just("redeploy"), st.none()),
    st.tuples(st.just("replicas"), st.integers(0, 5)),
    st.tuples(st.just("pin"), st.sampled_from((None, None, "1", "previous"))),
    st.tuples(st.just("paused"), st.booleans()),
    st.tuples(st.just("kill"), st.integers(0, 9)),
    st.tuples(st.just("vanish"), st.integers(0, 9)),
    st.tuples(
        st.just("node"), st.tuples(st.integers(0, 2), st.sampled_from(("cordoned", "drained", "misfit", "lost")))
    ),
    st.tuples(st.just("heal"), st.integers(0, 2)),
    st.tuples(st.just("dies"), st.integers(0, 4)),
    st.tuples(st.just("forgets"), st.none()),
    st.tuples(st.just("wait"), st.floats(0.5, 40)),
)
schedules = st.lists(changes, max_size=14)

thorough = settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])


def made(
    update: UpdatePolicy,
    *,
    restart: RestartPolicy | None = None,
    fate: dict[str, str] | None = None,
    scheduling: Scheduling = "replicated",
    **more: Any,
) -> World:
    block = TasksBlock(scheduling=scheduling, update=update, restart=restart or RestartPolicy(delay="20s"))
    return World(
        decide=decide,
        block=block,
        fates={name: FATES[kind] for name, kind in (fate or {}).items()},
        rollback_policies=dict.fromkeys(REVISIONS, update),
        **more,
    )


def play(world: World, schedule: list[tuple[str, Any]]) -> None:
    for what, value in schedule:
        change(world, what, value)


def change(world: World, what: str, value: Any) -> None:
    """One thing that people, nodes or the operator's host do. It is looked at as soon as time goes on."""
    alive = world.wanted()
    if what in ("wish", "replicas"):
        world.redeploy(**{what: value})
    elif what == "redeploy":
        world.redeploy()
    elif what in ("pin", "paused"):
        setattr(world, what, value)
    elif what == "kill" and alive:
        world.kill(alive[value % len(alive)])
    elif what == "vanish" and alive:
        world.vanish(alive[value % len(alive)])
    elif what == "node":
        upset(world, *value)
    elif what == "heal":
        heal(world, world.nodes[value])
    elif what == "dies":
        world.reconcile(dies_after=value)
    elif what == "forgets":
        world.status = world.rollout = None
    elif what == "wait":
        world.run(value)


def upset(world: World, number: int, how: str) -> None:
    node = world.nodes[number]
    if how == "lost":
        if node.lost_at is None:
            world.lose(node.name)
    elif how == "misfit":
        node.fits = False
    else:
        setattr(node, how, True)


def heal(world: World, node: SimNode) -> None:
    node.cordoned = node.drained = False
    node.fits = True
    if node.lost_at is not None:
        world.find(node.name)


def quiet(world: World) -> None:
    """Nobody does anything any more, and all nodes are well."""
    world.paused, world.pin = False, None
    for node in world.nodes:
        heal(world, node)
    world.run(LONG)


def without(schedule: list[tuple[str, Any]], *left_out: str) -> list[tuple[str, Any]]:
    return [each for each in schedule if each[0] not in left_out]


@given(services, stop_first, restart_policies, fates, schedules)
@thorough
def test_with_stop_first_two_tasks_never_are_wanted_in_a_slot(scheduling, update, restart, fate, schedule):
    world = made(update, restart=restart, fate=fate, scheduling=scheduling)

    def watch(now: World) -> None:
        places = Counter(each.start.place for each in now.wanted())
        assert max(places.values(), default=0) <= 1

    world.watcher = watch
    play(world, schedule)
    quiet(world)


@given(services, update_policies, restart_policies, fates, schedules)
@thorough
def test_the_updater_never_takes_a_slot_while_as_many_are_in_hand_as_it_may(
    scheduling, update, restart, fate, schedule
):
    """In hand: its task was stopped and none came yet, or the one that came does not run yet."""
    world = made(update, restart=restart, fate=fate, scheduling=scheduling)

    def looked(situation):
        decision = decide(situation)
        going_on = decision.status.update is not None and decision.status.update.state in (
            "updating",
            "rollback_started",
        )
        before = {place for place in places(situation) if in_hand(situation, place, decision.status.iteration)}
        taken = {
            task.place for task in situation.tasks for stop in decision.stop
            if stop.task == task.id and stop.reason in ("update", "rollback") and task.revision != decision.run.hash
        } | {start.place for start in decision.start if start.cause in ("update", "rollback")}  # fmt: skip
        new = {place for place in taken if place not in before}
        if going_on and update.parallelism and new:
            assert len(before | new) <= update.parallelism
        return decision

    world.decide = looked
    play(world, schedule)
    quiet(world)


def places(situation):
    return {task.place for task in situation.tasks}


def in_hand(situation, place, iteration) -> bool:
    tasks = sorted(
        (each for each in situation.tasks if each.place == place), key=lambda each: (each.created_at, each.id)
    )
    own = [each for each in tasks if each.iteration == iteration and each.cause in ("update", "rollback")]
    if own:
        return own[-1].wanted and own[-1].running_at is None
    wanted = [each for each in tasks if each.wanted]
    told = [each for each in tasks if each.stopping_at is not None]
    return (
        not wanted and bool(told) and max(told, key=lambda each: each.stopping_at).stop_reason in ("update", "rollback")
    )


@given(services, update_policies, restart_policies, fates, schedules)
@thorough
def test_every_look_says_what_it_waits_for_and_what_is_over_stays_over(scheduling, update, restart, fate, schedule):
    world = made(update, restart=restart, fate=fate, scheduling=scheduling)
    play(world, schedule)
    quiet(world)
    for when, decision in world.decisions:
        assert bool(decision.waiting_for) is not decision.complete
        assert decision.wake_at is None or decision.wake_at > at(when)
    assert world.status is not None
    if (now := world.status.update) is not None:
        assert now.state in ENDS
        world.run(LONG)
        assert world.status.update == now


@given(services, update_policies, restart_policies, fates, schedules)
@thorough
def test_asked_again_after_all_was_done_it_does_nothing(scheduling, update, restart, fate, schedule):
    world = made(update, restart=restart, fate=fate, scheduling=scheduling)

    def watch(now: World) -> None:
        again = decide(now.situation())
        assert (again.start, again.stop) == ((), ())
        assert again.status.iteration == now.status.iteration

    for what, value in without(schedule, "dies"):
        change(world, what, value)
        if what != "wait":
            continue
        world.watcher = watch
        world.reconcile()
        world.watcher = None
    quiet(world)


@given(services, update_policies, restart_policies, fates, schedules)
@thorough
def test_a_rollback_never_rolls_back(scheduling, update, restart, fate, schedule):
    world = made(update, restart=restart, fate=fate, scheduling=scheduling)
    play(world, schedule)
    quiet(world)
    before: Decision | None = None
    for _, decision in world.decisions:
        if decision.rolled_back and before is not None and before.status.update is not None:
            assert (
                before.status.update.state != "rollback_started" or before.status.iteration == decision.status.iteration
            )
            assert decision.run.number != decision.rollout.failed_revision
        before = decision


@given(services, update_policies, fates, schedules)
@thorough
def test_more_failures_than_are_borne_are_never_passed_over(scheduling, update, fate, schedule):
    world = made(update, fate=fate, scheduling=scheduling)
    play(world, without(schedule, "paused"))
    quiet(world)
    for _, decision in world.decisions:
        now = decision.status.update
        if now is not None and now.state in ("updating", "rollback_started") and update.failure_action != "continue":
            assert not exceeds(now.failures, now.slots, update.max_failure_ratio)


@given(services, update_policies, restart_policies, st.lists(st.sampled_from(REVISIONS), min_size=1, max_size=3))
@thorough
def test_with_no_failure_it_ends_completed_and_all_slots_are_on_target(scheduling, update, restart, wishes):
    world = made(update, restart=restart, fate=dict.fromkeys(REVISIONS, "slow"), scheduling=scheduling)
    for wish in wishes:
        world.redeploy(wish=wish)
        world.run(15)
    world.run(LONG)
    assert world.rollout is not None
    assert (world.rollout.state, world.decisions[-1][1].complete) == ("Completed", True)
    assert [each.start.revision.hash for each in world.running()] == [wishes[-1]] * 3
    assert world.status is not None
    assert world.status.update is None or world.status.update.state == "completed"


@pytest.mark.parametrize("order", ["stop-first", "start-first"])
@pytest.mark.parametrize("action", ["pause", "rollback", "continue"])
@pytest.mark.parametrize("bad", ["good", "crash", "image"])
def test_killed_after_any_write_it_ends_where_it_would_have_ended(order, action, bad):
    """For every look of an undisturbed run, and every write of that look."""

    def ran(look: int | None, writes: int) -> World:
        update = UpdatePolicy(order=order, failure_action=action, parallelism=2)
        restart = RestartPolicy(delay="3s", max_attempts=2)
        world = made(update, restart=restart, fate={"v2": bad}, replicas=4)
        world.run(20)
        world.redeploy(wish="v2")
        for number in range(400):
            decision = world.reconcile(dies_after=writes if number == look else None)
            moments = [each for task in world.kept for each in task.moments() if each > world.now]
            if number == look or decision.start or decision.stop:
                continue
            if world.wake_at is not None:
                moments.append(max(world.wake_at, world.now + 1e-3))
            if not moments:
                break
            world.now = min(moments)
        return world

    undisturbed = ran(None, 0)
    looks = len(undisturbed.decisions)
    for look in range(looks):
        for writes in range(4):
            world = ran(look, writes)
            assert ended(world) == ended(undisturbed), (look, writes)


def ended(world: World) -> Any:
    """What is the same however it came about."""
    assert world.status is not None
    assert world.status.update is not None
    running = Counter(each.start.revision.hash for each in world.running())
    return world.status.update.state, world.status.update.slots, running, world.status.counts


@pytest.mark.parametrize("seed", range(4))
def test_thousands_of_updates_with_failing_tasks_come_to_an_end(seed):
    """Each task draws its own fate: the failures come in all numbers and at all times."""
    draw = random.Random(seed)
    seen: Counter[str] = Counter()
    for _ in range(500):
        policy = UpdatePolicy(
            parallelism=draw.randint(0, 3),
            delay=draw.choice(("0s", "4s")),
            failure_action=draw.choice(("pause", "continue", "rollback")),
            max_failure_ratio=draw.choice((0.0, 0.25, 0.5)),
            order=draw.choice(("stop-first", "start-first")),
        )
        world = made(policy, replicas=draw.randint(1, 6), restart=RestartPolicy(delay="2s", max_attempts=2))
        world.run(20)
        bad = draw.random()
        world.fates = lambda start, _, bad=bad: FATES[
            draw.choice(("crash", "image", "sick", "done"))
            if draw.random() < bad * (start.revision.hash == "v2")
            else "good"
        ]
        world.redeploy(wish="v2")
        world.run(1000)
        assert world.status is not None
        assert world.status.update is not None
        seen[world.status.update.state] += 1
        if world.status.update.state == "rollback_completed":
            assert len(world.running("v1")) == world.replicas
    assert set(seen) == {"completed", "paused", "rollback_completed"}
