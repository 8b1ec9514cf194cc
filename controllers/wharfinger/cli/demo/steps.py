"""The steps of the demo, as data: what is done, how a person would do it with kubectl, and what must be seen.

Each `play` acts, waits until the cluster is as it must be, and answers with what was seen. What does not come in time
raises NotSeenError, which fails the step and not the demo.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from wharfinger.api.builtin import DEPLOYMENT, POD
from wharfinger.api.resource import key_of
from wharfinger.cli.demo.scene import Object, Scene, image_of, is_ready, is_well, restarts
from wharfinger.cli.demo.view import took
from wharfinger.cli.demo.waiting import NotSeenError
from wharfinger.cli.demo.workloads import DEADLINE, NAME, REPLICAS, broken, mended
from wharfinger.cli.kube import WORKLOAD
from wharfinger.cli.status.summary import State, verdict
from wharfinger.engine.errors import ApiError

BY_HAND = "example.com/by-hand:1"
"""An image that nobody wished for."""

HAND = "kubectl-edit"
"""Field manager of what the demo does by hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing to show."""

    title: str
    tells: str
    """What happens and why it matters. `Scene.fill` puts names and images into this and the command."""
    command: str
    """The same by kubectl."""
    play: Callable[[Scene], Awaitable[str]]
    """Do it, wait, and say what was seen."""


async def deployment_deleted(scene: Scene) -> str:
    """Its pods go with it, so this ends when all are back."""
    old = await scene.deployment()
    await scene.client.delete(DEPLOYMENT, key_of(old))
    back = await scene.until_deployment(lambda new: new["metadata"]["uid"] != old["metadata"]["uid"])
    pods = await scene.until_whole()
    return f"a new Deployment after {took(back)}, {REPLICAS} of {REPLICAS} pods ready {took(pods)} later"


async def image_changed(scene: Scene) -> str:
    """The watch must show the foreign image first: else the wait would end before the change."""
    changed = [{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": BY_HAND}]
    key = (scene.namespace, NAME)
    answer = await scene.client.patch(DEPLOYMENT, key, changed, manager=HAND)
    before = int(answer["metadata"]["generation"])
    back = await scene.until_deployment(
        lambda now: now["metadata"]["generation"] > before and image_of(now) == scene.image
    )
    pods = await scene.until_whole()
    return f"image {scene.image} again after {took(back)}; all pods run it {took(pods)} later"


async def container_killed(scene: Scene) -> str:
    """On a real node the process ends itself on request; on a simulated one there is none, so the pod is deleted."""
    victim = await scene.a_pod()
    name = victim["metadata"]["name"]
    if not scene.real:
        await scene.client.delete(POD, key_of(victim))
        gone = await scene.until_pods(lambda pods: name not in {pod["metadata"]["name"] for pod in pods})
        return f"pod {name} gone after {took(gone)}, a new one ready {took(await scene.until_whole())} later"
    await _crash(scene, name)
    back = await scene.until_pods(lambda pods: any(_restarted(pod, victim) for pod in pods))
    return f"container of {name} restarted and ready after {took(back)}; {took(await scene.until_whole())} to all well"


async def _crash(scene: Scene, pod: str) -> None:
    """The API server forwards the request to the pod; the answer is lost with the process that should give it."""
    try:
        await scene.client.create(scene.crash_endpoint(pod), {"metadata": {"namespace": scene.namespace}})
    except ApiError as error:
        if error.code in (403, 404):
            raise


def _restarted(pod: Object, before: Object) -> bool:
    same = pod["metadata"]["name"] == before["metadata"]["name"]
    return same and restarts(pod) > restarts(before) and is_ready(pod)


async def rolled_back(scene: Scene) -> str:
    """The old pods stay ready all along, since no new one ever becomes ready."""
    await scene.client.patch(WORKLOAD, (scene.namespace, NAME), broken(scene.image, real=scene.real), manager=HAND)
    took_back = await scene.until_workload(_says_rolled_back, follow=True)
    workload = await scene.workload()
    wish, runs = workload["spec"]["image"], image_of(await scene.deployment())
    if runs != scene.image or wish == scene.image:
        raise NotSeenError(f"the Deployment runs {runs}, the spec says {wish}")
    return f"{runs} runs again after {took(took_back)}; the spec keeps the wish, {wish.rpartition('/')[2]}"


def _says_rolled_back(workload: Object) -> bool:
    state = workload.get("status", {}).get("rollout", {}).get("state")
    return state == "RolledBack" and verdict(workload)[0] is State.stalled


async def wish_mended(scene: Scene) -> str:
    """A spec that goes back to the last good revision is no rollout."""
    await scene.client.patch(WORKLOAD, (scene.namespace, NAME), mended(scene.image), manager=HAND)
    return f"Ready after {took(await scene.until_workload(is_well, follow=True))}"


STEPS: tuple[Step, ...] = (
    Step(
        title="A Deployment deleted by hand",
        tells="What a workload made is put back from the very event that shows it gone.",
        command="kubectl -n {namespace} delete deployment {name}",
        play=deployment_deleted,
    ),
    Step(
        title="An image changed by hand",
        tells="A field that the workload owns is put right; fields of others, such as an HPA's replicas, stay.",
        command=f"kubectl -n {{namespace}} set image deployment/{{name}} {{name}}={BY_HAND}",
        play=image_changed,
    ),
    Step(
        title="A container killed",
        tells="Kubernetes puts it right, and the workload says when all is well again.{killed}",
        command="{kill}",
        play=container_killed,
    ),
    Step(
        title="A new image that cannot start",
        tells=f"A rollout that gets no closer for {DEADLINE} (progressDeadline) goes back to the last good revision.",
        command="kubectl -n {namespace} patch cw {name} --type merge -p '{broken}'",
        play=rolled_back,
    ),
    Step(
        title="The wish mended",
        tells="The failed revision is not tried again until the spec changes. Now it changes.",
        command="kubectl -n {namespace} patch cw {name} --type merge -p '{mended}'",
        play=wish_mended,
    ),
)
