"""The operator's image at work on a real node: installed as an administrator does, two replicas, one of them killed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
import yaml
from tests.support.containers import web
from tests.support.image.installation import SYSTEM, Installation, by_helm, helm_test, refused
from tests.support.image.lock import version
from tests.support.waiting import eventually
from tests.support.workloads import runner
from tests.support.world import World

from wharfinger.api.builtin import DEPLOYMENT

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def operators(
    kubeconfig: Path, crds: None, pushed_image: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    """The operator of this source tree, for the whole cluster, by the chart. Both replicas are ready."""
    with by_helm(kubeconfig, pushed_image, tmp_path_factory.mktemp("helm")) as installation:
        installation.wait_ready()
        yield installation


def test_helm_test_passes(operators: Installation, tmp_path: Path) -> None:
    """It runs in the same image."""
    assert "Succeeded" in helm_test(operators.kubeconfig, tmp_path)


def test_both_replicas_run_restricted(operators: Installation) -> None:
    """The namespace lets nothing else in. Nothing is asked of the image that needs more."""
    labels = operators.get(f"namespace/{SYSTEM}")["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
    assert operators.get("deployment/wharfinger")["status"]["readyReplicas"] == 2
    pods = operators.pods()
    assert len(pods) == 2
    assert [pod["status"]["containerStatuses"][0]["restartCount"] for pod in pods] == [0, 0]
    assert all(pod["spec"]["containers"][0]["securityContext"]["readOnlyRootFilesystem"] for pod in pods)


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


COMPOSE = """
services:
  web:
    image: "registry.example.com/shop/web:${TAG}"
    restart: always
    ports: ["80:8080"]
"""

RESIDENT = """
import json, pathlib, re
from wharfinger.cli.converting.program import program
from wharfinger.compose.parser import Parser, Source

def status(pid):
    return dict(re.findall(r"^(\\w+):\\s+(\\d+)", pathlib.Path(f"/proc/{pid}/status").read_text(), re.MULTILINE))

services = "".join(f"  s{each}: {{image: web:1, ports: ['{8000 + each}:80']}}\\n" for each in range(100))
parser = Parser(program(), timeout=60)
answer = parser.parse(Source(documents=["c.yaml"], files={"c.yaml": "services:\\n" + services}, name="shop"))
found = status(parser._process.pid)
print(json.dumps({"program": str(program()), "services": len(answer.project["services"]), **found}))
"""


def test_it_converts_compose_files(operators: Installation) -> None:
    """The parser is there, and runs as the operator does: as nobody, with Kubernetes' own list of system calls."""
    script = (
        "import pathlib, subprocess, sys; pathlib.Path('/tmp/shop').mkdir(exist_ok=True); "
        f"pathlib.Path('/tmp/shop/compose.yaml').write_text({COMPOSE!r}); "
        "sys.exit(subprocess.call(['wharfinger', 'convert', '/tmp/shop/compose.yaml', '--env', 'TAG=1.4']))"
    )
    found = list(yaml.safe_load_all(operators.run(min(operators.names()), "python", "-c", script)))
    (workload,) = [each for each in found if each["kind"] == "ContainerWorkload"]
    assert workload["spec"]["image"] == "registry.example.com/shop/web:1.4"
    assert {each["metadata"]["name"] for each in found if each["kind"] == "Service"} == {"web", "web-published"}


def test_the_parser_that_stays_is_confined_and_small(operators: Installation) -> None:
    """docs/operations.md says how much memory it takes; the chart's limit has room for all that it may take."""
    found = json.loads(operators.run(min(operators.names()), "python", "-c", RESIDENT))
    assert (found["program"], found["services"]) == ("/opt/wharfinger/bin/wharfinger-compose", 100)
    assert (found["Uid"], found["NoNewPrivs"], found["Seccomp"], found["CapEff"].strip("0")) == ("65532", "1", "2", "")
    assert int(found["VmRSS"]) < 64 * 1024


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


async def test_the_rights_of_the_chart_are_enough(operators: Installation, world: World) -> None:
    """By the service account that is mounted; no request was refused, to the leader or to the other."""
    await world.workload("web", **web())
    await world.ready("web", timeout=120)
    samples = [each for pod in operators.names() for each in operators.metrics(pod)]
    assert sum(each.value for each in samples if each.name == "wharfinger_leader") == 1
    assert sum(each.value for each in samples if each.name == "wharfinger_workloads") >= 1
    assert refused(samples) == []


async def test_its_logs_are_json(operators: Installation) -> None:
    for pod in await asyncio.to_thread(operators.names):
        lines = (await asyncio.to_thread(operators.kubectl, "logs", pod)).splitlines()
        records = [json.loads(line) for line in lines]
        assert records
        assert all({"time", "level", "logger", "message"} <= record.keys() for record in records)


async def _leader(operators: Installation) -> str:
    return await eventually(partial(asyncio.to_thread, operators.leader), timeout=60, what="a leader")
