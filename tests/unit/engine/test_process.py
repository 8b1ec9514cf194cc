"""The operator's process, as far as it comes without an API server."""

from __future__ import annotations

import getpass
from pathlib import Path

import pytest

from wharfinger.engine.operator import Settings, run_operator


@pytest.mark.filterwarnings("ignore:coroutine 'authenticator'")  # kopf's own, of a start that fails
def test_it_runs_as_a_user_whom_the_machine_does_not_know(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A container's user has no entry in /etc/passwd. All that fails here is the connection, in one line."""

    def unknown() -> str:
        raise KeyError("getpwuid(): uid not found: 65532")

    monkeypatch.setattr(getpass, "getuser", unknown)
    with pytest.raises(SystemExit) as ended:
        run_operator(Settings(kubeconfig=tmp_path / "missing", metrics_port=None), [])
    assert ended.value.code == 1
