"""The demo's steps about tasks: what mode ``tasks`` runs; updates by Swarm's rules, one bad, one good; one by ECS's."""

from collections.abc import Callable, Iterator

from wharfinger.cli import tasks
from wharfinger.cli.console import table, yaml_text
from wharfinger.cli.demo.scene import PODS, Object, Scene, describe, is_well
from wharfinger.cli.demo.steps import HAND, Step
from wharfinger.cli.demo.view import took
from wharfinger.cli.demo.waiting import NotSeenError, Objects, until
from wharfinger.cli.demo.workloads import ORDERS, REPLICAS, STACK, broken, orders, released, stack
from wharfinger.cli.kube import WORKLOAD


async def listed(scene: Scene) -> str:
    """Those of the samples are a service by ECS's rules, a job and a global service, beside one more by Swarm's."""
    scene.view.document(yaml_text(stack(scene.server, scene.namespace)))
    workloads = await scene.client.list(WORKLOAD, scene.namespace)
    names = sorted(each["metadata"]["name"] for each in workloads if each["spec"].get("mode") == "tasks")
    await _until(scene, lambda objects: all(name in objects and is_well(objects[name]) for name in names))
    shown = [await _show(scene, name) for name in names]
    if empty := [each.workload for each in shown if not each.tasks]:
        raise NotSeenError(f"no tasks of {', '.join(empty)}")
    found = [task.state for each in shown for task in each.tasks]
    counts = ", ".join(f"{found.count(state)} {state}" for state in sorted(set(found)))
    return f"{len(found)} tasks of {len(names)} workloads: {counts}"


async def rolled_back(scene: Scene) -> str:
    """One task at a time: with an image that does not start, that is as far as it gets."""
    before = await _running(scene, STACK)
    states, seconds = await _update(scene, broken(scene.image, real=scene.real), "rollback_completed")
    after = await _running(scene, STACK)
    if len(after) != REPLICAS or len(after & before) != REPLICAS - 1:
        raise NotSeenError(f"{_path(states)}; {len(after)} tasks run, {len(after & before)} of them as before")
    return f"{_path(states)} in {took(seconds)}; {REPLICAS - 1} of {REPLICAS} tasks ran on all the while"


async def updated(scene: Scene) -> str:
    """The spec's image is good again; the release is one that never ran, so that there is something to update."""
    before = await _running(scene, STACK)
    states, seconds = await _update(scene, released(scene.image), "completed")
    after = await _running(scene, STACK)
    if len(after) != REPLICAS or after & before:
        raise NotSeenError(f"{_path(states)}; {len(after)} tasks run, {len(after & before)} of them as before")
    return f"{_path(states)} in {took(seconds)}; {len(after)} new tasks run"


async def deployment_failed(scene: Scene) -> str:
    """The circuit breaker fails the deployment; another one, which rolls it back, becomes PRIMARY and COMPLETED."""
    scene.view.document(yaml_text(orders(scene.server, scene.namespace)))
    before = await _running(scene, ORDERS)
    patch = broken(scene.image, real=scene.real)
    answer = await scene.client.patch(WORKLOAD, (scene.namespace, ORDERS), patch, manager=HAND)
    seen = list[Object]()

    def over(objects: Objects) -> bool:
        status = objects.get(ORDERS, {}).get("status", {})
        now = status.get("tasks", {}).get("deployments", ())
        seen.extend(_news(seen, now))
        current = status.get("observedGeneration") == answer["metadata"]["generation"]
        return current and len(now) == 1 and "rollsBack" in now[0] and now[0]["rolloutState"] == "COMPLETED"

    seconds = await _until(scene, over)
    _show_deployments(scene, seen)
    await _show(scene, ORDERS, ended=True, ecs=True)
    stayed = len(before & await _running(scene, ORDERS))
    if stayed != REPLICAS - 1:
        raise NotSeenError(f"{_courses(seen)}; {stayed} tasks ran on")
    return f"{_courses(seen)} in {took(seconds)}; {stayed} of {REPLICAS} tasks ran on all the while"


_SHOWN = ("id", "status", "rolloutState", "rolloutStateReason")
"""What is shown of a deployment, as ``aws ecs describe-services`` calls it."""

_PATH = "{range .status.tasks.deployments[*]}" + r'{"\t"}'.join(f"{{.{field}}}" for field in _SHOWN) + r'{"\n"}{end}'
"""The same for kubectl."""


def _news(seen: list[Object], deployments: list[Object]) -> Iterator[Object]:
    """What of `deployments` reads otherwise than it was last seen."""
    last = {each["id"]: each for each in seen}
    for deployment in deployments:
        told = {field: deployment.get(field, "") for field in _SHOWN}
        if last.get(told["id"]) != told:
            yield told


def _show_deployments(scene: Scene, seen: list[Object]) -> None:
    """The deployments as they were, one change a row."""
    made = table(*_SHOWN)
    for each in seen:
        made.add_row(*(each[field] for field in _SHOWN))
    scene.view.rows(f"kubectl -n {scene.namespace} get cw {ORDERS} -w -o jsonpath='{_PATH}'", made)


def _courses(seen: list[Object]) -> str:
    """``ecs-svc/2 IN_PROGRESS → FAILED, …``: of those deployments that began meanwhile."""
    courses: dict[str, list[str]] = {}
    for each in seen:
        states = courses.setdefault(each["id"], [])
        if states[-1:] != [each["rolloutState"]]:
            states.append(each["rolloutState"])
    begun = {identity: states for identity, states in courses.items() if states[0] == "IN_PROGRESS"}
    return ", ".join(f"{identity} {_path(states)}" for identity, states in begun.items())


async def _update(scene: Scene, patch: Object, end: str) -> tuple[list[str], float]:
    """Patch the workload, follow Swarm's words for its update to the last one, and show its tasks then."""
    answer = await scene.client.patch(WORKLOAD, (scene.namespace, STACK), patch, manager=HAND)
    generation, states = answer["metadata"]["generation"], list[str]()

    def over(objects: Objects) -> bool:
        status = objects.get(STACK, {}).get("status", {})
        seen = status.get("observedGeneration") == generation
        state = status.get("tasks", {}).get("update", {}).get("state", "")
        if seen and state and states[-1:] != [state]:
            states.append(state)
        return bool(seen and state == end)

    seconds = await _until(scene, over)
    await _show(scene, STACK, ended=True)
    return states, seconds


async def _until(scene: Scene, expected: Callable[[Objects], bool]) -> float:
    return await until(scene.client, WORKLOAD, scene.namespace, expected, deadline=PODS, tell=describe)


async def _running(scene: Scene, name: str) -> set[str]:
    found = await tasks.read(scene.client, scene.namespace, name)
    return {task.id for task in found.tasks if task.runs}


async def _show(scene: Scene, name: str, *, ended: bool = False, ecs: bool = False) -> tasks.Listing:
    """What ``wharfinger tasks NAME`` says, with ``--all`` if `ended`."""
    found = await tasks.read(scene.client, scene.namespace, name)
    shown = found if ended else found.current()
    options = (" --all" if ended else "") + (" --ecs" if ecs else "")
    made = tasks.ecs_rows(shown) if ecs else tasks.rows(shown)
    scene.view.rows(f"wharfinger tasks -n {scene.namespace} {name}{options}", made)
    return shown


def _path(states: list[str]) -> str:
    return " → ".join(states)


TASK_STEPS: tuple[Step, ...] = (
    Step(
        title="Workloads of mode tasks",
        tells="A task is a pod that is never restarted in place. By Swarm's rules, by ECS's, jobs, and one a node:",
        command="kubectl -n {namespace} get cw",
        play=listed,
    ),
    Step(
        title="A task that cannot start",
        tells="An update is watched task by task. One that fails rolls it back (update.failureAction), as Swarm does.",
        command="kubectl -n {namespace} patch cw {stack} --type merge -p '{broken}'",
        play=rolled_back,
    ),
    Step(
        title="Tasks updated one by one",
        tells="The next one is stopped when the new one before it is healthy. Tasks that ended are remembered.",
        command="kubectl -n {namespace} patch cw {stack} --type merge -p '{released}'",
        play=updated,
    ),
    Step(
        title="A deployment that fails",
        tells="ECS counts failures (deploymentCircuitBreaker), gives up, and deploys what last COMPLETED anew.",
        command="kubectl -n {namespace} patch cw {orders} --type merge -p '{broken}'",
        play=deployment_failed,
    ),
)
