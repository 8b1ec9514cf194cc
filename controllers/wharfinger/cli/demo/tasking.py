"""The demo's steps about tasks: what mode ``tasks`` runs, and two updates by Swarm's rules, one bad, one good."""

from collections.abc import Callable

from wharfinger.cli import tasks
from wharfinger.cli.console import yaml_text
from wharfinger.cli.demo.scene import PODS, Object, Scene, describe, is_well
from wharfinger.cli.demo.steps import HAND, Step
from wharfinger.cli.demo.view import took
from wharfinger.cli.demo.waiting import NotSeenError, Objects, until
from wharfinger.cli.demo.workloads import REPLICAS, STACK, broken, released, stack
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
    before = await _running(scene)
    states, seconds = await _update(scene, broken(scene.image, real=scene.real), "rollback_completed")
    after = await _running(scene)
    if len(after) != REPLICAS or len(after & before) != REPLICAS - 1:
        raise NotSeenError(f"{_path(states)}; {len(after)} tasks run, {len(after & before)} of them as before")
    return f"{_path(states)} in {took(seconds)}; {REPLICAS - 1} of {REPLICAS} tasks ran on all the while"


async def updated(scene: Scene) -> str:
    """The spec's image is good again; the release is one that never ran, so that there is something to update."""
    before = await _running(scene)
    states, seconds = await _update(scene, released(scene.image), "completed")
    after = await _running(scene)
    if len(after) != REPLICAS or after & before:
        raise NotSeenError(f"{_path(states)}; {len(after)} tasks run, {len(after & before)} of them as before")
    return f"{_path(states)} in {took(seconds)}; {len(after)} new tasks run"


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


async def _running(scene: Scene) -> set[str]:
    found = await tasks.read(scene.client, scene.namespace, STACK)
    return {task.id for task in found.tasks if task.runs}


async def _show(scene: Scene, name: str, *, ended: bool = False) -> tasks.Listing:
    """What ``wharfinger tasks NAME`` says, with ``--all`` if `ended`."""
    found = await tasks.read(scene.client, scene.namespace, name)
    shown = found if ended else found.current()
    scene.view.rows(f"wharfinger tasks -n {scene.namespace} {name}{' --all' if ended else ''}", tasks.rows(shown))
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
)
