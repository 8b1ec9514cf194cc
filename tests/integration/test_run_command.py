"""``wharfinger run`` as a process: what it says when it cannot do its work."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

pytestmark = pytest.mark.integration


def run(kubeconfig: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "wharfinger", "run", "--kubeconfig", str(kubeconfig), "--metrics-port", "0"]
    return subprocess.run([*command, *options], capture_output=True, text=True, check=False, timeout=120)


@pytest.mark.parametrize("shards", ["1", "2"])
def test_without_the_namespace_of_the_lease_it_ends_and_says_what_to_do(kubeconfig: Path, shards: str) -> None:
    ended = run(kubeconfig, "--lease-namespace", "nowhere", "--shards", shards)
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    (error,) = [line for line in ended.stderr.splitlines() if " INFO " not in line]
    assert "there is no namespace nowhere for the Lease: create it, or give --lease-namespace" in error


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM])
def test_it_can_be_stopped_while_it_starts(tmp_path: Path, told: signal.Signals) -> None:
    """The API server takes the connection and does not answer: the start hangs."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        server = f"http://127.0.0.1:{silent.getsockname()[1]}"
        kubeconfig = tmp_path / "kubeconfig"
        kubeconfig.write_text(_kubeconfig(server))
        command = [sys.executable, "-m", "wharfinger", "run", "--kubeconfig", str(kubeconfig), "--metrics-port", "0"]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
            silent.settimeout(60)
            connection, _ = silent.accept()
            process.send_signal(told)
            _, said = process.communicate(timeout=60)
            connection.close()
    assert process.returncode == 0
    assert "Traceback" not in said
    assert " ERROR " not in said


def _kubeconfig(server: str) -> str:
    return yaml.safe_dump(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "it",
            "clusters": [{"name": "it", "cluster": {"server": server}}],
            "users": [{"name": "it", "user": {}}],
            "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}],
        }
    )
