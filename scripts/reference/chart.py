"""The page of the chart's values, from its schema and its defaults."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from scripts.reference.markdown import code, page, prose, table
from scripts.reference.schema import bounds

from wharfinger.api.resource import Object

CHART = Path(__file__).parents[2] / "helm/wharfinger"
_LONG = 40
"""Characters of a default that a table can show."""
_BORROWED = frozenset({"requests", "nodeAffinity"})
"""Properties of Kubernetes' own types: such an object is one value, and no group of ours."""


def values_page() -> str:
    """Every value with its type, default and bounds."""
    schema = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
    defaults = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
    rows = [_row(path, node, _default(defaults, path)) for path, node in values(schema)]
    return page(
        "Helm values",
        "Every value of the chart, as its schema checks it; a name that is not here is refused. Installing and "
        "upgrading are told in [Helm](../helm.md).",
        table(("value", "type", "default", "meaning"), rows),
    )


def values(schema: Object, path: str = "") -> Iterator[tuple[str, Object]]:
    """Each value by its path; Helm's own `global` is none."""
    for name, node in schema["properties"].items():
        if "properties" in node and not _BORROWED & node["properties"].keys():
            yield from values(node, f"{path}{name}.")
        elif name != "global":
            yield f"{path}{name}", node


def _row(path: str, node: Object, default: str) -> tuple[str, str, str, str]:
    shown = default if len(default) <= _LONG else ""
    told = " ".join([prose(node["description"]), *bounds(node)])
    return code(path), _type(node), code(shown) or "see `values.yaml`", told


def _type(node: Object) -> str:
    """In words; what says only which values there are is a string."""
    kinds = [each["type"] for each in (*node.get("anyOf", ()), *node.get("oneOf", ()), node) if "type" in each]
    return " or ".join("list" if kind == "array" else kind for kind in kinds) or "string"


def _default(defaults: Any, path: str) -> str:
    for part in path.split("."):
        defaults = defaults[part]
    return json.dumps(defaults)
