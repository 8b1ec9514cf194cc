"""The bench itself works: a small run of all of it. At this size figures say nothing of speed; none is asserted."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import pytest

_TIMEOUT = 420


@pytest.mark.integration
@pytest.mark.timeout(_TIMEOUT + 10)
async def test_a_small_run_measures_every_figure(tmp_path: Path) -> None:
    output = tmp_path / "figures.json"
    command = [sys.executable, "-m", "tests.bench", "--n", "3", "--repetitions", "1", "--idle-seconds", "2"]
    child = await asyncio.create_subprocess_exec(
        *command, "--output", str(output), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await asyncio.wait_for(child.communicate(), _TIMEOUT)
    assert child.returncode == 0, said.decode()

    figures = json.loads(output.read_text())["figures"]
    assert {figure["name"][0] for figure in figures} == set("abcdefghij")
    counted = {figure["name"]: figure["value"] for figure in figures}
    assert counted["e: restart, writes"] == 0
    assert counted["f: idle, requests in 2 s but watches and the Lease"] == 0
    assert counted["j: ten Stacks, writes a service"] > counted["j: no Stack, writes a service"], "a Stack has a status"
    assert counted["d: writes a workload"] >= 6, "five children and a status at least"
