"""Merging a cluster into the user's kubeconfig, and taking it out again."""

from pathlib import Path

import pytest
import yaml

from wharfinger.cluster.errors import ClusterError
from wharfinger.cluster.kubeconfig import merge, merge_into, remove_from, unmerge, user_kubeconfig


def config(name: str, server: str = "https://a") -> dict[str, object]:
    """A kubeconfig of one cluster."""
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": {"server": server}}],
        "users": [{"name": name, "user": {}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "current-context": name,
    }


def test_merge_keeps_what_was_there_and_makes_ours_current() -> None:
    present = {**config("work"), "preferences": {"colors": True}}
    merged = merge(present, config("ours"))
    assert [entry["name"] for entry in merged["contexts"]] == ["work", "ours"]
    assert merged["current-context"] == "ours"
    assert merged["preferences"] == {"colors": True}


def test_merge_replaces_by_name() -> None:
    merged = merge(config("ours", "https://old"), config("ours", "https://new"))
    assert merged["clusters"] == [{"name": "ours", "cluster": {"server": "https://new"}}]


def test_unmerge_undoes_merge() -> None:
    present = config("work")
    undone = unmerge(merge(present, config("ours")), config("ours"))
    assert undone == {**present, "current-context": ""}


def test_unmerge_leaves_another_current_context() -> None:
    merged = {**merge(config("work"), config("ours")), "current-context": "work"}
    assert unmerge(merged, config("ours")) == config("work")


def test_merged_file_is_for_its_owner_only(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "new/config"
    source.write_text(yaml.safe_dump(config("ours")))
    merge_into(target, source)
    assert yaml.safe_load(target.read_text()) == config("ours")
    assert target.stat().st_mode & 0o777 == 0o600


def test_removing_what_is_not_there_does_not_touch_the_file(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "config"
    source.write_text(yaml.safe_dump(config("ours")))
    target.write_text("# mine\n" + yaml.safe_dump(config("work")))
    remove_from(target, source)
    assert target.read_text().startswith("# mine\n")


def test_file_that_is_no_kubeconfig_is_refused(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "config"
    source.write_text(yaml.safe_dump(config("ours")))
    target.write_text("just text")
    with pytest.raises(ClusterError, match="no kubeconfig"):
        merge_into(target, source)
    assert target.read_text() == "just text"


def test_first_file_of_the_variable_is_the_users(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", "/a/config:/b/config")
    assert user_kubeconfig() == Path("/a/config")
