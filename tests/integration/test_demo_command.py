"""The demo as a user runs it, on a simulated node: it passes, says so, and leaves nothing behind."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from wharfinger.cluster import Cluster
from wharfinger.cluster.build import build
from wharfinger.cluster.process import identify, is_alive
from wharfinger.cluster.supervisor import wait_until

pytestmark = pytest.mark.integration


def demo(name: str, log: Path) -> "subprocess.Popen[bytes]":
    build()  # takes minutes the first time, which is no part of what is tested here
    command = [sys.executable, "-m", "wharfinger", "demo", "--node", "simulated", "--name", name]
    with log.open("wb") as file:
        return subprocess.Popen(command, stdout=file, stderr=file, stdin=subprocess.DEVNULL)


@pytest.fixture
def name() -> str:
    return f"pytest-demo-{os.getpid()}"


def operator_of(log: str) -> int:
    found = re.search(r"operator: process (\d+)", log)
    assert found, log
    return int(found[1])


def assert_tasks_are_shown(log: str) -> None:
    """Services by Swarm's and ECS's rules, a job, a global service; updates that fail, in Swarm's words and ECS's."""
    for name in ("stack", "stack-web", "orders", "ecs-web", "batch", "everywhere"):
        assert f"$ wharfinger tasks -n wharfinger-demo {name}\n" in log
    assert len(re.findall(r" batch\.\d .* Complete ", log)) == 4
    assert re.search(r"\\_ stack\.\d .* Rejected .* ImagePullBackOff", log)
    assert "updating → rollback_started → rollback_completed in " in log
    assert "updating → completed in " in log
    assert re.search(
        r"ecs-svc/2 IN_PROGRESS → FAILED, ecs-svc/3 IN_PROGRESS → COMPLETED in .*; 2 of 3 tasks ran on", log
    )
    assert " ecs-svc/2   ACTIVE    FAILED         ECS deployment circuit breaker: tasks failed to start." in log
    assert "ECS deployment circuit breaker: rolling back to deploymentId ecs-svc/3." in log


@pytest.mark.timeout(600)
def test_every_step_passes_and_nothing_is_left(name: str, tmp_path: Path) -> None:
    log = tmp_path / "demo.log"
    process = demo(name, log)
    try:
        code = process.wait(500)
    finally:
        process.kill()
        Cluster(name).down()
    text = log.read_text()
    assert code == 0, text
    assert "\x1b" not in text
    assert len(re.findall(r"^.* passed  .*$", text, re.MULTILINE)) == 10
    assert not re.search(r"^   FAILED", text, re.MULTILINE)
    assert_tasks_are_shown(text)
    how_to_go_on = text.split("== How to go on")[1]
    assert "make demo KEEP=1" in how_to_go_on
    assert "kubectl apply --server-side -k manifests" in how_to_go_on
    assert not Cluster(name).exists
    assert identify(operator_of(text)) is None


@pytest.mark.timeout(300)
def test_ctrl_c_takes_everything_down(name: str, tmp_path: Path) -> None:
    log = tmp_path / "demo.log"
    process = demo(name, log)
    try:
        assert wait_until(lambda: "Everything becomes Ready" in log.read_text(), timeout=120), log.read_text()
        operator = identify(operator_of(log.read_text()))
        process.send_signal(signal.SIGINT)
        assert process.wait(120) == 130, log.read_text()
        assert operator is None or not is_alive(operator)
        assert not Cluster(name).root.exists()
    finally:
        process.kill()
        Cluster(name).down()
