"""Mode ``pod``: one bare Pod."""

from __future__ import annotations

from wharfinger.api.builtin import POD
from wharfinger.api.containerworkload import Workload
from wharfinger.api.resource import Object
from wharfinger.render.options import Options
from wharfinger.render.rolling import workload_object
from wharfinger.render.template import Template


def pod(workload: Workload, running: Template, options: Options) -> Object:
    """The Pod. Almost nothing of it can be changed in place: another revision is another Pod of the same name."""
    made = workload_object(POD, workload, workload.name, running, options)
    meta = made["metadata"]
    meta["labels"] = meta["labels"] | running.pod["metadata"]["labels"]
    meta["annotations"] = meta["annotations"] | running.pod["metadata"].get("annotations", {})
    return made | {"spec": running.pod["spec"]}
