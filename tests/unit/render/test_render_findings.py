"""Each finding where it belongs, and silence where all is well."""

from __future__ import annotations

from typing import Any

import pytest
from render_cases import workload

from wharfinger import render

PORT = {"ports": [{"name": "http", "containerPort": 8080}]}
ROUTED = PORT | {"route": {"gateways": [{"name": "public"}]}}
NODE_PORT = {"type": "NodePort"}
OFF = {"enabled": False}
DISK = {"name": "data", "path": "/data", "size": "1Gi"}


def _said(
    spec: dict[str, Any], *, name: str = "web", replicas: int | None = 1, **options: bool
) -> list[tuple[str, str]]:
    made = workload({"image": "web:1", **spec})
    found = render.findings(made, render.Options(replicas=replicas, **options))
    return [(finding.reason, finding.path) for finding in found]


@pytest.mark.parametrize(
    ("spec", "reason", "path"),
    [
        ({"mode": "job", "service": {}}, "ServiceIgnored", "spec.service"),
        ({"service": {}}, "ServiceIgnored", "spec.service"),
        (
            {"ports": [*PORT["ports"], {"name": "b", "containerPort": 9, "servicePort": 8080}]},
            "DuplicateServicePort",
            "spec.ports",
        ),
        (PORT | {"service": {"enabled": False}, "route": {}}, "RouteIgnored", "spec.route"),
        (ROUTED, "GatewayAPIMissing", "spec.route.gateways"),
        (PORT | {"route": {"paths": [{}, {"port": "nope"}]}}, "UnknownPort", "spec.route.paths[1].port"),
        (PORT | {"route": {"paths": [{"port": 9}]}}, "UnknownPort", "spec.route.paths[0].port"),
        ({"rollout": {"maxSurge": 0, "maxUnavailable": "0%"}}, "NoRoomForUpdate", "spec.rollout"),
        ({"mode": "stateful", "rollout": {"maxUnavailable": 0}}, "NoRoomForUpdate", "spec.rollout.maxUnavailable"),
        ({"mode": "daemon", "rollout": {"maxUnavailable": 0}}, "NoRoomForUpdate", "spec.rollout.maxUnavailable"),
        ({"mode": "daemon", "rollout": {"maxUnavailable": 1, "maxSurge": 1}}, "SurgeAndUnavailable", "spec.rollout"),
        ({"mode": "stateful", "rollout": {"maxUnavailable": 2}}, "NeedsFeatureGate", "spec.rollout.maxUnavailable"),
        ({"mode": "stateful", "rollout": {"maxSurge": 1}}, "SurgeIgnored", "spec.rollout.maxSurge"),
        (
            {"rollout": {"minReady": "1m", "progressDeadline": "60s"}},
            "DeadlineTooShort",
            "spec.rollout.progressDeadline",
        ),
        ({"mode": "daemon", "storage": [DISK]}, "SingleNodeVolume", "spec.storage[0].accessModes"),
        ({"storage": [DISK]}, "RecreateForStorage", "spec.storage"),
        (
            {"mode": "stateful", "storage": [DISK, DISK | {"name": "b", "path": "/b", "retain": False}]},
            "RetainsAll",
            "spec.storage",
        ),
        ({"autoscale": {"maxReplicas": 3}}, "NoRequests", "spec.autoscale.metrics[0]"),
        ({"disruption": {"minAvailable": 1}}, "BlocksDrain", "spec.disruption"),
        ({"disruption": {"maxUnavailable": "0%"}}, "BlocksDrain", "spec.disruption"),
        ({"mode": "daemon", "disruption": {}}, "DisruptionIgnored", "spec.disruption"),
        ({"mode": "pod", "spread": {"strict": True}}, "SpreadIgnored", "spec.spread.strict"),
        ({"ports": [{"name": "a", "containerPort": 1, "hostPort": 1}]}, "HostPort", "spec.ports[0].hostPort"),
        (
            {"ports": [{"name": "a", "containerPort": 1, "nodePort": 30000}]},
            "NodePortIgnored",
            "spec.ports[0].nodePort",
        ),
        (
            {"files": [{"path": f"/{n}", "content": "é" * 262144} for n in range(3)]},
            "TooMuchContent",
            "spec.files",
        ),
        ({"files": [{"path": "/a", "content": "x", "mode": 0o400}]}, "UnreadableFile", "spec.files[0].mode"),
        (
            {"ports": [{"name": "a", "containerPort": 1, "nodePort": 30000}], "service": NODE_PORT | OFF},
            "NodePortIgnored",
            "spec.ports[0].nodePort",
        ),
        (
            {"mode": "job", "ports": [{"name": "a", "containerPort": 1, "servicePort": 2}]},
            "ServicePortIgnored",
            "spec.ports[0].servicePort",
        ),
        (
            PORT | {"service": {"externalTrafficPolicy": "Local"}},
            "ServiceFieldIgnored",
            "spec.service.externalTrafficPolicy",
        ),
        (
            PORT | {"service": NODE_PORT | {"loadBalancerSourceRanges": ["10.0.0.0/8"]}},
            "ServiceFieldIgnored",
            "spec.service.loadBalancerSourceRanges",
        ),
        (
            PORT | {"route": {"gateways": [{"name": "public"}], "ingressClassName": "nginx"}},
            "IngressClassIgnored",
            "spec.route.ingressClassName",
        ),
        ({"ports": [{"name": "80", "containerPort": 80}]}, "InvalidPortName", "spec.ports[0].name"),
        ({"ports": [{"name": "a--b", "containerPort": 80}]}, "InvalidPortName", "spec.ports[0].name"),
        (PORT | {"healthCheck": {"httpGet": {"port": "web"}}}, "UnknownPort", "spec.healthCheck.httpGet.port"),
        ({"healthCheck": {"tcpSocket": {"port": "web"}}}, "UnknownPort", "spec.healthCheck.tcpSocket.port"),
        ({"mode": "job", "rollout": {"maxSurge": 1}}, "RolloutFieldIgnored", "spec.rollout.maxSurge"),
        ({"mode": "pod", "rollout": {"maxUnavailable": 1}}, "RolloutFieldIgnored", "spec.rollout.maxUnavailable"),
        (
            {"mode": "cron", "cron": {"schedule": "@daily"}, "job": {"suspend": True}},
            "SuspendIgnored",
            "spec.job.suspend",
        ),
        (
            {"autoscale": {"minReplicas": 0, "maxReplicas": 3}},
            "NeedsFeatureGate",
            "spec.autoscale.minReplicas",
        ),
        ({"serviceAccount": {"annotations": {"a": "b"}}}, "AnnotationsIgnored", "spec.serviceAccount.annotations"),
        ({"disruption": {"minAvailable": "99%"}}, "BlocksDrain", "spec.disruption"),
    ],
)
def test_said(spec: dict[str, Any], reason: str, path: str) -> None:
    assert (reason, path) in _said(spec)


@pytest.mark.parametrize(
    "spec",
    [
        {},
        PORT,
        PORT | {"route": {"paths": [{"port": "http"}, {"port": 8080}]}},
        {"rollout": {"maxSurge": 0}},
        {"mode": "daemon", "rollout": {"maxSurge": 1}},
        {"mode": "daemon", "rollout": {"maxSurge": 1, "maxUnavailable": 0}},
        {"mode": "stateful", "storage": [DISK], "rollout": {"maxUnavailable": 1}},
        {"storage": [DISK | {"accessModes": ["ReadWriteMany"]}]},
        {"storage": [DISK], "rollout": {"maxSurge": 0}},
        {"autoscale": {"maxReplicas": 3}, "resources": {"limits": {"cpu": "1"}}},
        {
            "autoscale": {"maxReplicas": 3},
            "pod": {"containers": [{"name": "web", "resources": {"requests": {"cpu": "1"}}}]},
        },
        {"files": [{"path": "/a", "content": "x", "mode": 0o400}], "pod": {"securityContext": {"fsGroup": 1000}}},
        {"files": [{"path": "/a", "content": "x", "mode": 0o400}], "security": {"runAsNonRoot": False}},
        {"mode": "job", "job": {"parallelism": 1}, "storage": [DISK]},
        {"disruption": {"maxUnavailable": 1}},
        PORT | {"healthCheck": {"httpGet": {"port": "http"}}},
        PORT
        | {
            "healthCheck": {"httpGet": {"port": 8080}},
            "pod": {"containers": [{"name": "web", "ports": [{"containerPort": 8080, "name": {"$patch": "delete"}}]}]},
        },
        PORT | {"healthCheck": {"httpGet": {"port": "8080"}}},
        {
            "healthCheck": {"tcpSocket": {"port": "admin"}},
            "pod": {"containers": [{"name": "web", "ports": [{"name": "admin", "containerPort": 9}]}]},
        },
        PORT | {"service": {"type": "LoadBalancer", "externalTrafficPolicy": "Local", "loadBalancerClass": "a/b"}},
        {"mode": "stateful", "ports": [{"name": "a", "containerPort": 1, "servicePort": 2}], "service": OFF},
        {"files": [{"path": "/tls", "secretRef": {"name": "tls"}}]},
    ],
)
def test_nothing_to_say(spec: dict[str, Any]) -> None:
    assert _said(spec) == []


def test_a_cluster_with_the_gateway_api_takes_gateways() -> None:
    assert _said(ROUTED, http_route=True) == []


def test_many_pods_on_one_volume() -> None:
    assert ("SingleNodeVolume", "spec.storage[0].accessModes") in _said({"storage": [DISK], "replicas": 2}, replicas=2)
    assert ("SingleNodeVolume", "spec.storage[0].accessModes") in _said(
        {"mode": "job", "job": {"parallelism": 2}, "storage": [DISK]}
    )


@pytest.mark.parametrize(("key", "words"), [({}, "after a while"), ({"key": "tls.crt"}, "keep what they have")])
def test_a_secret_that_is_not_watched_rolls_nothing(key: dict[str, str], words: str) -> None:
    spec = {"image": "web:1", "files": [{"path": "/tls", "secretRef": {"name": "tls", **key}}]}
    found = render.findings(workload(spec), render.Options(replicas=1, secrets_watched=False))
    assert [(finding.severity, finding.reason) for finding in found] == [("info", "SecretNotWatched")]
    assert words in found[0].message


def test_a_finding_is_no_longer_than_the_status_takes() -> None:
    ports = [{"name": f"port-number-{n:03}", "containerPort": n} for n in range(1, 65)]
    found = render.findings(
        workload({"image": "web:1", "ports": ports, "route": {"paths": [{"port": "nope"}]}}), render.Options(replicas=1)
    )
    assert [len(finding.message) for finding in found] == [1024]
