"""Tasks that the operator cannot start: a finding says why, nothing else is touched, and what mends it is taken up."""

from __future__ import annotations

import pytest
from tests.support.operators import running as operating
from tests.support.tasks import running, tasks_of, until_tasks
from tests.support.workloads import V1, annotate
from tests.support.world import World

from wharfinger.api.builtin import POD
from wharfinger.api.kinds import CONTAINER_WORKLOAD
from wharfinger.api.resource import Object
from wharfinger.engine.operator import Operator

pytestmark = pytest.mark.integration

NOT_THERE = "registry.example.com/shop/simulate-image-pull-backoff:2"
WITHIN = 90.0


def found(workload: Object, reason: str) -> list[Object]:
    """Its findings of that reason."""
    return [each for each in workload.get("status", {}).get("findings", ()) if each["reason"] == reason]


async def test_an_order_without_the_start_program_starts_nothing(world: World) -> None:
    """Until the operator is given its image: then the same document is acted on."""
    limits = {"name": "web", "ulimits": [{"name": "nofile", "softLimit": 64, "hardLimit": 64}]}
    spec: Object = {
        "mode": "tasks",
        "image": V1,
        "command": ["serve"],
        "replicas": 1,
        "tasks": {"containers": [limits]},
    }
    async with operating(world.kubeconfig, namespaces=(world.namespace,)):
        await world.workload("web", **spec)
        refused = await world.stalled("web", reason="InvalidSpec", timeout=WITHIN)
        (finding,) = found(refused, "NoStartImage")
        assert (finding["path"], finding["severity"]) == ("spec.tasks.containers", "error")
        assert "--start-image" in finding["message"]
        assert await world.list(POD) == []
    async with operating(world.kubeconfig, namespaces=(world.namespace,), start_image=V1):
        (task,) = await until_tasks(world, "web", lambda tasks: len(tasks) == 1, timeout=WITHIN)
        assert found(await world.client.get(CONTAINER_WORKLOAD, world.namespace, "web"), "NoStartImage") == []
    pod = await world.get(POD, task.pod.name) if task.pod else None
    assert pod is not None
    assert [each["image"] for each in pod["spec"]["initContainers"]] == [V1]


async def test_a_revision_whose_label_is_gone_starts_no_task(world: World, operator: Operator) -> None:
    """Going back to it stops nothing, and says why not; with the label it is gone back to."""

    def spec(text: str, **labels: str) -> Object:
        tasks = {"serviceLabels": labels, "update": {"parallelism": 0}, "rollback": {"parallelism": 0}}
        env = [{"name": "TIER", "value": text}]
        return {"mode": "tasks", "image": V1, "replicas": 2, "env": env, "tasks": tasks}

    await world.workload("web", **spec("{{.Service.Labels.tier}}", tier="front"))
    await world.ready("web", timeout=WITHIN)
    old = {task.revision for task in running(await tasks_of(world, "web"))}
    await world.workload("web", **spec("back"))
    await world.ready("web", timeout=WITHIN)
    new = {task.id for task in running(await tasks_of(world, "web"))}
    await annotate(world, "web", rollback_to="1")
    held = await world.stalled("web", reason="InvalidSpec", timeout=WITHIN)
    (finding,) = found(held, "RevisionUnfilled")
    assert "there is no `.Service.Labels.tier`" in finding["message"]
    assert (finding["path"], finding["severity"]) == ("spec.tasks", "error")
    assert {task.id for task in running(await tasks_of(world, "web"))} == new

    await world.workload("web", **spec("back", tier="front"))
    await until_tasks(world, "web", lambda tasks: {task.revision for task in running(tasks)} == old, timeout=WITHIN)
    mended = await world.until(
        CONTAINER_WORKLOAD, "web", lambda obj: not found(obj, "RevisionUnfilled"), timeout=WITHIN
    )
    assert mended["status"]["rollout"]["runningRevision"] == 1


async def test_an_update_that_fails_is_not_rolled_back_to_what_cannot_start(world: World, operator: Operator) -> None:
    """Nothing that runs is stopped for it; with the label the rollback goes on to its end."""

    def spec(text: str, image: str, **labels: str) -> Object:
        update = {"failureAction": "rollback", "monitor": "1s"}
        tasks = {"serviceLabels": labels, "update": update, "rollback": {"monitor": "1s"}, "restart": {"delay": "1s"}}
        return {
            "mode": "tasks",
            "image": image,
            "replicas": 2,
            "env": [{"name": "TIER", "value": text}],
            "tasks": tasks,
        }

    await world.workload("web", **spec("{{.Service.Labels.tier}}", V1, tier="front"))
    await world.ready("web", timeout=WITHIN)
    good = {task.id for task in running(await tasks_of(world, "web"))}
    await world.workload("web", **spec("back", NOT_THERE))
    held = await world.stalled("web", reason="InvalidSpec", timeout=WITHIN)
    (finding,) = found(held, "RevisionUnfilled")
    assert finding["message"].startswith("revision 1 cannot run")
    assert len(good & {task.id for task in running(await tasks_of(world, "web"))}) == 1

    await world.workload("web", **spec("back", NOT_THERE, tier="front"))
    back = await world.stalled("web", reason="RolledBack", timeout=WITHIN)
    assert (back["status"]["rollout"]["runningRevision"], back["status"]["rollout"]["failedRevision"]) == (1, 2)
    assert found(back, "RevisionUnfilled") == []
    assert len(running(await tasks_of(world, "web"))) == 2
