"""What cannot be done is refused with a path and a way out; what runs goes on running, and a mended spec recovers."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.waiting import never
from tests.support.workloads import HTTP, MODES, V1, V2, image_of, told
from tests.support.world import World, condition

from wharfinger.api.builtin import DEPLOYMENT, INGRESS
from wharfinger.api.kinds import CONTAINER_WORKLOAD
from wharfinger.api.resource import Object
from wharfinger.engine.errors import ApiError
from wharfinger.engine.operator import Operator

pytestmark = pytest.mark.integration

INVALID_PODS: dict[str, tuple[Object, str]] = {
    "unknown field": ({"containers": [{"name": "web", "resorces": {}}]}, "spec.pod.containers[0].resorces"),
    "unknown field at the top": ({"nodeSelektor": {}}, "spec.pod.nodeSelektor"),
    "wrong type": ({"terminationGracePeriodSeconds": "soon"}, "spec.pod.terminationGracePeriodSeconds"),
    "container without a name": ({"containers": [{"image": V1}]}, "spec.pod.containers[0]"),
}
REFUSED_AT_APPLY: dict[str, tuple[Object, str]] = {
    "cron without a schedule": ({"mode": "cron", "image": V1}, "mode cron needs the block cron"),
    "replicas of a daemon": ({"mode": "daemon", "image": V1, "replicas": 3}, "replicas counts in the modes"),
    "route without a port": ({"image": V1, "route": {"hosts": ["a.example.com"]}}, "route needs a port"),
    "two kinds of check": (
        {"image": V1, "healthCheck": {"httpGet": {"port": 1}, "tcpSocket": {"port": 1}}},
        "exactly one of httpGet",
    ),
    "autoscale upside down": ({"image": V1, "autoscale": {"minReplicas": 5, "maxReplicas": 2}}, "must not exceed"),
    "no image": ({"mode": "service"}, "image"),
    "unknown field": ({"image": V1, "imagge": V1}, "imagge"),
    "replicas as text": ({"image": V1, "replicas": "3"}, "replicas"),
}


@pytest.mark.parametrize("what", INVALID_PODS)
async def test_an_invalid_pod_block_names_its_path(world: World, operator: Operator, what: str) -> None:
    overlay, path = INVALID_PODS[what]
    await world.workload("web", image=V1, pod=overlay)
    stalled = await world.stalled("web", reason="InvalidSpec")
    assert any(finding["path"].startswith(path) for finding in stalled["status"]["findings"]), stalled["status"]
    assert {finding["severity"] for finding in stalled["status"]["findings"]} == {"error"}
    assert path in condition(stalled, "Ready")["message"]
    assert await world.get(DEPLOYMENT, "web") is None


async def test_a_misspelt_field_is_set_right_by_name(world: World, operator: Operator) -> None:
    await world.workload("web", image=V1, pod={"containers": [{"name": "web", "resorces": {}}]})
    stalled = await world.stalled("web")
    assert "resources" in stalled["status"]["findings"][0]["message"]


@pytest.mark.parametrize("levels", [300, 1_000, 3_000], ids=str)
async def test_a_document_without_end_stops_nobody_else(world: World, operator: Operator, levels: int) -> None:
    """The API server stores it. More levels than a JSON library reads, writes or compares must not end the operator."""
    deep = '{"affinity":' * levels + "{}" + "}" * levels
    head = (
        f'"apiVersion": "{CONTAINER_WORKLOAD.api_version}", "kind": "ContainerWorkload", "metadata": {{"name": "deep"}}'
    )
    text = f'{{{head}, "spec": {{"image": "{V1}", "pod": {deep}}}}}'
    await world.kubectl("create", "-f", "-", stdin=text)
    told_by = await world.kubectl("wait", "--for=condition=Stalled", "cw/deep", "--timeout=30s")
    assert "condition met" in told_by
    reasons = await world.kubectl("get", "cw/deep", "-o", "jsonpath={.status.findings[*].reason}")
    assert reasons == "TooDeep"
    await world.workload("web", **MODES["service"])
    await world.ready("web")
    assert not operator.alive()


async def test_what_runs_goes_on_and_a_mended_spec_recovers(world: World, operator: Operator) -> None:
    await world.workload("web", **MODES["service"])
    await world.ready("web")
    before = await world.client.get(DEPLOYMENT, world.namespace, "web")
    await world.workload("web", **MODES["service"] | {"image": V2}, pod={"containerz": []})
    stalled = await world.stalled("web", reason="InvalidSpec")
    assert stalled["status"]["readyReplicas"] == 2
    after = await world.client.get(DEPLOYMENT, world.namespace, "web")
    assert after["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"]
    await world.workload("web", **MODES["service"] | {"image": V2})
    well = await world.ready("web")
    assert not well["status"].get("findings")
    assert image_of(await world.client.get(DEPLOYMENT, world.namespace, "web")) == V2


async def test_an_event_tells_of_a_refusal(world: World, operator: Operator) -> None:
    await world.workload("web", image=V1, pod={"containerz": []})
    stalled = await world.stalled("web")
    event = await told(world, "web", stalled["status"]["findings"][0]["reason"])
    assert "spec.pod.containerz" in event["note"]


@pytest.mark.parametrize("what", REFUSED_AT_APPLY)
async def test_what_a_schema_can_say_is_refused_at_once(world: World, crds: None, what: str) -> None:
    spec, message = REFUSED_AT_APPLY[what]
    with pytest.raises(ApiError, match=message):
        await world.workload("web", **spec)


async def test_the_mode_cannot_be_changed(world: World, crds: None) -> None:
    await world.workload("web", **MODES["service"])
    with pytest.raises(ApiError, match="mode cannot be changed"):
        await world.workload("web", **MODES["stateful"])


# What only the API server knows


async def test_a_value_that_the_api_server_refuses(world: World, operator: Operator) -> None:
    """Past our own checks: the children's validation answers, and its words are passed on."""
    bad: Any = {"hosts": ["shop.example.com"], "ingressClassName": "nginx", "tls": {"secretName": "shop-tls"}}
    await world.workload("web", image=V1, ports=[HTTP], route=bad | {"hosts": ["*.*.example.com"]})
    stalled = await world.stalled("web", reason="Invalid")
    message = condition(stalled, "Stalled")["message"]
    assert "Ingress" in message
    assert "*.*.example.com" in message
    await world.workload("web", image=V1, ports=[HTTP], route=bad)
    await world.ready("web")
    assert await world.get(INGRESS, "web") is not None


async def test_an_unsupported_combination_in_the_pods_is_passed_on(world: World, operator: Operator) -> None:
    """A mount of a volume that is not there passes every schema, and no API server."""
    overlay = {"containers": [{"name": "web", "volumeMounts": [{"name": "nowhere", "mountPath": "/x"}]}]}
    await world.workload("web", image=V1, pod=overlay)
    stalled = await world.stalled("web")
    assert "nowhere" in condition(stalled, "Stalled")["message"]
    await world.workload("web", image=V1)
    await world.ready("web")


@pytest.mark.parametrize("existing", [False, True], ids=["at creation", "at a change"])
async def test_a_field_that_the_cluster_is_too_old_for(world: World, operator: Operator, existing: bool) -> None:
    """Kubernetes 1.37 knows emptyDir.mode. An older API server says so, and drops nothing in silence."""
    if existing:
        await world.workload("web", image=V1)
        await world.ready("web")
    await world.workload("web", image=V1, pod={"volumes": [{"name": "scratch", "emptyDir": {"mode": 0o700}}]})
    stalled = await world.stalled("web")
    assert "emptyDir.mode" in condition(stalled, "Stalled")["message"]
    await world.workload("web", image=V1)
    await world.ready("web")


async def test_an_immutable_field_is_reported_and_nothing_is_made_anew(world: World, operator: Operator) -> None:
    """An autoscaler, a volume binding, a person: whoever deletes and makes anew loses data, so a person decides."""
    await world.workload("web", **MODES["service"], storage=[{"name": "data", "path": "/data", "size": "1Gi"}])
    await world.ready("web")
    await world.workload(
        "web",
        **MODES["service"],
        storage=[{"name": "data", "path": "/data", "size": "1Gi", "accessModes": ["ReadWriteMany"]}],
    )
    stalled = await world.stalled("web")
    assert condition(stalled, "Stalled")["reason"] in ("Immutable", "Invalid", "Forbidden")
    assert "web-data" in condition(stalled, "Stalled")["message"]
    assert stalled["status"]["readyReplicas"] == 2


async def test_refusals_make_no_hot_loop(world: World, operator: Operator) -> None:
    """What is refused is not tried again until something changes, or a while has passed."""
    await world.workload("web", image=V1, ports=[HTTP], route={"hosts": ["*.*.example.com"]})
    await world.stalled("web", reason="Invalid")
    first = await world.client.get(CONTAINER_WORKLOAD, world.namespace, "web")
    tried = requests(operator)

    async def busy() -> bool:
        return requests(operator) - tried > 6

    await never(busy, during=3.0, what="refused writes are repeated")
    again = await world.client.get(CONTAINER_WORKLOAD, world.namespace, "web")
    assert again["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]


def requests(operator: Operator) -> float:
    """Writes that the operator has sent so far."""
    return sum(
        sample.value
        for metric in operator.metrics.registry.collect()
        for sample in metric.samples
        if sample.name == "wharfinger_api_requests_total" and sample.labels["verb"] in ("create", "apply", "patch")
    )
