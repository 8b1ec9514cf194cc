"""The CRDs alone, the kustomize base, its components and overlays, on a cluster that had none of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from tests.support.accounts import access_review, account_kubeconfig, forbidden
from tests.support.kustomize import EVERYWHERE, MANIFESTS, ROOT, SYSTEM, apply, build, environment, one, overlay
from tests.support.operators import running
from tests.support.waiting import eventually
from tests.support.world import World

from wharfinger.api.builtin import NAMESPACE
from wharfinger.engine.errors import AlreadyExists

pytestmark = pytest.mark.integration

CRD = "crd/containerworkloads.wharfinger.dev"
COMPONENTS = ("secrets", "high-availability", "sharded", "monitoring", "network-policy", "namespaced")
OVERLAYS = ("production", "namespaced")
ROLLED_OUT = ("rollout", "status", "deployment/wharfinger", "-n", SYSTEM, "--timeout=55s")


async def test_the_crds_alone(bare: World) -> None:
    """From nothing, with nothing else of ours: afterwards the cluster knows the kind, and checks it."""
    await bare.kubectl("delete", CRD, "--ignore-not-found", "--timeout=50s")
    await bare.kubectl("apply", "--server-side", "-f", str(ROOT / "crds"))
    await bare.kubectl("wait", "--for=condition=Established", CRD, "--timeout=50s")
    assert await eventually(lambda: _explained(bare), timeout=60, what="kubectl explain knows the kind")
    sample = str(MANIFESTS / "samples/web.yaml")
    assert "created (server dry run)" in await bare.kubectl("apply", "--dry-run=server", "-f", sample)


async def test_the_base_from_nothing(bare: World) -> None:
    """One command, on a cluster that does not know the kind; the pods pass Pod Security and run."""
    await bare.kubectl("delete", CRD, "--ignore-not-found", "--timeout=50s")
    await bare.kubectl(*EVERYWHERE, "apply", "--server-side", "-k", str(MANIFESTS))
    await bare.kubectl(*ROLLED_OUT)
    await bare.kubectl("wait", "--for=condition=Established", CRD, "--timeout=50s")


@pytest.mark.parametrize("component", COMPONENTS)
async def test_each_component_is_accepted(bare: World, tmp_path: Path, component: str) -> None:
    await apply(bare, MANIFESTS)
    await apply(bare, overlay(tmp_path, components=[component]), "--dry-run=server")


async def test_all_components_compose(bare: World, tmp_path: Path) -> None:
    await apply(bare, MANIFESTS)
    folder = overlay(tmp_path, components=COMPONENTS)
    await apply(bare, folder, "--dry-run=server")
    assert environment(one(await build(bare, folder), "Deployment")).keys() >= {
        "WHARFINGER_NAMESPACES",
        "WHARFINGER_SHARDS",
        "WHARFINGER_WATCH_SECRETS",
    }


@pytest.mark.parametrize("name", OVERLAYS)
async def test_each_overlay_rolls_out(bare: World, name: str) -> None:
    """For real: three replicas find three nodes, the priority class is admitted, the namespaces are there."""
    await _namespace(bare, "shop")
    await apply(bare, MANIFESTS / "overlays" / name)
    await bare.kubectl(*ROLLED_OUT)


async def test_replicas_are_kept_apart(bare: World) -> None:
    await apply(bare, MANIFESTS / "overlays/production")
    await bare.kubectl(*ROLLED_OUT)
    selector = "app.kubernetes.io/name=wharfinger"
    listed = await bare.kubectl("get", "pods", "-n", SYSTEM, "-l", selector, "-o", "json")
    nodes = [pod["spec"]["nodeName"] for pod in json.loads(listed)["items"] if _stays(pod)]
    assert len(nodes) == len(set(nodes)) == 3


async def test_shards_are_a_multiple_of_the_replicas(bare: World) -> None:
    """Else some replica has nothing to do, or twice as much as another."""
    deployment = one(await build(bare, MANIFESTS / "overlays/production"), "Deployment")
    assert int(environment(deployment)["WHARFINGER_SHARDS"]) % deployment["spec"]["replicas"] == 0


async def test_prometheus_finds_the_metrics(bare: World) -> None:
    """The ServiceMonitor selects the Service, and names a port of it that leads to the container's."""
    objects = await build(bare, MANIFESTS / "overlays/production")
    monitor, service = one(objects, "ServiceMonitor"), one(objects, "Service", "wharfinger-metrics")
    assert monitor["spec"]["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    assert monitor["metadata"]["namespace"] == service["metadata"]["namespace"]
    ports = {port["name"]: port["targetPort"] for port in service["spec"]["ports"]}
    targets = {ports[endpoint["port"]] for endpoint in monitor["spec"]["endpoints"]}
    (container,) = one(objects, "Deployment")["spec"]["template"]["spec"]["containers"]
    assert targets <= {port["name"] for port in container["ports"]}


async def test_the_network_policy_is_about_the_operators_pods(bare: World) -> None:
    objects = await build(bare, MANIFESTS / "overlays/production")
    policy, template = one(objects, "NetworkPolicy"), one(objects, "Deployment")["spec"]["template"]
    assert policy["spec"]["podSelector"]["matchLabels"].items() <= template["metadata"]["labels"].items()
    let_in = {port["port"] for rule in policy["spec"]["ingress"] for port in rule["ports"]}
    assert {port["name"] for port in template["spec"]["containers"][0]["ports"]} <= let_in


async def test_an_operator_of_one_namespace(bare: World, tmp_path: Path) -> None:
    """It works in its namespace with the rights that are granted there, and has none elsewhere."""
    await _namespace(bare, "shop")
    await apply(bare, MANIFESTS / "overlays/namespaced")
    await bare.kubectl("delete", "clusterrolebinding", "wharfinger", "--ignore-not-found")
    user = f"system:serviceaccount:{SYSTEM}:wharfinger"
    places = ("shop", bare.namespace, "")
    reviews = [access_review(user, "create", "apps", "deployments", place) for place in places]
    answers = await bare.kubectl(
        "create",
        "-f",
        "-",
        "-o",
        r'jsonpath={.status.allowed}{"\n"}',
        stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": reviews}),
    )
    assert answers.split() == ["true", "false", "false"]

    shop = World(client=bare.client, namespace="shop", kubeconfig=bare.kubeconfig)
    path = await account_kubeconfig(bare, SYSTEM, "wharfinger", tmp_path)
    async with running(path, namespaces=("shop",), leader_election=True, lease_namespace=SYSTEM) as operator:
        await shop.kubectl("apply", "-f", str(MANIFESTS / "samples/web.yaml"))
        await shop.ready("web", timeout=60)
        assert forbidden(operator) == []
        await shop.kubectl("delete", "-f", str(MANIFESTS / "samples/web.yaml"))


def test_every_kustomization_is_tested() -> None:
    """A new component or overlay of ours has to be named here."""
    overlays = {path.parent.name for path in MANIFESTS.glob("overlays/*/kustomization.yaml")}
    assert overlays == set(OVERLAYS)
    for component in COMPONENTS:
        assert yaml.safe_load((MANIFESTS / component / "kustomization.yaml").read_text())["kind"] == "Component"


async def _explained(world: World) -> bool:
    """Discovery and OpenAPI follow the CRD a moment later."""
    try:
        return "main container" in await world.kubectl("explain", "containerworkload.spec.image")
    except AssertionError:
        return False


def _stays(pod: dict[str, dict[str, object]]) -> bool:
    return "deletionTimestamp" not in pod["metadata"]


async def _namespace(world: World, name: str) -> None:
    """Make it, unless it is there."""
    try:
        await world.client.create(NAMESPACE, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    except AlreadyExists:
        return
