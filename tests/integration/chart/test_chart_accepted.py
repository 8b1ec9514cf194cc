"""A real API server takes whatever the chart renders, with strict validation, for several sets of values."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from tests.support.chart_values import GOOD, SELF_SIGNED
from tests.support.helm import Helm, by_identity
from tests.support.world import World

from wharfinger.api.resource import Object
from wharfinger.cluster import Cluster
from wharfinger.cluster.definitions import apply_definitions

pytestmark = pytest.mark.integration


FOREIGN = {
    "ServiceMonitor": "monitoring.coreos.com",
    "PodMonitor": "monitoring.coreos.com",
    "PrometheusRule": "monitoring.coreos.com",
    "Issuer": "cert-manager.io",
    "Certificate": "cert-manager.io",
}
"""Kinds of the Prometheus operator and of cert-manager, and their groups."""


def foreign_crd(kind: str, group: str) -> Object:
    """Such a kind, as far as it matters here: it takes any spec."""
    plural = f"{kind.lower()}s"
    schema = {
        "type": "object",
        "properties": {"spec": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
    }
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {
            "group": group,
            "names": {"kind": kind, "plural": plural},
            "scope": "Namespaced",
            "versions": [version],
        },
    }


@pytest.fixture(scope="session")
def foreign(wharfinger_cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> None:
    """These kinds, served."""
    crds = [foreign_crd(*each) for each in FOREIGN.items()]
    path = tmp_path_factory.mktemp("foreign") / "crds.yaml"
    path.write_text(yaml.safe_dump_all(crds))
    apply_definitions(wharfinger_cluster.client(), [path])


@pytest.mark.parametrize("values", [*GOOD.values(), SELF_SIGNED], ids=[*GOOD, "self-signed"])
async def test_every_object_passes_a_dry_run(foreign: None, world: World, tmp_path: Path, values: Object) -> None:
    """On the server: schema, defaults, admission."""
    manifests = await Helm(4, world.kubeconfig, world.namespace, tmp_path).template(values)
    taken = [obj for group in by_namespace(manifests).values() for obj in await dry_run(world, group)]
    assert by_identity(taken).keys() == by_identity(manifests).keys()


def by_namespace(manifests: list[Object]) -> dict[str, list[Object]]:
    groups: dict[str, list[Object]] = {}
    for obj in manifests:
        groups.setdefault(obj["metadata"].get("namespace", ""), []).append(obj)
    return groups


async def dry_run(world: World, manifests: list[Object]) -> list[Object]:
    """What the server would store of objects of one namespace, or of none."""
    namespace = manifests[0]["metadata"].get("namespace", "default")
    answer = await world.kubectl(
        *("--namespace", namespace, "apply", "--server-side", "--dry-run=server", "--validate=strict"),
        *("-o", "json", "-f", "-"),
        stdin=yaml.safe_dump_all(manifests),
    )
    found = json.loads(answer)
    stored: list[Object] = found["items"] if found["kind"] == "List" else [found]
    return stored
