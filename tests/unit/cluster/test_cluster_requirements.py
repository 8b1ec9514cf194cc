"""Debian packages are installed while others install as well: each waits for the other's locks."""

import fcntl
import shutil
import threading
import time
from pathlib import Path

import pytest

from wharfinger.cluster.nodes.real import requirements

pytestmark = pytest.mark.skipif(shutil.which("apt-get") is None, reason="not a Debian")

HELD = 1.5
"""Seconds."""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The real apt-get, on directories of the test's own."""
    for directory in ("lists/partial", "archives/partial", "dpkg"):
        (tmp_path / directory).mkdir(parents=True)
    (tmp_path / "dpkg/status").touch()
    (tmp_path / "apt.conf").write_text(
        f'Dir::State "{tmp_path}"; Dir::State::status "{tmp_path}/dpkg/status"; Dir::Cache "{tmp_path}";\n'
        'Dir::Etc::sourcelist "/dev/null"; Dir::Etc::sourceparts "/dev/null"; APT::Sandbox::User "";\n'
    )
    monkeypatch.setenv("APT_CONFIG", str(tmp_path / "apt.conf"))
    monkeypatch.setattr(requirements, "_LOCK_POLL", 0.1)
    return tmp_path


@pytest.mark.parametrize(("lock", "command"), [("lists/lock", "update"), ("dpkg/lock-frontend", "install")])
def test_a_lock_that_another_holds_is_waited_for(root: Path, lock: str, command: str) -> None:
    with (root / lock).open("w") as file:
        fcntl.lockf(file, fcntl.LOCK_EX)
        threading.Timer(HELD, fcntl.lockf, (file, fcntl.LOCK_UN)).start()
        started = time.monotonic()
        result = requirements.apt_get(command)
    assert result.returncode == 0, result.stderr
    assert time.monotonic() - started >= HELD


def test_another_failure_is_not_waited_for(root: Path) -> None:
    result = requirements.apt_get("install", "--yes", "no-such-package")
    assert "Unable to locate package" in result.stderr
