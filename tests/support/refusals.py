"""Documents that must be refused, with the place and the words: by our own reading, and by a real API server."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from wharfinger.api import API_VERSION
from wharfinger.api.resource import Object

HTTP: Object = {"name": "http", "containerPort": 8080}


def document(spec: Any, *, name: str = "web", namespace: str = "default") -> Object:
    """A ContainerWorkload with that spec."""
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": API_VERSION, "kind": "ContainerWorkload", "metadata": metadata, "spec": spec}


@dataclass(frozen=True)
class Refusal:
    """A spec, merged over a good one, and what is wrong with it."""

    says: str
    """Words of the message."""
    spec: Object = field(default_factory=dict)
    path: str = "spec"
    reason: str = "RuleViolated"
    name: str = "web"

    @property
    def document(self) -> Object:
        """The whole document; the image is given unless the spec gives it."""
        return document({"image": "web:1"} | self.spec, name=self.name)


RULES: dict[str, Refusal] = {
    "cron-needs-schedule": Refusal("mode cron needs the block cron", {"mode": "cron"}),
    "cron-elsewhere": Refusal("the block cron belongs to mode cron", {"cron": {"schedule": "@daily"}}),
    "stateful-elsewhere": Refusal("the block stateful belongs to", {"stateful": {"serviceName": "db"}}),
    "selector-elsewhere": Refusal(
        "selector counts in the modes",
        {"mode": "cron", "cron": {"schedule": "@daily"}, "selector": {"app": "web"}},
    ),
    "selector-of-nothing": Refusal("selector needs a label", {"selector": {}}),
    "selector-by-manager": Refusal(
        "cannot have the label app.kubernetes.io/managed-by", {"selector": {"app.kubernetes.io/managed-by": "Helm"}}
    ),
    "job-elsewhere": Refusal("the block job belongs to", {"job": {"completions": 2}}),
    "autoscale-elsewhere": Refusal("autoscale works with", {"mode": "daemon", "autoscale": {"maxReplicas": 3}}),
    "replicas-elsewhere": Refusal("replicas counts in the modes", {"mode": "daemon", "replicas": 2}),
    "route-without-port": Refusal("route needs a port", {"route": {"hosts": ["a.example.com"]}}),
    "check-of-nothing": Refusal("exactly one of httpGet", {"healthCheck": {}}, "spec.healthCheck"),
    "check-twice": Refusal(
        "exactly one of httpGet",
        {"healthCheck": {"tcpSocket": {"port": 80}, "exec": {"command": ["true"]}}},
        "spec.healthCheck",
    ),
    "file-of-nothing": Refusal("exactly one of content", {"files": [{"path": "/a"}]}, "spec.files[0]"),
    "file-twice": Refusal(
        "exactly one of content",
        {"files": [{"path": "/a", "content": "", "secretRef": {"name": "s"}}]},
        "spec.files[0]",
    ),
    "metric-of-nothing": Refusal(
        "exactly one of resource, metric",
        {"autoscale": {"maxReplicas": 3, "metrics": [{"averageUtilization": 70}]}},
        "spec.autoscale.metrics[0]",
    ),
    "metric-without-target": Refusal(
        "resource needs exactly one of",
        {"autoscale": {"maxReplicas": 3, "metrics": [{"resource": "cpu"}]}},
        "spec.autoscale.metrics[0]",
    ),
    "metric-with-two-targets": Refusal(
        "belong to resource",
        {
            "autoscale": {
                "maxReplicas": 3,
                "metrics": [{"metric": {"type": "Pods"}, "averageUtilization": 70}],
            }
        },
        "spec.autoscale.metrics[0]",
    ),
    "bounds-crossed": Refusal(
        "minReplicas must not exceed", {"autoscale": {"minReplicas": 4, "maxReplicas": 3}}, "spec.autoscale"
    ),
    "budget-twice": Refusal(
        "only one of minAvailable", {"disruption": {"minAvailable": 1, "maxUnavailable": 1}}, "spec.disruption"
    ),
    "name-with-dot": Refusal("the name must be a DNS label", path="metadata.name", name="web.shop"),
    "name-too-long-for-cron": Refusal(
        "at most 52 characters",
        {"mode": "cron", "cron": {"schedule": "@daily"}},
        "metadata.name",
        name="a" * 53,
    ),
    "name-too-long-for-stateful": Refusal(
        "at most 52 characters", {"mode": "stateful"}, "metadata.name", name="a" * 53
    ),
    "digit-with-service": Refusal("must start with a letter", {"ports": [HTTP]}, "metadata.name", name="1web"),
    "digit-with-governing-service": Refusal(
        "must start with a letter", {"mode": "stateful"}, "metadata.name", name="1web"
    ),
}
"""What CEL says at apply time. The API server answers with the very message."""

SHAPES: dict[str, Refusal] = {
    "no-image": Refusal("a string, not null", {"image": None}, "spec.image", "InvalidType"),
    "empty-image": Refusal("at least 1", {"image": ""}, "spec.image", "InvalidValue"),
    "unknown-field": Refusal("did you mean `replicas`?", {"replcas": 3}, "spec.replcas", "UnknownField"),
    "unknown-mode": Refusal("did you mean `service`?", {"mode": "servce"}, "spec.mode", "InvalidValue"),
    "text-for-number": Refusal("an integer", {"replicas": "3"}, "spec.replicas", "InvalidType"),
    "text-for-truth": Refusal(
        "true or false", {"security": {"restricted": "yes"}}, "spec.security.restricted", "InvalidType"
    ),
    "negative-replicas": Refusal("at least 0", {"replicas": -1}, "spec.replicas", "InvalidValue"),
    "too-many-replicas": Refusal("at most 100000", {"replicas": 100001}, "spec.replicas", "InvalidValue"),
    "port-0": Refusal(
        "at least 1", {"ports": [{"name": "http", "containerPort": 0}]}, "spec.ports[0].containerPort", "InvalidValue"
    ),
    "port-name": Refusal(
        "lower-case letters", {"ports": [{"name": "HTTP", "containerPort": 1}]}, "spec.ports[0].name", "InvalidValue"
    ),
    "twin-ports": Refusal("two items called http", {"ports": [HTTP, HTTP]}, "spec.ports", "Duplicate"),
    "twin-variables": Refusal("two items called A", {"env": [{"name": "A"}, {"name": "A"}]}, "spec.env", "Duplicate"),
    "twin-hosts": Refusal(
        "two items called a", {"ports": [HTTP], "route": {"hosts": ["a", "a"]}}, "spec.route.hosts", "Duplicate"
    ),
    "no-duration": Refusal(
        "a duration such as", {"rollout": {"minReady": "5"}}, "spec.rollout.minReady", "InvalidValue"
    ),
    "no-quantity": Refusal(
        "a quantity such as", {"resources": {"limits": {"cpu": "1x"}}}, "spec.resources.limits.cpu", "InvalidValue"
    ),
    "no-percentage": Refusal("0% to 100%", {"rollout": {"maxSurge": "half"}}, "spec.rollout.maxSurge", "InvalidValue"),
    "no-schedule": Refusal(
        "five fields", {"mode": "cron", "cron": {"schedule": "4 * * *"}}, "spec.cron.schedule", "InvalidValue"
    ),
    "zone-in-schedule": Refusal(
        "timeZone", {"mode": "cron", "cron": {"schedule": "TZ=UTC 0 4 * * *"}}, "spec.cron.schedule", "InvalidValue"
    ),
    "no-path": Refusal(
        "begins with /", {"files": [{"path": "etc/x", "content": ""}]}, "spec.files[0].path", "InvalidValue"
    ),
    "borrowed-unknown": Refusal(
        "did you mean `value`?", {"env": [{"name": "A", "vale": "1"}]}, "spec.env[0].vale", "UnknownField"
    ),
    "borrowed-snake-case": Refusal(
        "did you mean `valueFrom`?",
        {"env": [{"name": "A", "value_from": {}}]},
        "spec.env[0].value_from",
        "UnknownField",
    ),
    "borrowed-type": Refusal(
        "a string, not an integer", {"env": [{"name": "A", "value": 1}]}, "spec.env[0].value", "InvalidType"
    ),
    "borrowed-missing": Refusal(
        "required", {"healthCheck": {"httpGet": {}}}, "spec.healthCheck.httpGet.port", "MissingField"
    ),
    "own-snake-case": Refusal(
        "did you mean `containerPort`?",
        {"ports": [{"name": "http", "containerPort": 1, "container_port": 1}]},
        "spec.ports[0].container_port",
        "UnknownField",
    ),
    "pod-is-no-object": Refusal("an object, not a list", {"pod": []}, "spec.pod", "InvalidType"),
}
"""What the schema refuses. The API server words it in its own way, and names the same field."""

ACCEPTED: dict[str, Object] = {
    "least": {"image": "web:1"},
    "quantity-as-number": {"image": "web:1", "resources": {"limits": {"cpu": 1, "memory": "1Gi"}}},
    "check-turned-off": {"image": "web:1", "healthCheck": {"enabled": False}},
    "route-turned-off": {"image": "web:1", "route": {"enabled": False}},
    "percentages": {"image": "web:1", "rollout": {"maxSurge": "100%", "maxUnavailable": 0}},
    "free-pod": {"image": "web:1", "pod": {"containers": [{"name": "web", "anything": {"goes": [1, None]}}]}},
    "job": {"image": "web:1", "mode": "job", "job": {"completions": 3, "activeDeadline": "1h30m"}},
    "cron": {"image": "web:1", "mode": "cron", "cron": {"schedule": "*/5 * * * *"}},
    "pods-metric": {
        "image": "web:1",
        "autoscale": {
            "maxReplicas": 3,
            "metrics": [
                {
                    "metric": {
                        "type": "Pods",
                        "pods": {"metric": {"name": "rps"}, "target": {"type": "AverageValue", "averageValue": 10}},
                    }
                }
            ],
        },
    },
    "headless-off": {"image": "web:1", "ports": [HTTP], "service": {"enabled": False, "type": "Headless"}},
}
"""Specs that must be taken."""
