"""What an operator is asked to do while it is broken: each is short, and writes a lot."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.support.workloads import HTTP, V1, V2
from tests.support.world import is_true

from wharfinger.api.resource import Object

NAME = "web"

CRASH = {"wharfinger.dev/simulate": "crash-loop"}
"""Annotation of pods that a simulated node lets crash."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A change of the spec, and how the workload stands once it is done."""

    before: Object | None = None
    """Ready before anything is broken; None: there is nothing yet."""
    after: Object
    ends: Callable[[Object], bool]

    def __repr__(self) -> str:
        return next(name for name, each in SCENARIOS.items() if each is self)


def rolled_back(workload: Object) -> bool:
    """Whether the last good revision runs again, and the status says so."""
    return is_true("Stalled", reason="RolledBack")(workload)


READY = is_true("Ready")

_PLAIN: Object = {"image": V1, "replicas": 2, "rollout": {"restartLimit": 1, "progressDeadline": "30s"}}
_FULL: Object = {
    **_PLAIN,
    "ports": [HTTP],
    "files": [{"path": "/etc/web/config", "content": "one"}],
    "serviceAccount": {"create": True},
    "network": {"ingress": [{"fromWorkloads": ["gateway"]}]},
    "route": {"hosts": ["web.example.com"]},
    "disruption": {"maxUnavailable": 1},
}
_STATEFUL: Object = {**_PLAIN, "mode": "stateful", "ports": [HTTP]}

SCENARIOS = {
    "create": Scenario(after=_FULL, ends=READY),
    "update": Scenario(
        before=_FULL,
        after={**_FULL, "image": V2, "files": [{"path": "/etc/web/config", "content": "two"}]},
        ends=READY,
    ),
    "rollback": Scenario(before=_FULL, after={**_FULL, "image": V2, "podAnnotations": CRASH}, ends=rolled_back),
    "blocks-off": Scenario(before=_FULL, after={**_PLAIN, "replicas": 1}, ends=READY),
    "autoscale-on": Scenario(
        before=_PLAIN, after={**_PLAIN, "autoscale": {"minReplicas": 2, "maxReplicas": 4}}, ends=READY
    ),
    "stateful-rollback": Scenario(
        before=_STATEFUL, after={**_STATEFUL, "image": V2, "podAnnotations": CRASH}, ends=rolled_back
    ),
    "pod-update": Scenario(before={"mode": "pod", "image": V1}, after={"mode": "pod", "image": V2}, ends=READY),
    "job-again": Scenario(before={"mode": "job", "image": V1}, after={"mode": "job", "image": V2}, ends=READY),
}
