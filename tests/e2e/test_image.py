"""The operator's image at work on a real node: installed as an administrator does, two replicas, one of them killed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from functools import partial

import pytest
from prometheus_client.samples import Sample
from tests.support.containers import web
from tests.support.image.build import Built
from tests.support.image.installation import SYSTEM, Installation, installed
from tests.support.image.lock import version
from tests.support.waiting import eventually
from tests.support.workloads import runner
from tests.support.world import World

from wharfinger.api.builtin import DEPLOYMENT
from wharfinger.cluster import Cluster, images
from wharfinger.cluster.nodes.real.config import registry_url

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

REPOSITORY = "shop/wharfinger"


@pytest.fixture(scope="module")
def operators(
    wharfinger_cluster: Cluster, crds: None, operator_image: Built, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    """The operator of this source tree, from its image, for the whole cluster. Both replicas are ready."""
    pushed = images.push_layout(
        operator_image.layout, registry=registry_url(wharfinger_cluster.layout), repository=REPOSITORY, tag=version()
    )
    assert pushed.startswith("sha256:")
    image = f"registry.example.com/{REPOSITORY}:{version()}"
    with installed(wharfinger_cluster.kubeconfig, image, tmp_path_factory.mktemp("overlay")) as installation:
        installation.wait_ready()
        yield installation


def test_both_replicas_run_restricted(operators: Installation) -> None:
    """The namespace lets nothing else in. Nothing is asked of the image that needs more."""
    labels = operators.get(f"namespace/{SYSTEM}")["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
    assert operators.get("deployment/wharfinger")["status"]["readyReplicas"] == 2
    pods = operators.pods()
    assert len(pods) == 2
    assert [pod["status"]["containerStatuses"][0]["restartCount"] for pod in pods] == [0, 0]


def test_its_file_system_is_read_only(operators: Installation) -> None:
    """But for the volume at /tmp; and it runs as nobody."""
    script = (
        "import os, tempfile; tempfile.TemporaryFile(); "
        "print(os.getuid(), os.getgid(), *(bool(os.statvfs(path).f_flag & os.ST_RDONLY) for path in ('/', '/tmp')))"
    )
    assert operators.run(min(operators.names()), "python", "-c", script).split() == ["65532", "65532", "True", "False"]


def test_every_module_can_be_imported(operators: Installation) -> None:
    """With the packages of the lock only, and of those what the image kept. The pytest plugin is for pytest."""
    script = (
        "import importlib, pkgutil, wharfinger; "
        "found = [each.name for each in pkgutil.walk_packages(wharfinger.__path__, 'wharfinger.')]; "
        "[importlib.import_module(name) for name in found if not name.endswith(('__main__', 'pytest_plugin'))]; "
        "print(len(found))"
    )
    assert int(operators.run(min(operators.names()), "python", "-c", script)) > 100
    assert operators.run(min(operators.names()), "wharfinger", "version", "--short").strip() == version()


async def test_another_replica_takes_over_from_one_that_is_killed(operators: Installation, world: World) -> None:
    """It gave nothing back: its Lease must run out. What is deleted meanwhile is made again."""
    await world.workload("web", **web())
    await world.ready("web", timeout=120)
    before = await runner(world, "web", "service")
    leader = await _leader(operators)
    await asyncio.to_thread(operators.kill, leader)
    await world.delete(DEPLOYMENT, "web")

    async def taken_over() -> bool:
        return await _leader(operators) != leader

    await eventually(taken_over, timeout=120, what="another leader")
    assert await _leader(operators) in await asyncio.to_thread(operators.names)
    await world.until(DEPLOYMENT, "web", lambda seen: seen["metadata"]["uid"] != before["metadata"]["uid"], timeout=120)
    await world.ready("web", timeout=120)
    await asyncio.to_thread(operators.wait_ready)


async def test_the_rights_of_the_manifests_are_enough(operators: Installation, world: World) -> None:
    """By the service account that is mounted; no request was refused, to the leader or to the other."""
    await world.workload("web", **web())
    await world.ready("web", timeout=120)
    samples = await _metrics(operators)
    leaders = [each for each in samples if each.name == "wharfinger_leader" and each.value == 1]
    requests = [each for each in samples if each.name == "wharfinger_api_requests_total" and each.value]
    assert len(leaders) == 1
    assert {"apply", "watch"} <= {each.labels["verb"] for each in requests}
    assert [each.labels for each in requests if each.labels["code"] in {"401", "403"}] == []


async def test_its_logs_are_json(operators: Installation) -> None:
    for pod in await asyncio.to_thread(operators.names):
        lines = (await asyncio.to_thread(operators.kubectl, "logs", pod)).splitlines()
        records = [json.loads(line) for line in lines]
        assert records
        assert all({"time", "level", "logger", "message"} <= record.keys() for record in records)


async def _leader(operators: Installation) -> str:
    return await eventually(partial(asyncio.to_thread, operators.leader), timeout=60, what="a leader")


async def _metrics(operators: Installation) -> list[Sample]:
    return [each for pod in operators.names() for each in await asyncio.to_thread(operators.metrics, pod)]
