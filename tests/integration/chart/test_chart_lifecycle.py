"""The chart in a cluster, by the real Helm: installed, upgraded, rolled back, removed, beside workloads that run.

An operator in this process looks after the workloads; the chart's own pods are simulated. What is shown is that nothing
that Helm does to the operator and to the CRDs disturbs a workload's pods.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.helm import CHART, CRD, NEW_FIELD, RELEASE, ROOT, Helm, previous_chart, spec_fields
from tests.support.operators import running
from tests.support.workloads import MODES, pods_of
from tests.support.world import World

from wharfinger.api.builtin import CUSTOM_RESOURCE_DEFINITION, DEPLOYMENT, POD
from wharfinger.api.kinds import CONTAINER_WORKLOAD
from wharfinger.api.resource import Object
from wharfinger.cluster import Cluster
from wharfinger.cluster.definitions import apply_definitions
from wharfinger.engine.errors import NotFound

pytestmark = pytest.mark.integration

SYSTEM = "wharfinger-system"

both = pytest.mark.parametrize("major", [4, 3], ids=["helm4", "helm3"])


async def crd(world: World) -> Object:
    """The workloads' CustomResourceDefinition as it is in the cluster."""
    return await world.client.get(CUSTOM_RESOURCE_DEFINITION, "", CRD)


async def replicas(world: World) -> tuple[int, int]:
    """Replicas of the operator: wanted, ready."""
    deployment = await world.get(DEPLOYMENT, RELEASE)
    assert deployment is not None
    return deployment["spec"]["replicas"], deployment["status"].get("readyReplicas", 0)


@asynccontextmanager
async def undisturbed(world: World, name: str = "web") -> AsyncIterator[None]:
    """Within, a workload runs; AssertionError where it, or a pod of it, is another one at the end."""
    async with running(world.kubeconfig, namespaces=(world.namespace,)) as operator:
        await world.workload(name, **MODES["service"])
        before = await world.ready(name)
        pods = await uids(world, name)
        assert len(pods) == before["spec"]["replicas"]
        yield
        await operator.wait_idle(60)
        after = await world.ready(name)
        assert await uids(world, name) == pods
        assert after["metadata"]["uid"] == before["metadata"]["uid"]
        assert after["status"]["rollout"] == before["status"]["rollout"]


async def uids(world: World, name: str) -> set[str]:
    return {pod["metadata"]["uid"] for pod in await pods_of(world, name)}


@both
async def test_from_install_to_removal_no_workload_is_disturbed(helm: Helm, world: World, tmp_path: Path) -> None:
    previous = previous_chart(tmp_path)
    await helm.install({}, chart=previous)
    assert NEW_FIELD not in spec_fields(await crd(world))
    async with undisturbed(world):
        await helm.upgrade({})
        assert NEW_FIELD in spec_fields(await crd(world))
        assert await replicas(world) == (2, 2)

        await helm.rollback(1)
        assert NEW_FIELD not in spec_fields(await crd(world))
        assert await replicas(world) == (1, 1)

        await helm.upgrade({"replicas": 3})
        await helm.upgrade({"crds": {"install": False}}, chart=previous)
        assert NEW_FIELD in spec_fields(await crd(world))
        assert await replicas(world) == (1, 1)

        await helm.uninstall()
        assert await world.get(DEPLOYMENT, RELEASE) is None
        assert NEW_FIELD in spec_fields(await crd(world))

        await helm.install({})  # the release of that name has the CRDs again
        assert await replicas(world) == (2, 2)


async def test_installation_by_kubectl_is_taken_over(by_kubectl: Helm, world: World) -> None:
    """All but its Deployment, whose selector differs and cannot be changed; without being told, Helm refuses."""
    assert "ownership" in await by_kubectl.refusal("install", RELEASE, CHART)
    async with undisturbed(world):
        await world.kubectl("-n", SYSTEM, "delete", f"deployment/{RELEASE}")
        await by_kubectl.install({}, "--take-ownership", "--force-conflicts")
    for obj in (await crd(world), await world.client.get(DEPLOYMENT, SYSTEM, RELEASE)):
        assert obj["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "Helm"


@pytest.fixture
async def by_kubectl(helm: Helm, world: World, wharfinger_cluster: Cluster) -> AsyncIterator[Helm]:
    """Helm in a namespace where `kubectl apply -k manifests` was run."""
    await asyncio.to_thread(apply_definitions, wharfinger_cluster.client(), [ROOT / "crds"])
    await world.kubectl("apply", "--server-side", "-n", SYSTEM, "-k", str(ROOT / "manifests"))
    helm = replace(helm, namespace=SYSTEM)
    yield helm
    await helm.uninstall()


async def test_crds_go_with_the_release_when_they_are_not_kept(helm: Helm, world: World) -> None:
    await helm.install({"crds": {"keep": False}})
    await helm.uninstall()
    with pytest.raises(NotFound):
        await crd(world)


async def test_helm_test(helm: Helm, world: World) -> None:
    """It fails where its pod fails; the pod is admitted under Pod Security `restricted`, and gone when all is well."""
    await helm.install({"test": {"podAnnotations": {"wharfinger.dev/simulate": "fail"}}})
    assert f"{RELEASE}-test" in await helm.refusal("test", RELEASE, "--timeout", "60s")
    await helm.upgrade({"test": {"podAnnotations": {"wharfinger.dev/simulate": "complete"}}})
    assert "Succeeded" in await helm("test", RELEASE, "--timeout", "60s")
    await world.gone(POD, f"{RELEASE}-test")


async def test_notes_tell_the_next_step_and_it_works(helm: Helm, world: World) -> None:
    notes = await helm.install({"watchNamespaces": [world.namespace]})
    _, _, rest = notes.partition("<<'END'\n")
    document, _, _ = rest.partition("  END\n")
    async with running(world.kubeconfig, namespaces=(world.namespace,)):
        await world.kubectl("apply", "-f", "-", stdin=document)
        await world.ready("web", timeout=60)
    assert f"helm -n {world.namespace} test {RELEASE}" in notes
    assert "IMAGE: image.repository is still" in notes
    assert await world.get(CONTAINER_WORKLOAD, "web") is not None


async def test_notes_warn_of_what_is_left_out(helm: Helm) -> None:
    values = {
        "crds": {"install": False},
        "rbac": {"create": False},
        "image": {"repository": "registry.example.com/wharfinger"},
    }
    notes = await helm.install(values)
    assert "CRDS: " in notes
    assert "RIGHTS: " in notes
    assert "IMAGE: " not in notes
