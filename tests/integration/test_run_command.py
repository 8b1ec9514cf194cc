"""``wharfinger run`` as a process: what it says when it cannot do its work."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

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
