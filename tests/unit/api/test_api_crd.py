"""The published CRDs are those of the models, structural, and small enough for every client."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from wharfinger.api import crd
from wharfinger.api.customresource import definition
from wharfinger.api.kinds import CONTAINER_WORKLOAD_KIND, KINDS
from wharfinger.api.resource import Object

ROOT = Path(__file__).parents[3]
LAST_APPLIED_LIMIT = 256 * 1024


def _nodes(schema: Object, path: str = "") -> Iterator[tuple[str, Object]]:
    yield path, schema
    for name, child in schema.get("properties", {}).items():
        yield from _nodes(child, f"{path}.{name}")
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            yield from _nodes(schema[key], f"{path}[]")


def _schema() -> Object:
    version: Object = definition(CONTAINER_WORKLOAD_KIND)["spec"]["versions"][0]
    root: Object = version["schema"]["openAPIV3Schema"]
    return root


@pytest.mark.parametrize("folder", crd.FOLDERS, ids=str)
def test_crds_are_not_stale(folder: Path) -> None:
    assert crd.stale(ROOT / folder) == []


@pytest.mark.parametrize("folder", crd.FOLDERS, ids=str)
def test_folder_holds_nothing_else(folder: Path) -> None:
    assert {path.name for path in (ROOT / folder).glob("*.yaml")} == set(crd.files())


def test_check_looks_at_every_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fresh, missing = tmp_path / "fresh", tmp_path / "missing"
    assert crd.main([str(fresh)]) == 0
    assert crd.main(["--check", str(fresh), str(missing)]) == 1
    assert str(missing) in capsys.readouterr().err


def test_check_names_what_is_stale(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert crd.main([str(tmp_path)]) == 0
    assert crd.main(["--check", str(tmp_path)]) == 0
    name = next(iter(crd.files()))
    (tmp_path / name).write_text("old")
    assert crd.main(["--check", str(tmp_path)]) == 1
    assert name in capsys.readouterr().err


def test_missing_file_is_stale(tmp_path: Path) -> None:
    assert crd.stale(tmp_path) == list(crd.files())


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.resource.kind)
def test_file_is_the_definition(kind: Any) -> None:
    assert yaml.safe_load(crd.text(kind)) == json.loads(json.dumps(definition(kind)))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.resource.kind)
def test_fits_the_annotation_of_client_side_apply(kind: Any) -> None:
    assert len(json.dumps(definition(kind))) < LAST_APPLIED_LIMIT // 2


def test_every_node_has_a_type() -> None:
    free = ("x-kubernetes-int-or-string", "x-kubernetes-preserve-unknown-fields")
    untyped = [path for path, node in _nodes(_schema()) if "type" not in node and not any(key in node for key in free)]
    assert untyped == []


def test_every_field_of_ours_is_described() -> None:
    spec = _schema()["properties"]["spec"]
    bare = [path for path, node in _nodes(spec) if not node.get("description") and not path.endswith("[]")]
    assert bare == []


def test_keys_of_list_maps_are_required() -> None:
    for path, node in _nodes(_schema()):
        for key in node.get("x-kubernetes-list-map-keys", ()):
            items = node["items"]
            assert key in items["required"] or "default" in items["properties"][key], path


def test_own_lists_and_maps_are_bounded() -> None:
    """CEL's cost is estimated from the bounds, and an unbounded list is an unbounded object in etcd."""
    spec = _schema()["properties"]["spec"]["properties"]
    lists = [(name, node) for name, node in spec.items() if node.get("type") == "array"]
    assert lists
    assert [name for name, node in lists if "maxItems" not in node] == []


@pytest.mark.parametrize(
    "path",
    [
        "spec.env",
        "spec.ports",
        "spec.files",
        "spec.storage",
        "spec.imagePullSecrets",
        "status.conditions",
    ],
)
def test_lists_with_identity_merge(path: str) -> None:
    node = _schema()
    for part in path.split("."):
        node = node["properties"][part]
    assert node["x-kubernetes-list-type"] == "map"


def test_borrowed_types_are_described_in_a_sentence() -> None:
    env = _schema()["properties"]["spec"]["properties"]["env"]["items"]
    assert env["description"] == "EnvVar represents an environment variable present in a Container."
