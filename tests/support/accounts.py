"""Operators with the rights of a ServiceAccount, and what they were refused."""

from __future__ import annotations

from pathlib import Path

import yaml

from tests.support.world import World
from wharfinger.api.resource import Object
from wharfinger.engine.operator import Operator


async def account_kubeconfig(world: World, namespace: str, account: str, folder: Path) -> Path:
    """A kubeconfig with a token of the ServiceAccount in the place of the administrator's certificate."""
    token = (await world.kubectl("-n", namespace, "create", "token", account)).strip()
    kubeconfig = yaml.safe_load(world.kubeconfig.read_text())
    kubeconfig["users"][0]["user"] = {"token": token}
    path = folder / "kubeconfig"
    path.write_text(yaml.safe_dump(kubeconfig))
    return path


def forbidden(operator: Operator) -> list[dict[str, str]]:
    """The requests, as labels of their metric, that were answered with 403."""
    samples = [each for metric in operator.metrics.api_requests.collect() for each in metric.samples]
    return [each.labels for each in samples if each.labels.get("code") == "403" and each.value]


def access_review(user: str, verb: str, group: str, resource: str, namespace: str = "") -> Object:
    """The question whether `user` may; `resource` may have a subresource; no namespace means all of them."""
    name, _, subresource = resource.partition("/")
    attributes = {"verb": verb, "group": group, "resource": name, "subresource": subresource, "namespace": namespace}
    return {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {"user": user, "resourceAttributes": attributes},
    }
