"""What the operator may do, as manifests/base/clusterrole.yaml grants it (a test compares them); what users need."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, order=True)
class Access:
    """One verb on one resource, as an access review asks for it."""

    group: str
    resource: str
    verb: str
    subresource: str = ""
    name: str = ""
    """One object only; any if empty."""

    def __str__(self) -> str:
        where = f".{self.group}" if self.group else ""
        subresource = f"/{self.subresource}" if self.subresource else ""
        return f"{self.verb} {self.resource}{where}{subresource}"


_WRITTEN = ("get", "list", "watch", "create", "patch", "delete")

_RULES: Final[tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]] = (
    ("wharfinger.dev", ("containerworkloads",), _WRITTEN),
    ("wharfinger.dev", ("stacks",), ("list", "watch")),
    ("wharfinger.dev", ("containerworkloads/status", "stacks/status"), ("patch",)),
    ("wharfinger.dev", ("containerworkloads/finalizers", "stacks/finalizers"), ("update",)),
    ("apps", ("controllerrevisions", "daemonsets", "deployments", "statefulsets"), _WRITTEN),
    ("batch", ("cronjobs", "jobs"), _WRITTEN),
    ("", ("configmaps", "persistentvolumeclaims", "pods", "serviceaccounts", "services"), _WRITTEN),
    ("networking.k8s.io", ("ingresses", "networkpolicies"), _WRITTEN),
    ("gateway.networking.k8s.io", ("httproutes",), _WRITTEN),
    ("autoscaling", ("horizontalpodautoscalers",), _WRITTEN),
    ("policy", ("poddisruptionbudgets",), _WRITTEN),
    ("events.k8s.io", ("events",), ("create", "patch")),
)
CLUSTER_WIDE: Final = (
    Access("", "events", "list"),
    Access("", "events", "watch"),
    Access("", "nodes", "list"),
    Access("", "nodes", "watch"),
    *(
        Access("apiextensions.k8s.io", "customresourcedefinitions", "watch", name=name)
        for name in (
            "containerworkloads.wharfinger.dev",
            "httproutes.gateway.networking.k8s.io",
            "stacks.wharfinger.dev",
        )
    ),
)
"""What an operator of single namespaces does without."""


def _accesses() -> Iterator[Access]:
    for group, resources, verbs in _RULES:
        for named in resources:
            resource, _, subresource = named.partition("/")
            for verb in verbs:
                yield Access(group, resource, verb, subresource)


OPERATOR: Final[tuple[Access, ...]] = tuple(_accesses())
"""What the operator needs in each namespace that it looks after."""

USER: Final[tuple[Access, ...]] = tuple(
    Access("wharfinger.dev", "containerworkloads", verb) for verb in (*_WRITTEN, "update")
)
"""What a person needs to work with workloads."""
