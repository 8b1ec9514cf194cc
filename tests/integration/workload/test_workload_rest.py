"""A workload that is well is left in peace: nothing is written, and the metrics say how many there are."""

from __future__ import annotations

import pytest
from tests.support.waiting import eventually, never
from tests.support.workloads import HTTP, MODES, V1, of_workload
from tests.support.world import World

from wharfinger.api.builtin import (
    CONFIG_MAP,
    CONTROLLER_REVISION,
    CRON_JOB,
    DAEMON_SET,
    DEPLOYMENT,
    HORIZONTAL_POD_AUTOSCALER,
    INGRESS,
    NETWORK_POLICY,
    PERSISTENT_VOLUME_CLAIM,
    POD_DISRUPTION_BUDGET,
    SERVICE,
    SERVICE_ACCOUNT,
    STATEFUL_SET,
)
from wharfinger.api.kinds import CONTAINER_WORKLOAD
from wharfinger.api.resource import Object
from wharfinger.engine.operator import Operator

pytestmark = pytest.mark.integration

WRITES = frozenset({"create", "apply", "patch", "replace", "delete"})

PODS: Object = {
    "command": ["/bin/web"],
    "args": ["--listen=:8080"],
    "env": [{"name": "LOG_LEVEL", "value": "info"}, {"name": "EMPTY", "value": ""}],
    "envFrom": [{"configMapRef": {"name": "theme", "optional": True}}],
    "resources": {"requests": {"cpu": "0.1", "memory": "128Mi"}, "limits": {"cpu": 1, "memory": "0.25Gi"}},
    "healthCheck": {"httpGet": {"path": "/healthz", "port": 8080}, "onUnhealthy": "restart"},
    "files": [{"path": "/etc/web/config", "content": "<a & b>\n"}],
    "storage": [{"name": "data", "path": "/data", "size": "1024Mi"}],
    "serviceAccount": {"create": True},
    "security": {"readOnlyRootFilesystem": True},
    "terminationGracePeriod": "45s",
    "pod": {
        "tolerations": [{"key": "spot", "operator": "Exists"}],
        "containers": [{"name": "proxy", "image": V1, "ports": [{"containerPort": 15000}]}],
        "volumes": [{"name": "scratch", "emptyDir": {"sizeLimit": "64Mi"}}],
    },
}
"""Values that the API server writes otherwise than people do: quantities, empty strings, numbers, defaults."""

SERVED: Object = {
    "ports": [HTTP, {"name": "dns", "containerPort": 53, "protocol": "UDP"}],
    "service": {"type": "LoadBalancer", "externalTrafficPolicy": "Local"},
    "route": {"hosts": ["shop.example.com"], "tls": {"secretName": "shop-tls"}},
    "network": {
        "ingress": [{"fromWorkloads": ["gateway"], "ports": [{"port": "http"}]}],
        "egress": [{"dns": True}, {"toCidrs": [{"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}]}],
    },
}
SCALED: Object = {
    "autoscale": {
        "minReplicas": 2,
        "maxReplicas": 5,
        "metrics": [{"resource": "memory", "averageValue": "0.5Gi"}],
        "behavior": {"scaleDown": {"stabilizationWindowSeconds": 60}},
    },
    "disruption": {"maxUnavailable": "25%"},
    "rollout": {"minReady": "1s", "maxUnavailable": 1},
}
WHOLE: dict[str, Object] = {
    "service": {**MODES["service"], **PODS, **SERVED, **SCALED},
    "stateful": {**MODES["stateful"], **PODS, **SERVED, **SCALED},
    "daemon": {**MODES["daemon"], **PODS, **SERVED},
    "cron": {**MODES["cron"], **PODS, "job": {"completions": 2, "backoffLimit": 1, "ttlAfterFinished": "60s"}},
    "pod": {**MODES["pod"], **PODS, **SERVED},
}
"""A workload of each mode with everything that it takes."""

MADE = (
    CONFIG_MAP,
    CONTROLLER_REVISION,
    CRON_JOB,
    DAEMON_SET,
    DEPLOYMENT,
    HORIZONTAL_POD_AUTOSCALER,
    INGRESS,
    NETWORK_POLICY,
    PERSISTENT_VOLUME_CLAIM,
    POD_DISRUPTION_BUDGET,
    SERVICE,
    SERVICE_ACCOUNT,
    STATEFUL_SET,
)


def writes(operator: Operator) -> float:
    """Requests that change something, Events and Leases aside."""
    return sum(
        sample.value
        for metric in operator.metrics.registry.collect()
        for sample in metric.samples
        if sample.name == "wharfinger_api_requests_total"
        and sample.labels["verb"] in WRITES
        and not sample.labels["resource"].startswith("events")
    )


async def made(world: World) -> dict[str, str]:
    """What was written of the objects that belong to the workload, by kind and name."""
    found = {}
    for resource in MADE:
        for obj in await world.list(resource, of_workload("web")):
            metadata = obj["metadata"]
            written = [metadata.get("generation"), metadata["labels"], metadata.get("annotations"), obj.get("data")]
            found[f"{resource.kind} {metadata['name']}"] = str(written)
    return found


@pytest.mark.parametrize("mode", WHOLE)
async def test_one_that_is_well_is_left_in_peace(world: World, operator: Operator, mode: str) -> None:
    """Were anything rendered otherwise than the API server stores it, it would be put right for ever."""
    await world.workload("web", **WHOLE[mode])
    await world.ready("web", timeout=60)
    await operator.wait_idle()
    before, sent = await made(world), writes(operator)
    assert len(before) >= 4
    assert sent >= len(before), "the test counts nothing"

    async def busy() -> bool:
        return writes(operator) > sent

    await never(busy, during=1.5, what="an operator at rest writes")
    repairs = operator.metrics.registry.collect()
    assert not any(
        sample.value
        for metric in repairs
        for sample in metric.samples
        if sample.name == "wharfinger_drift_repairs_total"
    ), "its own objects looked changed to it"
    await world.patch(CONTAINER_WORKLOAD, "web", {"metadata": {"annotations": {"example.com/touched": "yes"}}})
    await operator.wait_idle()
    assert await made(world) == before


async def test_one_that_fails_is_left_in_peace_too(world: World, operator: Operator) -> None:
    await world.workload("web", image=V1, pod={"nodeSelector": {"example.com/gpu": "yes"}})
    await world.until(CONTAINER_WORKLOAD, "web", lambda found: found["status"].get("problems"))
    await operator.wait_idle()
    sent = writes(operator)

    async def busy() -> bool:
        return writes(operator) > sent

    await never(busy, during=2.0, what="an operator that waits writes")


async def test_counters_are_there_before_they_count(operator: Operator) -> None:
    """Prometheus sees no increase in a series that begins at 1: the first rollback would go unnoticed."""
    for name, labels in (
        ("rollbacks_total", {"kind": "ContainerWorkload"}),
        ("reconciles_total", {"kind": "ContainerWorkload", "result": "error"}),
        ("drift_repairs_total", {"resource": "deployments.apps"}),
        ("watch_restarts_total", {"resource": "pods", "reason": "error"}),
        ("events_dropped_total", {"reason": "rate"}),
    ):
        assert operator.metrics.registry.get_sample_value(f"wharfinger_{name}", labels) == 0.0, name


async def test_metrics_count_workloads_by_state(world: World, operator: Operator) -> None:
    def counted(state: str) -> float:
        labels = {"kind": "ContainerWorkload", "workload_namespace": world.namespace, "state": state}
        return operator.metrics.registry.get_sample_value("wharfinger_workloads", labels) or 0.0

    async def states(ready: float, stalled: float) -> bool:
        return (counted("ready"), counted("stalled"), counted("reconciling")) == (ready, stalled, 0.0)

    await world.workload("good", image=V1)
    await world.workload("bad", image=V1, pod={"containerz": []})
    await world.ready("good")
    await world.stalled("bad")
    await eventually(lambda: states(1, 1), what="one ready, one stalled")
    named = {"kind": "ContainerWorkload", "workload_namespace": world.namespace, "workload": "bad"}
    stalled = "wharfinger_workload_stalled"
    assert operator.metrics.registry.get_sample_value(stalled, named | {"reason": "InvalidSpec"}) == 1
    await world.workload("bad", image=V1)
    await world.ready("bad")
    await eventually(lambda: states(2, 0), what="both ready")
    await world.delete(CONTAINER_WORKLOAD, "bad")
    await eventually(lambda: states(1, 0), what="one is gone")
    assert f"{stalled}{{" not in operator.metrics.text().decode()
