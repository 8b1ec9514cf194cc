"""What surrounds the pods: made when asked for, gone when turned off, legal where fields depend on each other."""

from __future__ import annotations

from typing import Any

import pytest
from render_cases import workload

from wharfinger import render
from wharfinger.render.names import fitted

PORT = {"ports": [{"name": "http", "containerPort": 8080}]}


def _rendered(spec: dict[str, Any], *, labels: dict[str, str] | None = None, **options: Any) -> list[dict[str, Any]]:
    made = workload({"image": "web:1", **spec}, labels=labels or {})
    given = render.Options(**{"replicas": made.spec.replicas, **options})
    return render.objects(made, render.template(made), options=given)


def _kinds(spec: dict[str, Any], **options: Any) -> list[str]:
    return [obj["kind"] for obj in _rendered(spec, **options)]


def _one(kind: str, spec: dict[str, Any], **options: Any) -> dict[str, Any]:
    (found,) = (obj for obj in _rendered(spec, **options) if obj["kind"] == kind)
    return found


@pytest.mark.parametrize(
    ("kind", "block", "needed"),
    [
        ("Service", "service", PORT),
        ("Ingress", "route", PORT),
        ("HorizontalPodAutoscaler", "autoscale", {}),
        ("PodDisruptionBudget", "disruption", {"replicas": 2}),
        ("NetworkPolicy", "network", {}),
    ],
)
def test_a_block_makes_its_object_until_it_is_turned_off(kind: str, block: str, needed: dict[str, Any]) -> None:
    fields = {"autoscale": {"maxReplicas": 3}, "network": {"ingress": []}}.get(block, {})
    assert kind in _kinds(needed | {block: fields})
    assert kind not in _kinds(needed | {block: fields | {"enabled": False}})


@pytest.mark.parametrize("mode", ["job", "cron"])
def test_jobs_have_no_service(mode: str) -> None:
    cron = {"cron": {"schedule": "@daily"}} if mode == "cron" else {}
    assert "Service" not in _kinds(PORT | {"mode": mode} | cron)


@pytest.mark.parametrize(("replicas", "budgets"), [(0, 0), (1, 0), (2, 1), (None, 1)])
def test_a_budget_comes_with_the_second_pod(replicas: int | None, budgets: int) -> None:
    assert _kinds({"replicas": 3}, replicas=replicas).count("PodDisruptionBudget") == budgets


def test_an_autoscaler_counts_from_its_minimum() -> None:
    assert "PodDisruptionBudget" not in _kinds({"replicas": 3, "autoscale": {"maxReplicas": 9}}, replicas=None)
    assert "PodDisruptionBudget" in _kinds({"autoscale": {"minReplicas": 2, "maxReplicas": 9}}, replicas=None)


def test_replicas_are_left_out_for_who_else_scales() -> None:
    assert "replicas" not in _one("Deployment", {}, replicas=None)["spec"]
    assert _one("Deployment", {}, replicas=0)["spec"]["replicas"] == 0


@pytest.mark.parametrize(
    ("rollout", "expected"),
    [
        ({}, {"maxSurge": "25%", "maxUnavailable": 0}),
        ({"maxSurge": 0}, {"maxSurge": 0, "maxUnavailable": 1}),
        ({"maxSurge": "0%"}, {"maxSurge": "0%", "maxUnavailable": 1}),
        ({"maxUnavailable": 2}, {"maxSurge": "25%", "maxUnavailable": 2}),
    ],
)
def test_a_deployment_can_always_move(rollout: dict[str, Any], expected: dict[str, Any]) -> None:
    assert _one("Deployment", {"rollout": rollout})["spec"]["strategy"]["rollingUpdate"] == expected


@pytest.mark.parametrize(
    ("rollout", "expected"),
    [({}, (0, 1)), ({"maxSurge": 1}, (1, 0)), ({"maxUnavailable": "10%"}, (0, "10%")), ({"maxSurge": 0}, (0, 1))],
)
def test_a_daemonset_surges_or_stops_first(rollout: dict[str, Any], expected: tuple[Any, Any]) -> None:
    made = _one("DaemonSet", {"mode": "daemon", "rollout": rollout})["spec"]["updateStrategy"]["rollingUpdate"]
    assert (made["maxSurge"], made["maxUnavailable"]) == expected


@pytest.mark.parametrize(("allowed", "sent"), [(None, None), (1, None), (2, 2), ("50%", "50%")])
def test_a_statefulset_says_only_what_differs_from_one_by_one(
    allowed: int | str | None, sent: int | str | None
) -> None:
    rollout = {} if allowed is None else {"maxUnavailable": allowed}
    made = _one("StatefulSet", {"mode": "stateful", "rollout": rollout})["spec"]["updateStrategy"]
    assert made["rollingUpdate"].get("maxUnavailable") == sent


def test_the_native_deadline_is_after_min_ready() -> None:
    made = _one("Deployment", {"rollout": {"minReady": "10m", "progressDeadline": "5m"}})["spec"]
    assert made["progressDeadlineSeconds"] > made["minReadySeconds"]


@pytest.mark.parametrize(
    ("mode", "frozen"),
    [
        ("service", lambda spec: spec["paused"]),
        ("stateful", lambda spec: spec["updateStrategy"]["rollingUpdate"]["partition"] > 100000),
        ("daemon", lambda spec: spec["updateStrategy"] == {"type": "OnDelete"}),
    ],
)
def test_paused_freezes_in_the_native_way(mode: str, frozen: Any) -> None:
    kind = render.RESOURCES[mode].kind
    assert frozen(_one(kind, {"mode": mode}, paused=True)["spec"])
    assert not frozen(_one(kind, {"mode": mode}, paused=False)["spec"])


def test_a_statefulsets_service_name_does_not_follow_the_service_block() -> None:
    names = {
        _one("StatefulSet", PORT | {"mode": "stateful", "service": service})["spec"]["serviceName"]
        for service in ({}, {"type": "Headless"}, {"enabled": False})
    }
    assert names == {"web-headless"}


def test_node_ports_only_with_a_type_that_has_them() -> None:
    port = {"ports": [{"name": "http", "containerPort": 80, "nodePort": 30080}]}
    assert "nodePort" not in _one("Service", port)["spec"]["ports"][0]
    assert _one("Service", port | {"service": {"type": "NodePort"}})["spec"]["ports"][0]["nodePort"] == 30080


def test_labels_of_gitops_tools_stay_behind() -> None:
    made = _rendered(PORT, labels={"argocd.argoproj.io/instance": "x", "team": "shop"})
    for obj in made:
        assert obj["metadata"]["labels"]["team"] == "shop"
        assert not any(key.startswith("argocd") for key in obj["metadata"]["labels"])


def test_a_user_cannot_take_our_labels() -> None:
    made = _one(
        "Deployment", {"podLabels": {"app.kubernetes.io/instance": "x"}}, labels={"app.kubernetes.io/name": "x"}
    )
    assert made["metadata"]["labels"]["app.kubernetes.io/name"] == "web"
    assert made["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/instance"] == "web"


def test_a_retained_claim_is_marked() -> None:
    disk = {"name": "data", "path": "/data", "size": "1Gi"}
    kept = _one("PersistentVolumeClaim", {"storage": [disk]})["metadata"]
    assert kept["annotations"]["wharfinger.dev/retain"] == "true"
    gone = _one("PersistentVolumeClaim", {"storage": [disk | {"retain": False}]})["metadata"]
    assert "annotations" not in gone


def test_dns_beside_peers_is_a_rule_of_its_own() -> None:
    network = {"egress": [{"toWorkloads": ["db"], "dns": True, "ports": [{"port": 5432}]}]}
    rules = _one("NetworkPolicy", {"network": network})["spec"]["egress"]
    assert [[port["port"] for port in rule["ports"]] for rule in rules] == [[53, 53], [5432]]
    assert "to" not in rules[0]


def test_an_absent_direction_is_not_restricted() -> None:
    assert _one("NetworkPolicy", {"network": {"egress": []}})["spec"]["policyTypes"] == ["Egress"]
    assert "NetworkPolicy" not in _kinds({"network": {}})


@pytest.mark.parametrize("length", [1, 40, 52, 53, 63])
def test_fitted_keeps_short_names_and_cuts_long_ones(length: int) -> None:
    name = "a" * length
    made = fitted(name, suffix="-headless")
    assert len(made) <= 63
    assert made.endswith("-headless")
    assert made.startswith(name[:40])
