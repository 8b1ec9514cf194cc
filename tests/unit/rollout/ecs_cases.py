"""Services by ECS's rules, for the tests: in the virtual time of `tests.support.tasksim`. v1 is what runs first."""

from __future__ import annotations

from collections.abc import Iterator

from tests.support.tasksim import Fate, SimTask, World, at

from wharfinger.api.status import RolloutStatus
from wharfinger.api.task_status import DeploymentStatus, TasksStatus
from wharfinger.api.tasks import AlarmQuery, Alarms, CircuitBreaker, Deployment, TasksBlock, Threshold
from wharfinger.rollout.revisions import History, RevisionRef
from wharfinger.rollout.tasks.ecs import decide
from wharfinger.rollout.tasks.machine import Decision, Situation
from wharfinger.rollout.tasks.task import Place, Task

V1, V2 = RevisionRef(1, "v1"), RevisionRef(2, "v2")

BREAKER = CircuitBreaker(enable=True)
ROLLBACK = CircuitBreaker(enable=True, rollback=True)

NO_PULL = Fate(start=None, rejected=2)
"""CannotPullContainerError: from PENDING to STOPPED."""

CRASHES = Fate(runs=5)
"""It runs, and exits before it counts as healthy."""

CHECKED = Fate(checked=True, health=10)
"""It is HEALTHY 10 s after it started."""

SICK = Fate(checked=True, health=None, gives_up=20)
"""It runs, and its checks say UNHEALTHY after 20 s."""


def policy(**fields: object) -> TasksBlock:
    """scheduling replicated, by ECS's rules."""
    return TasksBlock(service_name="web", deployment=Deployment(**fields))


def daemon(**fields: object) -> TasksBlock:
    """scheduling global, by ECS's rules."""
    return TasksBlock(service_name="web", scheduling="global", deployment=Deployment(**fields))


def alarms(*names: str, rollback: bool = False) -> Alarms:
    """Alarms that count."""
    return Alarms(enable=True, rollback=rollback, queries=[AlarmQuery(name=name, query="up == 0") for name in names])


def counting(value: int, *, kind: str = "COUNT", reset: bool = True, rollback: bool = False) -> CircuitBreaker:
    """A breaker with a threshold of its own."""
    config = Threshold(type=kind, value=value)
    return CircuitBreaker(enable=True, rollback=rollback, threshold_configuration=config, reset_on_healthy_task=reset)


def service(block: TasksBlock | None = None, *, replicas: int = 4, fate: Fate | None = None, **fields: object) -> World:
    """A service whose first deployment has COMPLETED, at 300 s."""
    fates = fields.pop("fates", None) or {"v1": fate or Fate()}
    world = World(decide=decide, block=block or policy(), replicas=replicas, fates=fates, **fields)
    world.run(300)
    assert [each.rollout_state for each in world.status.deployments] == ["COMPLETED"]
    return world


def deploy(world: World, fate: Fate | None = None, *, wish: str = "v2", **changes: object) -> World:
    """Another revision, whose tasks have that fate."""
    world.fates = {**world.fates, wish: fate or Fate()}
    world.redeploy(wish=wish, **changes)
    return world


def primary(world: World) -> DeploymentStatus:
    assert world.status.deployments[0].status == "PRIMARY"
    return world.status.deployments[0]


def told(world: World) -> Iterator[tuple[str, str]]:
    """All Events, as reason and text."""
    for _, decision in world.decisions:
        yield from ((each.reason, each.note) for each in decision.announce)


def reasons(world: World) -> list[str]:
    return [reason for reason, _ in told(world)]


def last(world: World) -> Decision:
    return world.decisions[-1][1]


def stopped(world: World, reason: str) -> list[SimTask]:
    return [task for task in world.tasks if task.reason == reason]


def steps(world: World, since: float) -> list[tuple[float, int, int]]:
    """(when, started, stopped) of the decisions that did something, from then on."""
    return [
        (when, len(each.start), len(each.stop))
        for when, each in world.decisions
        if when >= since and (each.start or each.stop)
    ]


# One situation, built by hand


def task(name: str, *, slot: int = 1, revision: str = "v1", age: float = 100, **fields: object) -> Task:
    """A task that has been RUNNING for `age` seconds at `at(1000)`, and nothing checks it."""
    began = at(1000 - age)
    return Task(
        **{
            "id": name,
            "place": Place(slot=slot),
            "revision": revision,
            "iteration": 1 if revision == "v1" else 2,
            "cause": "create",
            "state": "running",
            "created_at": began,
            "started_at": began,
            "running_at": began,
            "node": "node-0",
        }
        | fields
    )


def situation(
    block: TasksBlock, tasks: tuple[Task, ...], *, replicas: int, target: RevisionRef = V2, **fields: object
) -> Situation:
    """v1 COMPLETED, and asked for is `target`, at `at(1000)`."""
    began = DeploymentStatus(
        id="ecs-svc/1",
        status="PRIMARY",
        revision=1,
        rollout_state="COMPLETED",
        rollout_state_reason="ECS deployment ecs-svc/1 completed.",
        desired_count=replicas,
    )
    return Situation(
        **{
            "name": "web",
            "block": block,
            "replicas": replicas,
            "generation": 2,
            "target": target,
            "history": History((V1, V2)),
            "tasks": tasks,
            "status": TasksStatus(iteration=1, deployments=[began]),
            "rollout": RolloutStatus(state="Completed", revision=1, running_revision=1, last_good_revision=1),
            "now": at(1000),
        }
        | fields
    )
