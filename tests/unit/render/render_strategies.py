"""Hypothesis strategies: specs as a user could write them, of every mode and every mixture of blocks."""

from __future__ import annotations

from typing import Any

from hypothesis import reject
from hypothesis import strategies as st
from pydantic import ValidationError
from render_cases import workload

from wharfinger.api.containerworkload import Workload

LABELS = st.from_regex(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?", fullmatch=True)
SHORT = st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True)
DURATIONS = st.sampled_from(["0s", "500ms", "1s", "10s", "1m30s", "2h"])
LIMITS = st.sampled_from([0, 1, 3, "0%", "25%", "100%"])
USER_LABELS = st.dictionaries(st.sampled_from(["team", "app.kubernetes.io/name", "example.com/x"]), SHORT, max_size=3)


def _block(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """A block with any of its fields."""
    return st.fixed_dictionaries({}, optional=fields)


def _named(values: st.SearchStrategy[dict[str, Any]], names: st.SearchStrategy[str], key: str, most: int) -> Any:
    """A list of at most `most` items, each under its own name."""
    pairs = st.dictionaries(names, values, max_size=most)
    return pairs.map(lambda found: [{key: name, **value} for name, value in found.items()])


PORTS = _named(
    st.fixed_dictionaries(
        {"containerPort": st.integers(1, 65535)},
        optional={
            "servicePort": st.integers(1, 65535),
            "protocol": st.sampled_from(["TCP", "UDP"]),
            "hostPort": st.integers(1, 65535),
        },
    ),
    SHORT,
    "name",
    4,
)
CHECKS = _block(
    interval=DURATIONS,
    timeout=DURATIONS,
    retries=st.integers(1, 5),
    startPeriod=DURATIONS,
    startInterval=DURATIONS,
    onUnhealthy=st.sampled_from(["unready", "restart"]),
    enabled=st.booleans(),
).map(lambda check: {**check, "tcpSocket": {"port": 80}})
SOURCES = st.one_of(
    st.text(max_size=20).map(lambda text: {"content": text}),
    SHORT.map(lambda name: {"secretRef": {"name": name}}),
    SHORT.map(lambda name: {"configMapRef": {"name": name, "key": "k"}}),
)
FILES = _named(SOURCES, st.from_regex(r"/[a-zA-Z0-9_./-]{1,40}", fullmatch=True), "path", 4)
STORAGE = _named(
    st.fixed_dictionaries(
        {"path": SHORT.map(lambda name: f"/{name}"), "size": st.sampled_from(["1Gi", "500M"])},
        optional={"retain": st.booleans(), "accessModes": st.sampled_from([["ReadWriteOnce"], ["ReadWriteMany"]])},
    ),
    SHORT,
    "name",
    3,
)
OVERLAYS = _block(
    containers=st.lists(st.sampled_from(["web", "proxy", "agent"]), unique=True, max_size=3).map(
        lambda names: [{"name": name, "image": "sidecar:1"} for name in names]
    ),
    terminationGracePeriodSeconds=st.integers(0, 60),
    nodeSelector=USER_LABELS,
)
COMMON: dict[str, st.SearchStrategy[Any]] = {
    "args": st.lists(st.text(max_size=5), max_size=3),
    "env": _named(st.just({"value": "x"}), SHORT, "name", 3),
    "ports": PORTS,
    "healthCheck": CHECKS,
    "files": FILES,
    "storage": STORAGE,
    "service": _block(enabled=st.booleans(), type=st.sampled_from(["ClusterIP", "Headless", "NodePort"])),
    "network": _block(ingress=st.just([{}]), egress=st.just([{"dns": True}]), enabled=st.booleans()),
    "serviceAccount": _block(create=st.booleans(), automountToken=st.booleans()),
    "rollout": _block(minReady=DURATIONS, maxSurge=LIMITS, maxUnavailable=LIMITS),
    "security": _block(restricted=st.booleans(), runAsNonRoot=st.booleans(), readOnlyRootFilesystem=st.booleans()),
    "spread": _block(enabled=st.booleans(), strict=st.booleans()),
    "disruption": _block(enabled=st.booleans(), maxUnavailable=LIMITS),
    "terminationGracePeriod": DURATIONS,
    "podLabels": USER_LABELS,
    "podAnnotations": USER_LABELS,
    "pod": OVERLAYS,
    "containerName": st.sampled_from(["web", "app"]),
}
SELECTOR = st.sampled_from([{"app": "web"}, {"app.kubernetes.io/instance": "other", "team": "a"}])
BY_MODE: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "service": {
        "replicas": st.integers(0, 5),
        "autoscale": st.just({"maxReplicas": 3}),
        "selector": SELECTOR,
    },
    "stateful": {
        "replicas": st.integers(0, 5),
        "autoscale": st.just({"minReplicas": 2, "maxReplicas": 3}),
        "selector": SELECTOR,
        "stateful": _block(serviceName=st.just("db"), podManagementPolicy=st.just("OrderedReady")),
    },
    "daemon": {"selector": SELECTOR},
    "job": {"job": _block(completions=st.integers(1, 5), suspend=st.booleans())},
    "cron": {"cron": st.just({"schedule": "@daily"})},
    "pod": {},
}
NEEDED = {"cron": {"cron": {"schedule": "@daily"}}}


def specs() -> st.SearchStrategy[dict[str, Any]]:
    return st.sampled_from(sorted(BY_MODE)).flatmap(
        lambda mode: st.fixed_dictionaries({}, optional=COMMON | BY_MODE[mode]).map(
            lambda spec: {"image": "web:1", "mode": mode} | NEEDED.get(mode, {}) | spec
        )
    )


@st.composite
def workloads(draw: st.DrawFn) -> Workload:
    """Workloads that the API takes."""
    spec, name, labels = draw(specs()), draw(LABELS), draw(USER_LABELS)
    try:
        return workload(spec, name=name, labels=labels)
    except ValidationError:
        reject()
