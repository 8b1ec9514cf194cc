"""What `helm test` runs, against the real server of probes and metrics."""

from __future__ import annotations

import asyncio
import importlib.util
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from types import ModuleType

import pytest

from wharfinger.engine.metrics import Metrics
from wharfinger.engine.probes import ProbeServer

SCRIPT = Path(__file__).parents[3] / "helm/wharfinger/files/answers.py"
HOST = "127.0.0.1"


@pytest.fixture
def answers() -> ModuleType:
    """The script as a module."""
    spec = importlib.util.spec_from_file_location("answers", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Replica:
    """A replica's server; a test changes what it says."""

    def __init__(self) -> None:
        self.metrics = Metrics()
        self.unready = ""
        self.server = ProbeServer(self.metrics, healthy=lambda: "", ready=lambda: self.unready)


@pytest.fixture
async def replica() -> Replica:
    """One that holds no Lease; not started."""
    replica = Replica()
    replica.metrics.leader.labels("wharfinger").set(0)
    return replica


@pytest.fixture
async def port(replica: Replica) -> AsyncIterator[int]:
    """Where it listens."""
    yield await replica.server.start(HOST, 0)
    await replica.server.stop()


async def test_leader_that_is_ready_is_well(replica: Replica, port: int) -> None:
    """As the pod runs it: a program, with arguments."""
    replica.metrics.leader.labels("wharfinger").set(1)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", SCRIPT.read_text(), HOST, str(port), "1"), stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    assert (process.returncode, out) == (0, b"1 replicas are ready, 1 of 1 Leases are held\n")


async def test_nobody_leads(answers: ModuleType, port: int) -> None:
    wrong, _ = await asyncio.to_thread(answers.look, HOST, port, 1)
    assert wrong == "1 replicas are ready, 0 of 1 Leases are held"


async def test_not_ready(answers: ModuleType, replica: Replica, port: int) -> None:
    replica.unready = "not yet read: pods"
    with pytest.raises(OSError, match="503"):
        await asyncio.to_thread(answers.look, HOST, port, 1)


async def test_gives_up_and_says_why(
    answers: ModuleType, port: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(answers, "PATIENCE", 0.0)
    assert await asyncio.to_thread(answers.main, HOST, port, 3) == 1
    assert "0 of 3 Leases" in capsys.readouterr().err


def test_no_such_service(
    answers: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(answers, "PATIENCE", 0.0)
    assert answers.main("nowhere.invalid", 8080, 1) == 1
    assert "nowhere.invalid:8080" in capsys.readouterr().err
