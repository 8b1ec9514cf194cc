"""What always holds of services by ECS's rules, whatever fails when: thousands of schedules in virtual time."""

from __future__ import annotations

from collections import Counter

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.tasksim import Fate, SimNode, World

from wharfinger.api.tasks import AlarmQuery, Alarms, CircuitBreaker, Deployment, TasksBlock, Threshold
from wharfinger.rollout.tasks.ecs import decide
from wharfinger.rollout.tasks.ecs.breaker import threshold
from wharfinger.rollout.tasks.ecs.health import healthy
from wharfinger.rollout.tasks.ecs.service import Service
from wharfinger.rollout.tasks.ecs.words import BREAKER_REASON
from wharfinger.rollout.tasks.machine import Decision, Situation

GOOD = (Fate(), Fate(start=5), Fate(checked=True, health=10), Fate(stops=30))
BAD = (
    Fate(start=None, rejected=2),
    Fate(runs=3),
    Fate(runs=90),
    Fate(checked=True, health=None, gives_up=20),
    Fate(checked=True, health=10, sickens=60),
    Fate(start=None),
)

PERCENT = st.sampled_from([0, 25, 50, 75, 100])
MOST = st.sampled_from([100, 125, 150, 200])

ALARM = AlarmQuery(name="errors", query="rate(errors_total[1m]) > 1")


def watched(situation: Situation) -> Decision:
    """`decide`, and what must hold of each of its answers."""
    decision = decide(situation)
    assert decide(situation) == decision, "asked again before anything was done, it answers the same"
    service = Service(situation=situation)
    _bounds(service, decision)
    _places(service, decision)
    _deployments(service, decision)
    assert decision.complete == (not decision.waiting_for), "it is done, or says what it waits for"
    return decision


def _bounds(service: Service, decision: Decision) -> None:
    present = {task.id: task for task in service.present}
    fits = {node.name for node in service.situation.nodes}
    counted = [task for task in present.values() if task.place.node is None or task.place.node in fits]
    if decision.start:
        assert len(counted) + len(decision.start) <= service.bounds.upper, "never above the maximum by our own starts"
    fit = [task for task in present.values() if healthy(task, service.now)]
    forced = ("node-drained", "node-gone", "constraint", "scale-in") if service.situation.block.per_node else ()
    gone = {stop.task for stop in decision.stop if stop.reason not in forced}
    falling = [task for task in fit if task.id in gone]
    if falling:
        rest = len(fit) - len(falling)
        assert rest >= service.bounds.lower, "never below the minimum healthy by our own stops"


def _places(service: Service, decision: Decision) -> None:
    taken = Counter(task.place for task in service.present)
    for start in decision.start:
        assert start.place not in taken, "a place holds no two tasks"
        taken[start.place] += 1
    known = {task.id: task for task in service.situation.tasks}
    assert len({stop.task for stop in decision.stop}) == len(decision.stop), "nothing is stopped twice"
    assert all(known[stop.task].wanted for stop in decision.stop), "what goes is not told again"


def _deployments(service: Service, decision: Decision) -> None:
    deployments = decision.status.deployments
    assert [each.status for each in deployments] == ["PRIMARY"] + ["ACTIVE"] * (len(deployments) - 1)
    assert len({each.id for each in deployments}) == len({each.revision for each in deployments}) == len(deployments)
    first = deployments[0]
    failing = {each.id for each in deployments if each.rollout_state == "FAILED"}
    assert not any(f"ecs-svc/{start.iteration}" in failing for start in decision.start), "FAILED launches nothing"
    if decision.complete:
        assert len(deployments) == 1 or service.situation.block.per_node, "services-stable: one deployment"
        assert first.running_count == first.desired_count or service.situation.block.per_node
    before = {each.id: each for each in service.memory.deployments}.get(first.id)
    breaker = service.policy.deployment_circuit_breaker
    broken = first.rollout_state_reason == BREAKER_REASON
    if before and before.rollout_state == "IN_PROGRESS" and first.rollout_state == "FAILED" and broken:
        assert first.failed_tasks >= threshold(breaker.threshold_configuration, service.desired)
    if first.rollout_state == "IN_PROGRESS" and breaker.enable:
        assert first.failed_tasks < threshold(breaker.threshold_configuration, service.desired), "exactly there"


@st.composite
def worlds(draw: st.DrawFn, scheduling: str = "replicated") -> World:
    per_node = scheduling == "global"
    breaker = CircuitBreaker(
        enable=draw(st.booleans()),
        rollback=draw(st.booleans()),
        reset_on_healthy_task=draw(st.booleans()),
        threshold_configuration=draw(
            st.sampled_from([Threshold(), Threshold(type="COUNT", value=2), Threshold(type="UNBOUNDED_PERCENT")])
        ),
    )
    deployment = Deployment(
        minimum_healthy_percent=draw(PERCENT),
        maximum_percent=100 if per_node else draw(MOST),
        deployment_circuit_breaker=breaker,
        health_check_grace_period=draw(st.sampled_from(["0s", "30s"])),
        alarms=Alarms(enable=draw(st.booleans()), rollback=draw(st.booleans()), queries=[ALARM]),
        bake_time=draw(st.sampled_from(["0s", "60s"])),
    )
    fates = [*draw(st.lists(st.sampled_from(GOOD + BAD), min_size=1, max_size=12)), Fate()]
    nodes = [SimNode(name=f"node-{number}") for number in range(draw(st.integers(1, 4)))]
    return World(
        decide=watched,
        block=TasksBlock(scheduling=scheduling, deployment=deployment, service_name="web"),
        replicas=draw(st.integers(0, 6)),
        fates=lambda start, number: fates[number % len(fates)],
        nodes=nodes,
    )


ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "deploy",
                "scale",
                "kill",
                "vanish",
                "crash",
                "pause",
                "drain",
                "cordon",
                "lose",
                "resume",
                "pin",
                "misfit",
                "alarm",
            ]
        ),
        st.integers(0, 7),
        st.sampled_from([0.5, 3, 20, 50, 200]),
    ),
    max_size=12,
)


def act(world: World, action: str, number: int) -> None:
    node = world.nodes[number % len(world.nodes)]
    living = world.live()
    if action == "deploy":
        world.redeploy(wish=f"v{1 + number % 4}")
    elif action == "scale":
        world.redeploy(replicas=number)
    elif action in ("kill", "vanish") and living:
        getattr(world, action)(living[number % len(living)])
    elif action == "crash":
        world.reconcile(dies_after=number % 4)
    elif action == "pause":
        world.paused = not world.paused
    elif action == "drain":
        node.drained = not node.drained
    elif action == "cordon":
        node.cordoned = not node.cordoned
    elif action == "misfit":
        node.fits = not node.fits
    elif action == "lose":
        world.find(node.name) if node.lost_at is not None else world.lose(node.name)
    elif action == "alarm":
        world.firing = None if number == 0 else frozenset({"errors"}) - (world.firing or frozenset())
    elif action == "resume":
        world.resumed = str(number)
    elif action == "pin":
        world.pin = None if world.pin else "previous"


def healed(world: World) -> None:
    """Whatever people and nodes did is undone, and a revision that works is asked for."""
    for node in world.nodes:
        node.drained = node.cordoned = False
        node.fits = True
        if node.lost_at is not None:
            world.find(node.name)
    world.paused, world.pin, world.firing = False, None, frozenset()
    world.fates = {}
    for task in world.live():
        if task.fate.start is None and task.fate.rejected is None:
            world.kill(task)
    world.redeploy(wish="good")


def played(world: World, actions: list[tuple[str, int, float]]) -> None:
    for action, number, seconds in actions:
        act(world, action, number)
        world.run(seconds)
    healed(world)
    world.run(2 * 3600)


def is_stuck(world, decision):
    """Whether the percentages allow neither a start nor a stop, and the decision says so."""
    bounds = Service(situation=world.situation()).bounds
    stuck = bounds.upper == bounds.lower and not decision.complete
    if stuck:
        assert "was unable to stop or start tasks" in decision.waiting_for
    return stuck


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(worlds(), ACTIONS)
def test_a_service_keeps_its_bounds_whatever_happens_and_ends_where_the_spec_says(world, actions):
    played(world, actions)
    decision = world.decisions[-1][1]
    if is_stuck(world, decision):
        return
    assert decision.complete, decision.waiting_for
    assert decision.status.deployments[0].rollout_state == "COMPLETED"
    assert len(world.running("good")) == world.replicas == len(world.live())


@settings(max_examples=120, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(worlds("global"), ACTIONS)
def test_a_daemon_has_one_task_on_each_node_in_the_end(world, actions):
    played(world, actions)
    decision = world.decisions[-1][1]
    if is_stuck(world, decision):
        return
    assert decision.complete, decision.waiting_for
    assert sorted(task.node.name for task in world.running("good")) == sorted(node.name for node in world.nodes)
    assert len(world.live()) == len(world.nodes)
