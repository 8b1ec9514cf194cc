"""What a Deployment becomes: rendered again it is what it was, and what stands against it is named."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from importing_objects import LABELS, POD_SPECS, SERVICES, deployment, pod, service

from wharfinger import render
from wharfinger.api.labels import IMPORTED_ANNOTATION
from wharfinger.api.parse import parse
from wharfinger.api.resource import Object
from wharfinger.cli.importing.defaults import plain_pod
from wharfinger.cli.importing.document import Imported, imported
from wharfinger.cli.importing.source import assemble


def reasons(found: Imported, severity: str = "error") -> set[str]:
    return {finding.reason for finding in found.findings if finding.severity == severity}


@settings(max_examples=60)
@given(POD_SPECS, SERVICES)
def test_rendered_again_it_is_what_it_was(spec: Object, served: Object | None) -> None:
    live = deployment(spec)
    found = imported(assemble(live, services=[service(**served)] if served else []))
    assert found.findings == () or not found.blocked, found.findings
    workload = parse(found.document)
    made = render.template(workload)
    assert made.as_found
    assert made.pod["metadata"]["labels"] == live["spec"]["template"]["metadata"]["labels"]
    assert plain_pod(made.pod["spec"]) == plain_pod(spec)
    assert made.hash == found.document["metadata"]["annotations"][IMPORTED_ANNOTATION]


def test_short_form_says_what_it_can() -> None:
    container = {
        "name": "app",
        "image": "web:1",
        "args": ["serve"],
        "env": [{"name": "A", "value": "1"}],
        "ports": [{"name": "http", "containerPort": 8080, "protocol": "TCP"}],
        "readinessProbe": {"httpGet": {"path": "/ready", "port": "http"}, "periodSeconds": 5},
    }
    live = deployment({"containers": [container], "serviceAccountName": "app"})
    ports = [{"name": "http", "port": 80, "protocol": "TCP", "targetPort": "http"}]
    spec = imported(assemble(live, services=[service(ports=ports)])).document["spec"]
    assert spec["image"] == "web:1"
    assert spec["containerName"] == "app"
    assert spec["replicas"] == 2
    assert (spec["args"], spec["env"]) == (["serve"], [{"name": "A", "value": "1"}])
    assert spec["ports"] == [{"name": "http", "containerPort": 8080, "servicePort": 80}]
    assert spec["healthCheck"]["interval"] == "5s"
    assert spec["serviceAccount"] == {"name": "app"}
    assert (spec["selector"], spec["podLabels"]) == (LABELS, {"tier": "front"})
    assert "service" not in spec
    assert spec["pod"]["containers"] == [{"name": "app", "lifecycle": {"$patch": "delete"}}]


def test_production_defaults_stay_where_they_change_nothing() -> None:
    hardened = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    spec = {
        "containers": [{"name": "web", "image": "web:1", "securityContext": hardened}],
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
    }
    assert "security" not in imported(assemble(deployment(spec))).document["spec"]
    assert imported(assemble(deployment())).document["spec"]["security"] == {"restricted": False}


def test_service_without_port_names_keeps_them_so() -> None:
    spec = imported(assemble(deployment(), services=[service()])).document["spec"]
    assert spec["ports"] == [{"name": "port-80", "containerPort": 8080, "servicePort": 80}]
    assert spec["service"] == {"spec": {"ports": [{"port": 80, "protocol": "TCP", "targetPort": 8080}]}}


OWNER = [{"controller": True, "kind": "Shop", "name": "s", "uid": "1"}]
OWNED = service() | {"metadata": {"name": "web", "ownerReferences": OWNER}}


NAMES_ONLY = service(clusterIP="None", ports=[])


@pytest.mark.parametrize(
    ("found", "says"),
    [(service("other"), "would be called web"), (OWNED, "Shop s controls it"), (NAMES_ONLY, "it has no ports")],
)
def test_what_is_not_the_workloads_is_left_alone(found: Object, says: str) -> None:
    live = deployment({"containers": [{"name": "web", "image": "w:1", "ports": [{"name": "a", "containerPort": 1}]}]})
    made = imported(assemble(live, services=[found]))
    assert made.taken == (live,)
    assert made.document["spec"]["service"] == {"enabled": False}
    assert [each.message for each in made.findings if each.reason == "LeftAlone" and says in each.message]


def test_service_that_others_share_is_left_alone() -> None:
    pods = [pod("web-1", LABELS | {"tier": "front"}), pod("canary-1", {"tier": "front"})]
    made = imported(assemble(deployment(), services=[service(selector={"tier": "front"})], pods=pods))
    assert any("1 other pods" in each.message for each in made.findings)


def test_pods_of_other_names_do_not_count_where_the_selector_is_the_same() -> None:
    pods = [pod("web-1", LABELS | {"tier": "front"}), pod("db-1", {"app": "db"})]
    made = imported(assemble(deployment(), services=[service()], pods=pods))
    assert service() in made.taken


def test_autoscaler_and_budget_become_blocks() -> None:
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    utilization = {"type": "Utilization", "averageUtilization": 70}
    metrics = [
        {"type": "Resource", "resource": {"name": "cpu", "target": utilization}},
        {"type": "External", "external": {"metric": {"name": "q"}, "target": {"type": "Value", "value": "1"}}},
    ]
    autoscaler = {
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "web"},
        "spec": {"scaleTargetRef": target, "maxReplicas": 5, "metrics": metrics},
    }
    budget = {
        "kind": "PodDisruptionBudget",
        "metadata": {"name": "web"},
        "spec": {"selector": {"matchLabels": LABELS}, "minAvailable": "50%"},
    }
    spec = imported(assemble(deployment(), autoscalers=[autoscaler], budgets=[budget])).document["spec"]
    assert "replicas" not in spec
    assert spec["autoscale"] == {
        "minReplicas": 1,
        "maxReplicas": 5,
        "metrics": [{"resource": "cpu", "averageUtilization": 70}, {"metric": metrics[1]}],
    }
    assert spec["disruption"] == {"minAvailable": "50%"}


def test_rollout_is_kept() -> None:
    live = deployment(strategy={"type": "Recreate"}, progressDeadlineSeconds=600, minReadySeconds=45)
    spec = imported(assemble(live)).document["spec"]
    assert spec["rollout"] == {"strategy": "Recreate", "progressDeadline": "10m", "minReady": "45s"}


TWICE = [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]
DUPLICATE = {"containers": [{"name": "web", "image": "w:1", "env": TWICE}]}
EXPRESSION = {"matchLabels": LABELS, "matchExpressions": [{"key": "tier", "operator": "Exists"}]}


def _meta(**changes: Any) -> Object:
    return {"metadata": deployment()["metadata"] | changes}


HALF_WAY = {"observedGeneration": 1, "replicas": 3, "updatedReplicas": 1}
AGAINST: dict[str, tuple[Object, str]] = {
    "controlled": (deployment() | _meta(ownerReferences=OWNER), "Controlled"),
    "going": (deployment() | _meta(deletionTimestamp="2026-01-01T00:00:00Z"), "BeingDeleted"),
    "expressions": (deployment(selector=EXPRESSION), "Unsayable"),
    "rollout": (
        deployment() | {"status": {"observedGeneration": 1, "replicas": 3, "updatedReplicas": 1}},
        "RolloutUnderWay",
    ),
    "unseen": (deployment() | {"status": {"replicas": 2, "updatedReplicas": 2}}, "RolloutUnderWay"),
    "paused": (deployment(paused=True), "Paused"),
    "helm": (deployment() | _meta(labels={"app.kubernetes.io/managed-by": "Helm"}), "LookedAfter"),
    "argo": (deployment() | _meta(annotations={"argocd.argoproj.io/tracking-id": "x"}), "LookedAfter"),
    "flux": (deployment() | _meta(labels={"kustomize.toolkit.fluxcd.io/name": "x"}), "LookedAfter"),
    "duplicates": (deployment(DUPLICATE), "Duplicate"),
    "name": (deployment() | _meta(name="web.v1"), "RuleViolated"),
}


@pytest.mark.parametrize(("live", "reason"), AGAINST.values(), ids=AGAINST)
def test_what_stands_against_it_is_named(live: Object, reason: str) -> None:
    found = imported(assemble(live))
    assert found.blocked
    assert reason in reasons(found)


def test_force_and_allow_restart_take_what_they_name() -> None:
    helm, _ = AGAINST["helm"]
    assert "LookedAfter" in reasons(imported(assemble(helm), force=True), "warning")
    assert not imported(assemble(helm), force=True).blocked
    under_way, _ = AGAINST["rollout"]
    assert not imported(assemble(under_way), allow_restart=True).blocked
    controlled, _ = AGAINST["controlled"]
    assert imported(assemble(controlled), force=True, allow_restart=True).blocked


def test_statefulset_says_what_cannot_be_changed() -> None:
    claim = {"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"], "volumeMode": "Filesystem"}}
    live = deployment(serviceName="web", podManagementPolicy="OrderedReady", volumeClaimTemplates=[claim])
    status = {"observedGeneration": 1, "currentRevision": "a", "updateRevision": "a"}
    live |= {"kind": "StatefulSet", "status": status}
    document = imported(assemble(live)).document
    assert document["spec"]["mode"] == "stateful"
    assert document["spec"]["stateful"] == {
        "serviceName": "web",
        "podManagementPolicy": "OrderedReady",
        "volumeClaimTemplates": [claim],
    }
    workload = parse(document)
    (made,) = [
        each
        for each in render.objects(workload, render.template(workload), options=render.Options(replicas=2))
        if each["kind"] == "StatefulSet"
    ]
    assert made["spec"]["volumeClaimTemplates"] == [claim]
    assert made["spec"]["persistentVolumeClaimRetentionPolicy"] == {"whenDeleted": "Retain", "whenScaled": "Retain"}


def test_cronjob_keeps_its_schedule_and_its_job() -> None:
    template = {"metadata": {"labels": {"app.kubernetes.io/instance": "rel"}}, "spec": {"restartPolicy": "OnFailure"}}
    template["spec"]["containers"] = [{"name": "run", "image": "run:1"}]
    live = {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {
            "schedule": "@daily",
            "concurrencyPolicy": "Allow",
            "jobTemplate": {"spec": {"backoffLimit": 6, "activeDeadlineSeconds": 90, "template": template}},
        },
    }
    found = imported(assemble(live))
    spec = found.document["spec"]
    assert spec["cron"] == {"schedule": "@daily", "concurrencyPolicy": "Allow"}
    assert spec["job"] == {"activeDeadline": "90s"}
    assert spec["pod"]["restartPolicy"] == "OnFailure"
    assert "LabelReplaced" in reasons(found, "info")
