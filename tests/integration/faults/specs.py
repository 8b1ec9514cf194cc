"""Specs of workloads, drawn at random but sensible: any of them can become Ready, and follow any other."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn
from tests.support.workloads import HTTP, V1, V2

from wharfinger.api.resource import Object

_CONFIG = "/etc/web/config"

BLOCKS: dict[str, list[Object | list[Object] | str | int | None]] = {
    "image": [V1, V2],
    "replicas": [0, 1, 3],
    "env": [None, [{"name": "A", "value": "1"}], [{"name": "B", "value": "2"}, {"name": "A", "value": ""}]],
    "resources": [None, {"requests": {"cpu": "0.1", "memory": "64Mi"}}, {"limits": {"memory": "1024Mi"}}],
    "healthCheck": [
        None,
        {"httpGet": {"path": "/healthz", "port": 8080}, "onUnhealthy": "restart"},
        {"exec": {"command": ["/bin/true"]}, "interval": "3s"},
    ],
    "files": [
        None,
        [{"path": _CONFIG, "content": "one"}],
        [{"path": _CONFIG, "content": "two", "mode": 0o400}, {"path": "/etc/other", "content": "one"}],
    ],
    "service": [None, {"enabled": False}, {"type": "NodePort", "annotations": {"a": "b"}}],
    "route": [None, {"hosts": ["web.example.com"]}, {"paths": [{"path": "/x", "pathType": "Exact"}]}],
    "autoscale": [None, None, {"minReplicas": 2, "maxReplicas": 4}],
    "disruption": [None, {"enabled": False}, {"minAvailable": 1}],
    "network": [None, {"ingress": []}, {"ingress": [{"fromWorkloads": ["x"]}], "egress": [{"dns": True}]}],
    "serviceAccount": [None, {"create": True}, {"create": True, "annotations": {"role": "web"}}],
    "spread": [None, {"enabled": False}, {"strict": True}],
    "security": [None, {"restricted": False}, {"readOnlyRootFilesystem": True}],
    "terminationGracePeriod": [None, "5s"],
    "podLabels": [None, {"team": "shop"}],
    "pod": [
        None,
        {"priorityClassName": "system-node-critical", "containers": [{"name": "web", "tty": True}]},
        {"containers": [{"name": "proxy", "image": "registry.example.com/proxy:2"}]},
    ],
}
"""What each block may say; None: it is left out."""

BAD: dict[str, Object] = {
    "a pod field that does not exist": {"pod": {"containers": [{"name": "web", "imagee": "x"}]}},
    "a port that the API server refuses": {"ports": [{**HTTP, "nodePort": 1}], "service": {"type": "NodePort"}},
    "an image that crashes": {"image": "registry.example.com/simulate-crash-loop:1", "replicas": 1},
    "requests above the limits": {
        "resources": {"requests": {"memory": "2Gi"}, "limits": {"memory": "1Gi"}},
        "replicas": 2,
    },
}
"""What takes a workload away from Ready, or is refused by the API server at once."""


@st.composite
def specs(draw: DrawFn) -> Object:
    """A spec of mode ``service``."""
    drawn = {name: draw(st.sampled_from(choices)) for name, choices in BLOCKS.items()}
    spec = {name: value for name, value in drawn.items() if value is not None}
    return {**spec, "ports": [HTTP], "rollout": {"progressDeadline": "60s"}}


@st.composite
def journeys(draw: DrawFn) -> list[Object]:
    """Specs one after the other, bad ones among them; the last one is good."""
    way = draw(st.lists(specs(), min_size=1, max_size=3))
    bad = draw(st.sampled_from([None, *BAD.values()]))
    if bad is not None:
        way.append({**way[-1], **bad})
    return [*way, draw(specs())]
