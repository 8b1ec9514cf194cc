"""``wharfinger import`` on a real API server: what runs is taken over, and not one pod is replaced."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from tests.support.waiting import eventually
from tests.support.world import World

from wharfinger.api import builtin
from wharfinger.api.kinds import CONTAINER_WORKLOAD
from wharfinger.api.resource import Object, Resource, controller_of
from wharfinger.engine.operator import Operator

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

ENDPOINT_SLICE = Resource(group="discovery.k8s.io", version="v1", kind="EndpointSlice", plural="endpointslices")
LONG = 90.0
LABELS = {"app": "web"}


@dataclass(frozen=True, kw_only=True)
class Done:
    """A command that ended."""

    code: int
    out: str
    err: str


async def run(world: World, *arguments: str) -> Done:
    """``wharfinger import``, as a person runs it."""
    command = (sys.executable, "-m", "wharfinger", "import", *arguments)
    where = ("--kubeconfig", str(world.kubeconfig), "-n", world.namespace)
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, *where, stdout=pipe, stderr=pipe)
    out, err = await asyncio.wait_for(process.communicate(), 200)
    return Done(code=process.returncode or 0, out=out.decode(), err=err.decode())


def deployment(**changes: Any) -> Object:
    """A DeploymentSpec as one writes it by hand: a port without a name, two probes that differ, a sidecar, a volume."""
    return {
        "replicas": 3,
        "selector": {"matchLabels": LABELS},
        "template": {
            "metadata": {"labels": LABELS | {"tier": "front"}, "annotations": {"example.com/owner": "shop"}},
            "spec": {
                "containers": [
                    {
                        "name": "nginx",
                        "image": "registry.example.com/nginx:1",
                        "ports": [{"containerPort": 8080}],
                        "env": [{"name": "MODE", "value": "a"}, {"name": "B", "value": "$(MODE)"}],
                        "envFrom": [{"configMapRef": {"name": "settings", "optional": True}}],
                        "resources": {"requests": {"cpu": "10m"}, "limits": {"memory": "64Mi"}},
                        "readinessProbe": {"httpGet": {"path": "/ready", "port": 8080}, "periodSeconds": 5},
                        "livenessProbe": {"httpGet": {"path": "/live", "port": 8080}, "initialDelaySeconds": 7},
                        "volumeMounts": [{"name": "scratch", "mountPath": "/scratch"}],
                    },
                    {"name": "proxy", "image": "registry.example.com/proxy:1"},
                ],
                "volumes": [{"name": "scratch", "emptyDir": {}}],
            },
        },
        **changes,
    }


SERVICE: Object = {"selector": LABELS, "ports": [{"port": 80, "targetPort": 8080}]}
AUTOSCALER: Object = {
    "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
    "minReplicas": 3,
    "maxReplicas": 5,
    "metrics": [
        {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}}}
    ],
}
BUDGET: Object = {"selector": {"matchLabels": LABELS}, "minAvailable": 1}


async def running(world: World, resource: Resource, name: str, count: int) -> Object:
    """What runs pods, once all of them are ready, and its controller has said so."""

    def well(obj: Object) -> bool:
        status = obj.get("status", {})
        seen = status.get("observedGeneration") == obj["metadata"]["generation"]
        return seen and status.get("readyReplicas") == count and status.get("updatedReplicas") == count

    return await world.until(resource, name, well, timeout=LONG)


async def uids(world: World, selector: str) -> set[str]:
    return {pod["metadata"]["uid"] for pod in await world.list(builtin.POD, selector)}


async def addresses(world: World, service: str) -> set[str]:
    """What the Service leads to and is ready."""
    slices = await world.list(ENDPOINT_SLICE, f"kubernetes.io/service-name={service}")
    found = (each for item in slices for each in item.get("endpoints") or ())
    return {address for each in found if each["conditions"].get("ready") for address in each["addresses"]}


async def watched(world: World, service: str, act: Callable[[], Any]) -> tuple[Any, list[set[str]]]:
    """What `act` gave, and every other set of addresses that the Service had meanwhile."""
    before, others = await addresses(world, service), []
    task = asyncio.ensure_future(act())
    while not task.done():
        now = await addresses(world, service)
        if now != before:
            others.append(now)
        await asyncio.sleep(0.02)
    return await task, others


async def is_of(world: World, resource: Resource, name: str, workload: Object) -> bool:
    obj = await world.get(resource, name)
    owner = controller_of(obj) if obj else None
    return owner is not None and owner["uid"] == workload["metadata"]["uid"]


async def replica_sets(world: World) -> set[str]:
    return {each["metadata"]["name"] for each in await world.list(builtin.REPLICA_SET)}


async def shop(world: World) -> None:
    """A Deployment with Service, autoscaler and budget, at rest."""
    await world.create(builtin.DEPLOYMENT, "web", spec=deployment())
    await world.create(builtin.SERVICE, "web", spec=SERVICE)
    await world.create(builtin.HORIZONTAL_POD_AUTOSCALER, "web", spec=AUTOSCALER)
    await world.create(builtin.POD_DISRUPTION_BUDGET, "web", spec=BUDGET)
    await running(world, builtin.DEPLOYMENT, "web", 3)

    async def served() -> bool:
        return len(await addresses(world, "web")) == 3

    await eventually(served, timeout=LONG, what="three endpoints of web")


async def test_deployment_is_taken_over_without_a_restart(world: World, operator: Operator) -> None:
    await shop(world)
    before, sets = await uids(world, "app=web"), await replica_sets(world)
    template = (await world.get(builtin.DEPLOYMENT, "web") or {})["spec"]["template"]

    done, others = await watched(world, "web", lambda: run(world, "deployment/web", "--apply"))
    assert done.code == 0, done.err
    assert "3 of 3 pods are the same as before." in done.err

    workload = await world.ready("web", timeout=LONG)
    for resource in (
        builtin.DEPLOYMENT,
        builtin.SERVICE,
        builtin.HORIZONTAL_POD_AUTOSCALER,
        builtin.POD_DISRUPTION_BUDGET,
    ):
        assert await is_of(world, resource, "web", workload), resource
    assert others == []
    assert await uids(world, "app=web") == before
    assert await replica_sets(world) == sets
    live = await world.get(builtin.DEPLOYMENT, "web") or {}
    assert live["spec"]["template"] == template
    assert live["spec"]["replicas"] == 3
    assert not live["spec"].get("paused")
    assert workload["status"]["selector"] == "app=web"
    await world.until(CONTAINER_WORKLOAD, "web", lambda obj: obj["status"].get("findings") == [], timeout=LONG)

    async def labelled() -> bool:
        return await uids(world, "app.kubernetes.io/managed-by=wharfinger,wharfinger.dev/workload=web") == before

    await eventually(labelled, timeout=LONG, what="labels on the pods that were there")

    # The document, kept in a repository and applied from there, changes nothing either: not even the first time, when
    # kubectl does not know yet what it applied before.
    for _ in range(2):
        await world.kubectl("apply", "-f", "-", stdin=done.out)
        now = await world.get(CONTAINER_WORKLOAD, "web") or {}
        assert now["metadata"]["generation"] == workload["metadata"]["generation"]


async def test_what_was_taken_over_is_looked_after(world: World, operator: Operator) -> None:
    await shop(world)
    assert (await run(world, "deploy/web", "--apply")).code == 0
    before = await uids(world, "app=web")

    # A pod that is made from the old template has none of our labels until the operator gives it some.
    victim = (await world.list(builtin.POD, "app=web"))[0]["metadata"]["name"]
    await world.delete(builtin.POD, victim)

    async def labelled() -> bool:
        now = await uids(world, "wharfinger.dev/workload=web")
        return len(now) == 3 and len(now & before) == 2

    await eventually(labelled, timeout=LONG, what="labels on the new pod")

    # Drift of the template is put right, by the pods that were there.
    drift = {"spec": {"template": {"metadata": {"annotations": {"example.com/owner": "thief"}}}}}
    await world.patch(builtin.DEPLOYMENT, "web", drift)

    def mended(live: Object) -> bool:
        return live["spec"]["template"]["metadata"]["annotations"]["example.com/owner"] == "shop"

    await world.until(builtin.DEPLOYMENT, "web", mended, timeout=LONG)
    await running(world, builtin.DEPLOYMENT, "web", 3)

    # A change rolls out, and its pods have all labels; the Service goes on leading to them.
    await world.patch(CONTAINER_WORKLOAD, "web", {"spec": {"image": "registry.example.com/nginx:2"}})
    workload = await world.ready("web", timeout=LONG)
    assert workload["status"]["rollout"]["runningRevision"] == 2
    live = await running(world, builtin.DEPLOYMENT, "web", 3)
    labels = live["spec"]["template"]["metadata"]["labels"]
    assert labels.items() >= {"app": "web", "tier": "front", "wharfinger.dev/workload": "web"}.items()
    assert live["spec"]["template"]["spec"]["containers"][0]["image"] == "registry.example.com/nginx:2"

    async def served() -> bool:
        return len(await addresses(world, "web")) == 3

    await eventually(served, timeout=LONG, what="three endpoints of web")

    # And back to what was found: the revision that has no labels of ours.
    patch = {"metadata": {"annotations": {"wharfinger.dev/rollback-to": "1"}}}
    await world.patch(CONTAINER_WORKLOAD, "web", patch)

    def back(obj: Object) -> bool:
        rollout = obj["status"].get("rollout", {})
        return rollout.get("state") == "RolledBack" and rollout.get("runningRevision") == 1

    await world.until(CONTAINER_WORKLOAD, "web", back, timeout=LONG)
    live = await running(world, builtin.DEPLOYMENT, "web", 3)
    assert live["spec"]["template"]["metadata"]["labels"] == {"app": "web", "tier": "front"}


async def test_without_apply_nothing_is_written(world: World) -> None:
    await world.create(builtin.DEPLOYMENT, "web", spec=deployment())
    await world.create(builtin.SERVICE, "web", spec=SERVICE)
    await running(world, builtin.DEPLOYMENT, "web", 3)
    before = [await world.get(resource, "web") for resource in (builtin.DEPLOYMENT, builtin.SERVICE)]
    for arguments in ([], ["--apply", "--dry-run"]):
        done = await run(world, "deployment/web", *arguments)
        assert done.code == 0, done.err
        assert "kind: ContainerWorkload" in done.out
        assert "Deployment/web" in done.err
        assert "nothing was written" in done.err.lower()
    now = [await world.get(resource, "web") for resource in (builtin.DEPLOYMENT, builtin.SERVICE)]
    assert [each["spec"] for each in now if each] == [each["spec"] for each in before if each]
    assert [each["metadata"].get("labels") for each in now if each] == [None, None]
    assert await world.get(CONTAINER_WORKLOAD, "web") is None


STATEFUL: Object = {
    "replicas": 2,
    "serviceName": "db",
    "selector": {"matchLabels": {"app.kubernetes.io/name": "db", "app.kubernetes.io/instance": "release"}},
    "template": {
        "metadata": {"labels": {"app.kubernetes.io/name": "db", "app.kubernetes.io/instance": "release"}},
        "spec": {
            "terminationGracePeriodSeconds": 10,
            "securityContext": {"fsGroup": 999},
            "containers": [
                {
                    "name": "postgres",
                    "image": "registry.example.com/postgres:17",
                    "ports": [{"containerPort": 5432, "name": "sql"}],
                    "volumeMounts": [{"name": "data", "mountPath": "/data", "subPath": "pg"}],
                }
            ],
        },
    },
    "volumeClaimTemplates": [
        {
            "metadata": {"name": "data", "labels": {"app": "db"}},
            "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
        }
    ],
}


async def test_statefulset_is_taken_over_without_a_restart(world: World, operator: Operator) -> None:
    selector = STATEFUL["selector"]["matchLabels"]
    headless = {"clusterIP": "None", "selector": selector, "ports": [{"name": "sql", "port": 5432}]}
    await world.create(builtin.SERVICE, "db", spec=headless)
    await world.create(builtin.STATEFUL_SET, "db", spec=STATEFUL)
    live = await running(world, builtin.STATEFUL_SET, "db", 2)
    revision = live["status"]["updateRevision"]
    chosen = ",".join(f"{name}={value}" for name, value in selector.items())
    before = await uids(world, chosen)

    done, others = await watched(world, "db", lambda: run(world, "sts/db", "--apply"))
    assert done.code == 0, done.err
    workload = await world.ready("db", timeout=LONG)
    assert others == []
    assert await is_of(world, builtin.STATEFUL_SET, "db", workload)
    assert await is_of(world, builtin.SERVICE, "db", workload)
    live = await running(world, builtin.STATEFUL_SET, "db", 2)
    assert live["status"]["updateRevision"] == live["status"]["currentRevision"] == revision
    assert live["spec"]["persistentVolumeClaimRetentionPolicy"] == {"whenDeleted": "Retain", "whenScaled": "Retain"}
    assert await uids(world, chosen) == before

    await world.patch(CONTAINER_WORKLOAD, "db", {"spec": {"image": "registry.example.com/postgres:18"}})
    workload = await world.ready("db", timeout=LONG)
    live = await running(world, builtin.STATEFUL_SET, "db", 2)
    assert live["spec"]["template"]["spec"]["containers"][0]["image"] == "registry.example.com/postgres:18"
    assert live["spec"]["template"]["metadata"]["labels"].items() >= selector.items()
    assert len(await uids(world, "wharfinger.dev/workload=db")) == 2


async def test_cronjob_is_taken_over(world: World, operator: Operator) -> None:
    template = {
        "metadata": {"labels": {"app": "report"}},
        "spec": {
            "restartPolicy": "OnFailure",
            "containers": [{"name": "run", "image": "registry.example.com/report:1"}],
        },
    }
    job = {"backoffLimit": 2, "template": template}
    await world.create(
        builtin.CRON_JOB,
        "report",
        spec={"schedule": "0 0 1 1 *", "timeZone": "Europe/Vienna", "jobTemplate": {"spec": job}},
    )
    before = await world.get(builtin.CRON_JOB, "report") or {}
    done = await run(world, "cj/report", "--apply")
    assert done.code == 0, done.err
    workload = await world.ready("report", timeout=LONG)
    assert await is_of(world, builtin.CRON_JOB, "report", workload)
    live = await world.get(builtin.CRON_JOB, "report") or {}
    assert live["metadata"]["uid"] == before["metadata"]["uid"]
    assert live["spec"]["timeZone"] == "Europe/Vienna"
    assert live["spec"]["concurrencyPolicy"] == "Allow"
    spec = live["spec"]["jobTemplate"]["spec"]
    assert spec["backoffLimit"] == 2
    assert spec["template"]["spec"] == before["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    assert spec["template"]["metadata"]["labels"]["app"] == "report"


# Refusals


async def test_what_somebody_controls_is_refused(world: World) -> None:
    config = await world.create(builtin.CONFIG_MAP, "owner", data={})
    await world.create(builtin.DEPLOYMENT, "web", spec=deployment())
    owner = {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": config["metadata"]["uid"]}
    await world.patch(builtin.DEPLOYMENT, "web", {"metadata": {"ownerReferences": [owner | {"controller": True}]}})
    await running(world, builtin.DEPLOYMENT, "web", 3)
    done = await run(world, "deployment/web", "--apply", "--force")
    assert done.code == 1
    assert "error  Deployment/web.metadata.ownerReferences: ConfigMap owner controls it" in done.err
    assert await world.get(CONTAINER_WORKLOAD, "web") is None


async def test_what_helm_looks_after_needs_force(world: World, operator: Operator) -> None:
    await world.create(builtin.DEPLOYMENT, "web", spec=deployment())
    patch = {"metadata": {"labels": {"app.kubernetes.io/managed-by": "Helm"}}}
    await world.patch(builtin.DEPLOYMENT, "web", patch)
    await running(world, builtin.DEPLOYMENT, "web", 3)
    before = await uids(world, "app=web")
    done = await run(world, "deployment/web", "--apply")
    assert done.code == 1
    assert "error  Deployment/web: Helm has it, and will write to it again" in done.err
    assert await world.get(CONTAINER_WORKLOAD, "web") is None
    done = await run(world, "deployment/web", "--apply", "--force")
    assert done.code == 0, done.err
    assert await uids(world, "app=web") == before


async def test_what_cannot_be_said_is_refused_and_named(world: World) -> None:
    """Two variables of one name: Kubernetes takes them, a list that is merged by name cannot."""
    spec = deployment()
    spec["template"]["spec"]["containers"][1]["env"] = [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]
    await world.create(builtin.DEPLOYMENT, "web", spec=spec)
    await running(world, builtin.DEPLOYMENT, "web", 3)
    done = await run(world, "deployment/web", "--apply")
    assert done.code == 1
    assert "containers[1].env" in done.err
    assert await world.get(CONTAINER_WORKLOAD, "web") is None


async def test_an_import_that_found_no_operator_is_finished_later(world: World) -> None:
    from tests.support.operators import running as operating

    await world.create(builtin.DEPLOYMENT, "web", spec=deployment())
    await running(world, builtin.DEPLOYMENT, "web", 3)
    before = await uids(world, "app=web")
    done = await run(world, "deployment/web", "--apply", "--timeout", "1")
    assert done.code == 1
    assert "no operator took the objects within 1 s" in done.err
    async with operating(world.kubeconfig, namespaces=(world.namespace,)):
        done = await run(world, "deployment/web", "--apply")
        assert done.code == 0, done.err
        await world.ready("web", timeout=LONG)
    assert await uids(world, "app=web") == before


async def test_bad_input_is_one_line(world: World) -> None:
    done = await run(world, "daemonset/web")
    assert (done.code, done.out) == (2, "")
    assert done.err == "wharfinger: daemonset/web: only a deployment, statefulset or cronjob can be imported\n"
    done = await run(world, "deployment/absent")
    assert (done.code, done.err) == (1, 'wharfinger: deployments.apps "absent" not found\n')
