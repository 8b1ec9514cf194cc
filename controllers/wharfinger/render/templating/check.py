"""Templates that cannot be filled in, found before any task starts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from wharfinger.api.containerworkload import Workload
from wharfinger.api.findings import Path, error_at, text
from wharfinger.api.resource import Object
from wharfinger.api.status import Finding
from wharfinger.api.tasks import TasksBlock
from wharfinger.placement.node import Node
from wharfinger.render.templating.grammar import TemplateError
from wharfinger.render.templating.language import Known
from wharfinger.render.templating.podspec import is_template, texts, tried
from wharfinger.render.templating.values import has_templates, values


def template_findings(workload: Workload, block: TasksBlock, nodes: Iterable[Node] | None) -> Iterator[Finding]:
    """An error finding for each template that would fail, with its path in the document.

    `nodes` are those that tasks may run on, None where they are not watched: a platform is known by them only.
    """
    if not has_templates(block):
        return
    written = [(place, each) for place, each in _texts(workload) if is_template(each)]
    if not written:
        return
    known = _known(workload, block, nodes)
    for place, each in written:
        try:
            tried(place, each, known)
        except TemplateError as error:
            yield error_at(text("spec", place), "InvalidTemplate", str(error))


def unfilled(spec: Object, workload: Workload, block: TasksBlock, nodes: Iterable[Node] | None) -> str:
    """Why a revision's PodSpec cannot be filled in with what the workload has now; empty where it can be."""
    written = [(place, each) for place, each in texts(spec) if is_template(each)] if has_templates(block) else []
    known = _known(workload, block, nodes) if written else {}
    for place, each in written:
        try:
            tried(place, each, known)
        except TemplateError as error:
            return str(error)
    return ""


def _known(workload: Workload, block: TasksBlock, nodes: Iterable[Node] | None) -> Known:
    """What a task will know. By node all of its node is known, whichever it is."""
    if not block.per_node:
        return values(workload, block, task="task", slot=1, node=None, nodes=nodes).known
    some = Node(name="node", os="linux", arch="amd64", labels={})
    return values(workload, block, task="task", slot=None, node=some.name, nodes=(some,)).known


def _texts(workload: Workload) -> Iterator[tuple[Path, Any]]:
    """All that may be a template in the document: what it says short, and its partial PodSpec."""
    spec = workload.spec
    for index, variable in enumerate(spec.env):
        yield ("env", index, "value"), variable.get("value")
    for index, storage in enumerate(spec.storage):
        yield ("storage", index, "path"), storage.path
        yield ("storage", index, "subPath"), storage.sub_path
    for place, each in texts(spec.pod or {}):
        yield ("pod", *place), each
