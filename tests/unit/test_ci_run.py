"""What CI runs gives a failure a second look, and names it first: a test that fails now and then must not go unseen."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / ".ci/run"


def program(path: Path, body: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


def run(checkout: Path) -> "subprocess.CompletedProcess[str]":
    """Run it in a checkout whose `make test` fails, and whose second look passes."""
    (checkout / ".ci").mkdir()
    shutil.copy(SCRIPT, checkout / ".ci")
    program(checkout / "bin/make", "exit 1")
    program(checkout / ".venv/bin/pytest", "echo second look")
    (checkout / ".venv/bin/python").symlink_to(sys.executable)
    environment = {**os.environ, "PATH": f"{checkout}/bin:{os.environ['PATH']}"}
    return subprocess.run(
        [checkout / ".ci/run"], capture_output=True, text=True, check=False, env=environment, timeout=60
    )


def test_what_failed_is_named_before_the_second_look(tmp_path: Path) -> None:
    cache = tmp_path / ".pytest_cache/v/cache"
    cache.mkdir(parents=True)
    (cache / "lastfailed").write_text(json.dumps({"tests/a.py::test_b[c d]": True, "tests/a.py::test_e": True}))
    ran = run(tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.splitlines()[-3:] == ["  tests/a.py::test_b[c d]", "  tests/a.py::test_e", "second look"]


def test_a_failure_before_any_test_is_final(tmp_path: Path) -> None:
    assert run(tmp_path).returncode == 1
