"""A page for each kind: every field of its CustomResourceDefinition."""

from __future__ import annotations

import re

from scripts.reference.markdown import code, page, prose, table
from scripts.reference.schema import Block, Field, blocks, bounds, default_of, type_of, within

from wharfinger.api.customresource import CustomResource, definition
from wharfinger.api.resource import Object

_ENVELOPE = ("apiVersion", "kind", "metadata")
"""Fields of every Kubernetes object; what is said of them is Kubernetes' own to say."""


def kind_page(kind: CustomResource) -> str:
    """The reference of one kind."""
    schema = schema_of(kind)
    spec, status = (blocks(schema["properties"][part], part) for part in ("spec", "status"))
    return page(
        kind.resource.kind,
        f"{kind.description} `apiVersion: {kind.resource.group}/{kind.resource.version}`, "
        f"{'namespaced' if kind.resource.namespaced else 'of the whole cluster'}; for short: "
        f"{', '.join(code(name) for name in kind.short_names)}.",
        f"The same, on a cluster: `kubectl explain {kind.resource.plural} --recursive`.",
        _rules(schema),
        "## Columns\n\nWhat `kubectl get` shows:",
        table(("column", "meaning", "shown"), _columns(kind)),
        *(_section(block) for block in spec),
        *(_section(block) for block in status),
    )


def schema_of(kind: CustomResource) -> Object:
    """The schema of a kind's documents, without what every Kubernetes object has."""
    root: Object = definition(kind)["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    kept = {name: node for name, node in root["properties"].items() if name not in _ENVELOPE}
    return root | {"properties": kept}


def anchor(path: str) -> str:
    """Of the heading of a block, by the rule that code hosts and the site share."""
    return re.sub(r"[^a-z0-9_ -]", "", path.lower())


def _columns(kind: CustomResource) -> list[tuple[str, str, str]]:
    return [(column.name, prose(column.description), "`-o wide`" if column.priority else "") for column in kind.columns]


def _section(block: Block) -> str:
    heading = "#" * min(2 + block.path.count("."), 4)  # the site lists two levels beside the page
    description = prose(block.schema.get("description", ""))
    fields = table(("field", "type", "default", "meaning"), map(_row, block.fields))
    parts = (f"{heading} `{block.path}`", description, fields.rstrip(), _rules(block.schema))
    return "\n\n".join(filter(None, parts))


def _row(field: Field) -> tuple[str, str, str, str]:
    inner, place = within(field.schema, field.path)
    shape = type_of(field.schema)
    linked = f"[{shape}](#{anchor(place)})" if "properties" in inner else shape
    told = prose(field.schema.get("description", ""))
    return code(field.name), linked, default_of(field), " ".join([told, *bounds(field.schema)]).strip()


def _rules(schema: Object) -> str:
    """What must hold for the block as a whole."""
    rules = schema.get("x-kubernetes-validations", ())
    return "\n".join(["Rules:\n", *(f"- {prose(rule['message'])}" for rule in rules)]) if rules else ""
