"""Where the cache and the state are."""

from pathlib import Path

import pytest

from wharfinger.cluster.paths import cache_dir, clusters_dir, state_dir


def test_own_variable_wins_over_xdg(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHARFINGER_CACHE", "/own/cache")
    monkeypatch.setenv("XDG_CACHE_HOME", "/xdg")
    assert cache_dir() == Path("/own/cache")


def test_xdg_directory_gets_a_directory_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WHARFINGER_STATE", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", "/xdg")
    assert clusters_dir() == Path("/xdg/wharfinger/clusters")


def test_home_without_any_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WHARFINGER_STATE", raising=False)
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.setenv("HOME", "/home/me")
    assert state_dir() == Path("/home/me/.local/state/wharfinger")
