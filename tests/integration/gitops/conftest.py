"""Fixtures of the GitOps tests: the engines of the tools, and every state of a workload, brought about once."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from tests.integration.gitops.states import Lived, live
from tests.support.verdicts import program


def pytest_collection_finish(session: pytest.Session) -> None:
    """When a test needs the engines: build them now, since the first time takes longer than a test may."""
    needed = any("engines" in getattr(item, "fixturenames", ()) for item in session.items)
    if session.config.option.collectonly or not needed:
        return
    capture = session.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled() if capture else contextlib.nullcontext():
        program()


@pytest.fixture(scope="session")
def engines() -> Path:
    """The program with the engines."""
    return program()


@pytest.fixture(scope="session")
def lived(kubeconfig: Path, crds: None) -> dict[str, Lived]:
    """Every state, as a live operator brought it about."""
    return live(kubeconfig)
