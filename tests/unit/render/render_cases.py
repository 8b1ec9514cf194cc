"""Documents to render, read from golden/input, and workloads made from a short form."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from wharfinger import render
from wharfinger.api.containerworkload import ContainerWorkloadSpec, Workload

GOLDEN = Path(__file__).parent / "golden"
DEFAULT_OPTIONS = {"http_route": False, "paused": False, "revision": 1}


@dataclass(frozen=True, kw_only=True)
class Case:
    """A document and the options that it is rendered with; `replicas` is the spec's if the options do not say."""

    name: str
    workload: Workload
    options: render.Options

    @property
    def golden(self) -> Path:
        return GOLDEN / "output" / f"{self.name}.yaml"

    def rendered(self) -> list[dict[str, Any]]:
        """Everything: the files, then the objects."""
        template = render.template(self.workload)
        around = render.objects(self.workload, template, options=self.options)
        return [*render.file_maps(self.workload, template), *around, *self._tasks(template)]

    def _tasks(self, template: render.Template) -> list[dict[str, Any]]:
        """Mode tasks: one of its Pods."""
        block = render.tasks_block(self.workload)
        if block is None:
            return []
        place = {"node": "worker-1.example.com"} if block.per_node else {"slot": 3}
        task = render.TaskIdentity(id="abcdefgh", iteration=2, cause="update", **place)
        return [render.task_pod(self.workload, template, task, render.Placed())]


def workload(spec: dict[str, Any], *, name: str = "web", **metadata: dict[str, str]) -> Workload:
    return Workload(
        name=name,
        namespace="shop",
        spec=ContainerWorkloadSpec.model_validate(spec),
        labels=metadata.get("labels", {}),
        annotations=metadata.get("annotations", {}),
    )


def cases() -> list[Case]:
    return [_case(path) for path in sorted((GOLDEN / "input").glob("*.yaml"))]


def _case(path: Path) -> Case:
    document, *rest = list(yaml.safe_load_all(path.read_text()))
    metadata = dict(document["metadata"])
    found = workload(
        document["spec"],
        name=metadata["name"],
        labels=metadata.get("labels", {}),
        annotations=metadata.get("annotations", {}),
    )
    given = {"replicas": found.spec.replicas, **DEFAULT_OPTIONS, **(rest[0]["options"] if rest else {})}
    return Case(name=path.stem, workload=found, options=render.Options(**given))
