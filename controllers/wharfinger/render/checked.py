"""The last check before rendering: a workload that passes can be rendered, whatever its `spec.pod` says."""

from __future__ import annotations

from wharfinger.api.containerworkload import Workload
from wharfinger.api.parse import InvalidSpec
from wharfinger.render.pod_checks import validate


def checked(workload: Workload) -> Workload:
    """The workload itself. Raises `InvalidSpec` where `spec.pod` is no partial PodSpec, or none that its mode can run.

    Apart from `template`, since it costs more than rendering does, and need be asked only once for each generation.
    """
    pod = workload.spec.pod
    problems = validate(pod, mode=workload.spec.mode) if pod else []
    if problems:
        raise InvalidSpec(tuple(problems))
    return workload
