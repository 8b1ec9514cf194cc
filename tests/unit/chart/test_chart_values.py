"""The chart's values are told in four places, and agree: the schema, the comments, the defaults, docs/helm.md."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[3]
CHART = ROOT / "helm/wharfinger"
SCHEMA = json.loads((CHART / "values.schema.json").read_text())
VALUES = yaml.safe_load((CHART / "values.yaml").read_text())
UNSET = object()


def leaves(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every value by its path: objects with named properties are ways to values, all else is one."""
    for name, node in schema["properties"].items():
        if name == "global":  # Helm's own
            continue
        if is_group(node):
            yield from leaves(node, f"{path}{name}.")
        else:
            yield f"{path}{name}", node


def is_group(node: dict[str, Any]) -> bool:
    """Whether its properties are values of ours; those of Kubernetes' own types are not."""
    borrowed = {"requests", "nodeAffinity"}
    return "properties" in node and not borrowed & node["properties"].keys()


def default(path: str) -> Any:
    """The value in values.yaml; UNSET where there is none."""
    found: Any = VALUES
    for part in path.split("."):
        if part not in found:
            return UNSET
        found = found[part]
    return found


def comments() -> dict[str, str]:
    """The comment right above each key of values.yaml, by the key's path."""
    found: dict[str, str] = {}
    above: list[str] = []
    path: list[str] = []
    for line in (CHART / "values.yaml").read_text().splitlines():
        if comment := re.match(r" *# (.*)$", line):
            above.append(comment[1])
            continue
        if key := re.match(r"( *)([A-Za-z]\w*):", line):
            path = [*path[: len(key[1]) // 2], key[2]]
            found[".".join(path)] = " ".join(above)
        above = []
    return found


LEAVES = dict(leaves(SCHEMA))


def test_every_value_has_a_default_and_every_default_a_schema() -> None:
    assert [path for path in LEAVES if default(path) is UNSET] == []
    described = {*LEAVES, *(path.rpartition(".")[0] for path in LEAVES)}
    groups = {".".join(path.split(".")[:depth]) for path in LEAVES for depth in range(1, path.count(".") + 1)}
    keys = [path for path in comments() if not any(path.startswith(f"{leaf}.") for leaf in LEAVES)]
    assert [path for path in keys if path not in described | groups] == []


def test_comments_are_the_descriptions() -> None:
    assert {path: comments()[path] for path in LEAVES} == {path: node["description"] for path, node in LEAVES.items()}


def test_only_known_names_are_taken() -> None:
    def open_groups(node: dict[str, Any], path: str) -> Iterator[str]:
        if "properties" in node and is_group(node):
            if node.get("additionalProperties") is not False:
                yield path
            for name, child in node["properties"].items():
                yield from open_groups(child, f"{path}.{name}")

    assert list(open_groups(SCHEMA, "")) == []


def test_docs_have_them_as_a_table() -> None:
    """A row each: name, default, what it is for."""
    rows = set((ROOT / "docs/helm.md").read_text().splitlines())
    missing = [row for row in map(row_of, LEAVES) if row not in rows]
    assert missing == [], "docs/helm.md lacks these rows:\n" + "\n".join(missing)


def row_of(path: str) -> str:
    value = default(path)
    long = len(json.dumps(value)) > 40
    return f"| `{path}` | {'see values.yaml' if long else f'`{json.dumps(value)}`'} | {LEAVES[path]['description']} |"


def test_versions_are_the_packages() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    kustomization = yaml.safe_load((ROOT / "manifests/base/kustomization.yaml").read_text())
    assert chart["version"] == chart["appVersion"] == version("wharfinger")
    assert kustomization["images"][0]["newTag"] == version("wharfinger")
