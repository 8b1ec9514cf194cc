"""Our reading and the API server agree on every field: what one takes the other takes, and what one refuses too.

A spec that says everything is broken at one place at a time, in every way; each result is read by `parse` and created
with a dry run.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from tests.support.refusals import document
from tests.support.world import World

from wharfinger.api.containerworkload import ContainerWorkloadSpec
from wharfinger.api.kinds import CONTAINER_WORKLOAD, STACK
from wharfinger.api.model import Model
from wharfinger.api.parse import InvalidSpec, parse
from wharfinger.api.resource import Object, Resource
from wharfinger.api.stack import StackSpec
from wharfinger.engine.errors import ApiError
from wharfinger.reconcilers.stack import reading

pytestmark = pytest.mark.integration

Path = tuple[str | int, ...]

SERVICE: Object = {
    "mode": "service",
    "image": "web:1",
    "containerName": "app",
    "imagePullPolicy": "Always",
    "imagePullSecrets": [{"name": "registry"}],
    "replicas": 2,
    "command": ["web"],
    "args": ["--verbose"],
    "workingDir": "/srv",
    "env": [
        {"name": "A", "value": "1"},
        {"name": "B", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k", "optional": True}}},
        {"name": "C", "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu", "divisor": "1m"}}},
    ],
    "envFrom": [{"prefix": "X_", "configMapRef": {"name": "c"}}],
    "ports": [
        {
            "name": "http",
            "containerPort": 8080,
            "servicePort": 80,
            "protocol": "TCP",
            "appProtocol": "http",
            "nodePort": 30080,
            "hostPort": 8080,
        }
    ],
    "resources": {"requests": {"cpu": "100m", "memory": "1Gi"}, "limits": {"cpu": 1}, "claims": [{"name": "gpu"}]},
    "healthCheck": {
        "enabled": True,
        "httpGet": {"path": "/", "port": "http", "scheme": "HTTP", "httpHeaders": [{"name": "H", "value": "v"}]},
        "interval": "10s",
        "timeout": "2s",
        "retries": 3,
        "startPeriod": "30s",
        "startInterval": "2s",
        "onUnhealthy": "restart",
    },
    "files": [
        {"path": "/etc/a", "content": "a", "mode": 0o400},
        {"path": "/etc/b", "secretRef": {"name": "s", "key": "k", "optional": True}},
        {"path": "/etc/c", "configMapRef": {"name": "c"}},
    ],
    "storage": [
        {
            "name": "data",
            "path": "/data",
            "size": "1Gi",
            "storageClassName": "fast",
            "accessModes": ["ReadWriteOnce", "ReadOnlyMany"],
            "subPath": "sub",
            "readOnly": True,
            "retain": False,
        }
    ],
    "service": {
        "enabled": True,
        "type": "LoadBalancer",
        "annotations": {"a/b": "c"},
        "sessionAffinity": "ClientIP",
        "externalTrafficPolicy": "Local",
        "loadBalancerClass": "x/y",
        "loadBalancerSourceRanges": ["10.0.0.0/8"],
        "spec": {
            "ports": [{"name": "http", "port": 80, "targetPort": "http"}],
            "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 60}},
        },
    },
    "route": {
        "enabled": True,
        "hosts": ["a.example.com"],
        "paths": [{"path": "/", "pathType": "Exact", "port": 80}],
        "tls": {"secretName": "tls"},
        "ingressClassName": "nginx",
        "gateways": [{"name": "gw", "namespace": "infra", "sectionName": "https"}],
        "annotations": {"a": "b"},
    },
    "autoscale": {
        "enabled": True,
        "minReplicas": 1,
        "maxReplicas": 5,
        "metrics": [
            {"resource": "cpu", "averageUtilization": 80},
            {"resource": "memory", "averageValue": "1Gi"},
            {
                "metric": {
                    "type": "External",
                    "external": {
                        "metric": {"name": "depth", "selector": {"matchLabels": {"queue": "q"}}},
                        "target": {"type": "Value", "value": 30},
                    },
                }
            },
        ],
        "behavior": {
            "scaleDown": {
                "stabilizationWindowSeconds": 60,
                "policies": [{"type": "Pods", "value": 1, "periodSeconds": 60}],
            }
        },
    },
    "disruption": {"enabled": True, "maxUnavailable": "50%"},
    "network": {
        "enabled": True,
        "ingress": [
            {
                "fromWorkloads": ["web"],
                "fromNamespaces": ["shop"],
                "fromPods": [{"matchLabels": {"a": "b"}}],
                "fromCidrs": [{"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}],
                "ports": [{"port": "http", "protocol": "TCP"}],
            }
        ],
        "egress": [{"toWorkloads": ["db"], "dns": True, "ports": [{"port": 5432}]}],
    },
    "serviceAccount": {"name": "web", "create": True, "annotations": {"a": "b"}, "automountToken": True},
    "rollout": {
        "minReady": "10s",
        "progressDeadline": "5m",
        "onFailure": "pause",
        "historyLimit": 5,
        "strategy": "RollingUpdate",
        "maxSurge": "25%",
        "maxUnavailable": 0,
        "restartLimit": 3,
    },
    "security": {"restricted": True, "runAsNonRoot": False, "readOnlyRootFilesystem": True},
    "spread": {"enabled": True, "strict": True},
    "terminationGracePeriod": "30s",
    "selector": {"app": "web"},
    "podLabels": {"a": "b"},
    "podAnnotations": {"a": "b"},
    "pod": {"hostNetwork": True},
}
STATEFUL: Object = {
    "mode": "stateful",
    "image": "db:1",
    "stateful": {
        "serviceName": "db",
        "podManagementPolicy": "OrderedReady",
        "volumeClaimTemplates": [
            {
                "metadata": {"name": "data", "labels": {"a": "b"}, "annotations": {"a": "b"}},
                "spec": {
                    "accessModes": ["ReadWriteOnce"],
                    "resources": {"requests": {"storage": "1Gi"}},
                    "selector": {"matchLabels": {"a": "b"}},
                    "volumeMode": "Filesystem",
                },
            }
        ],
    },
}
CRON: Object = {
    "mode": "cron",
    "image": "web:1",
    "cron": {
        "schedule": "@daily",
        "timeZone": "Etc/UTC",
        "concurrencyPolicy": "Allow",
        "startingDeadline": "10m",
        "successfulJobsHistoryLimit": 3,
        "failedJobsHistoryLimit": 1,
        "suspend": False,
    },
    "job": {
        "completions": 1,
        "parallelism": 1,
        "completionMode": "Indexed",
        "backoffLimit": 6,
        "activeDeadline": "1h",
        "ttlAfterFinished": "1h",
        "suspend": False,
    },
}

_POLICY: Object = {
    "parallelism": 2,
    "delay": "1s",
    "failureAction": "continue",
    "monitor": "10s",
    "maxFailureRatio": 0.5,
    "order": "start-first",
}
SWARM: Object = {
    "mode": "tasks",
    "image": "web:1",
    "replicas": 2,
    "dependsOn": [{"name": "db", "condition": "Healthy", "restart": True, "required": False}],
    "tasks": {
        "scheduling": "replicated",
        "restart": {"condition": "on-failure", "delay": "1s", "maxAttempts": 3, "window": "1m"},
        "update": _POLICY,
        "rollback": _POLICY,
        "placement": {
            "constraints": ["node.role == worker"],
            "preferences": [{"spread": "node.labels.zone"}],
            "maxReplicasPerNode": 2,
            "genericResources": [{"kind": "gpu", "value": 1}],
            "memberOf": ["attribute:zone == a"],
            "distinctInstance": False,
            "strategies": [{"type": "binpack", "field": "memory"}],
            "controlPlane": True,
        },
        "containers": [
            {
                "name": "web",
                "essential": True,
                "dependsOn": [{"containerName": "db", "condition": "START"}],
                "startTimeout": "1m",
                "stopTimeout": "10s",
                "restartPolicy": {"enabled": True, "ignoredExitCodes": [3], "restartAttemptPeriod": "60s"},
                "ulimits": [{"name": "nofile", "softLimit": 10, "hardLimit": 20}],
            }
        ],
        "serviceName": "shop_web",
        "serviceLabels": {"team": "shop"},
        "history": 5,
    },
}
ECS: Object = {
    "mode": "tasks",
    "image": "web:1",
    "tasks": {
        "deployment": {
            "minimumHealthyPercent": 50,
            "maximumPercent": 200,
            "deploymentCircuitBreaker": {
                "enable": True,
                "rollback": True,
                "thresholdConfiguration": {"type": "COUNT", "value": 3},
                "resetOnHealthyTask": False,
            },
            "alarms": {"enable": True, "rollback": True, "queries": [{"name": "errors", "query": "up == 0"}]},
            "bakeTime": "1m",
            "healthCheckGracePeriod": "30s",
        }
    },
}
DOCUMENTS: Object = {
    "compose": {"services": {"web": {"image": "web:1"}}},
    "documents": [
        {"name": "a.yaml", "content": "services: {}"},
        {"name": "b.yaml", "configMapKeyRef": {"name": "c", "key": "k", "optional": True}},
        {"name": "c.yaml", "secretKeyRef": {"name": "s", "key": "k", "optional": True}},
    ],
    "files": [
        {"path": "a", "content": "a"},
        {
            "path": "b",
            "configMap": {"name": "c", "items": [{"key": "k", "path": "p", "mode": 0o400}], "optional": True},
        },
        {"path": "c", "secret": {"name": "s", "items": [{"key": "k", "path": "p", "mode": 0o400}], "optional": True}},
    ],
    "env": [
        {"name": "A", "value": "1"},
        {"name": "B", "valueFrom": {"configMapKeyRef": {"name": "c", "key": "k", "optional": True}}},
        {"name": "C", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k", "optional": True}}},
    ],
    "envFrom": [
        {"prefix": "X_", "configMapRef": {"name": "c", "optional": True}},
        {"secretRef": {"name": "s", "optional": True}},
    ],
    "profiles": ["debug"],
    "dialect": "stack",
    "defaults": {
        "storageClassName": "fast",
        "storageSize": "1Gi",
        "ingressClassName": "nginx",
        "registry": "registry.example.com/shop",
        "build": {
            "image": "buildah:1",
            "pushSecret": {"name": "push"},
            "insecureRegistry": True,
            "unconfined": True,
            "resources": {"requests": {"cpu": "1"}, "limits": {"memory": "1Gi"}},
            "deadline": "30m",
        },
        "imagePullSecrets": [{"name": "registry"}],
        "serviceAccountName": "shop",
    },
    "prune": False,
    "suspend": True,
    "volumeRetention": "Delete",
}

WORKLOADS = {"service": SERVICE, "stateful": STATEFUL, "cron": CRON, "swarm": SWARM, "ecs": ECS}
"""Specs that say everything between them."""
STACKS = {"stack": DOCUMENTS}
WHOLE = [
    pytest.param(resource, spec, id=name)
    for resource, specs in ((CONTAINER_WORKLOAD, WORKLOADS), (STACK, STACKS))
    for name, spec in specs.items()
]
READ = {CONTAINER_WORKLOAD: parse, STACK: reading.parse}

WRONG: tuple[Any, ...] = (True, -1, 7, 10**12, "", "1.5", [1], {"unknown": 1})
"""In place of any value."""
PARALLEL = 16


def places(value: Any, path: Path = ()) -> Iterator[Path]:
    """Every place in a document, below its root."""
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in children:
        yield (*path, key)
        yield from places(inner, (*path, key))


def broken(spec: Object) -> Iterator[tuple[str, Object]]:
    """The spec with one thing changed, and what that is."""
    for path in places(spec):
        for value in WRONG:
            yield (
                f"{path} = {value!r:.20}",
                _changed(spec, path, lambda holder, key, value=value: holder.update({key: value})),
            )
        yield f"{path} removed", _changed(spec, path, lambda holder, key: holder.pop(key))
        if isinstance(path[-1], str):
            yield (
                f"{path} misspelt",
                _changed(spec, path, lambda holder, key: holder.update({f"{key}x": holder.pop(key)})),
            )


def _changed(spec: Object, path: Path, change: Any) -> Object:
    copy = deepcopy(spec)
    holder: Any = copy
    for part in path[:-1]:
        holder = holder[part]
    key = path[-1]
    if isinstance(holder, list):
        index = dict(enumerate(holder))
        change(index, key)
        holder[:] = list(index.values())
    else:
        change(holder, key)
    return copy


@pytest.mark.parametrize(("resource", "spec"), WHOLE)
async def test_the_whole_is_taken(world: World, resource: Resource, spec: Object) -> None:
    assert _read(resource, spec)
    assert await _taken(world, resource, spec)


@pytest.mark.parametrize(
    ("model", "specs"), [(ContainerWorkloadSpec, WORKLOADS), (StackSpec, STACKS)], ids=["workloads", "stacks"]
)
def test_the_whole_says_everything(model: type[Model], specs: dict[str, Object]) -> None:
    fields = {info.alias or name for name, info in model.model_fields.items()}
    assert fields == {field for spec in specs.values() for field in spec}


@pytest.mark.parametrize(("resource", "spec"), WHOLE)
async def test_broken_specs_are_read_as_the_server_reads_them(world: World, resource: Resource, spec: Object) -> None:
    changes = list(broken(spec))
    gate = asyncio.Semaphore(PARALLEL)

    async def disagreement(what: str, changed: Object) -> str | None:
        async with gate:
            taken = await _taken(world, resource, changed)
        agreed = taken == _read(resource, changed)
        return None if agreed else f"{what}: the server {'takes' if taken else 'refuses'} it"

    found = await asyncio.gather(*(disagreement(what, changed) for what, changed in changes))
    assert [each for each in found if each] == []


def _read(resource: Resource, spec: Object) -> bool:
    try:
        READ[resource](_document(resource, spec))
    except InvalidSpec:
        return False
    return True


async def _taken(world: World, resource: Resource, spec: Object) -> bool:
    try:
        await world.client.create(resource, _document(resource, spec, namespace=world.namespace), dry_run=True)
    except ApiError:
        return False
    return True


def _document(resource: Resource, spec: Object, *, namespace: str = "default") -> Object:
    return document(spec, namespace=namespace) | {"kind": resource.kind}
