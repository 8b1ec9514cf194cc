"""A shell completes the names of workloads: of the namespace that the line names, and those not there yet."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest
from tests.support.workloads import V1
from tests.support.world import World

pytestmark = pytest.mark.integration

PROGRAM = "import sys; sys.argv[0] = 'wharfinger'; from wharfinger.cli.main import main; main()"


async def completed(*words: str) -> list[str]:
    """What bash is offered in the place of the last word."""
    asked = {"_WHARFINGER_COMPLETE": "complete_bash", "COMP_WORDS": " ".join(words), "COMP_CWORD": str(len(words) - 1)}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PROGRAM), stdout=asyncio.subprocess.PIPE, env={**os.environ, **asked}
    )
    out, _ = await asyncio.wait_for(process.communicate(), 60)
    return out.decode().split()


async def test_names_are_completed_from_the_cluster(world: World) -> None:
    for name in ("web", "worker", "db"):
        await world.workload(name, image=V1)
    where = ("--kubeconfig", str(world.kubeconfig), "-n", world.namespace)
    assert await completed("wharfinger", "status", *where, "w") == ["web", "worker"]
    assert await completed("wharfinger", "restart", *where, "web", "w") == ["worker"]
    assert await completed("wharfinger", "logs", *where, "x") == []


async def test_kubectl_completes_the_plugin(world: World) -> None:
    """kubectl finds kubectl_complete-wharfinger on the PATH, beside the plugin."""
    process = await asyncio.create_subprocess_exec(
        *("kubectl", "__complete", "wharfinger", "stat"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
    )
    out, _ = await asyncio.wait_for(process.communicate(), 60)
    assert out.decode().splitlines() == ["status", ":4"]
