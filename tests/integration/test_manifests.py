"""The kustomize base installs an operator that may do what it must, and no more; the samples become Ready under it."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import yaml
from tests.integration.stack.scene import Stacks
from tests.support.accounts import access_review, account_kubeconfig, forbidden
from tests.support.operators import running
from tests.support.upstream import GATEWAY_API, install
from tests.support.waiting import eventually
from tests.support.world import World, is_true

from wharfinger.api.builtin import (
    HORIZONTAL_POD_AUTOSCALER,
    HTTP_ROUTE,
    INGRESS,
    NETWORK_POLICY,
    PERSISTENT_VOLUME_CLAIM,
    SECRET,
    SERVICE_ACCOUNT,
)
from wharfinger.api.kinds import CONTAINER_WORKLOAD, STACK
from wharfinger.api.labels import STACK_LABEL
from wharfinger.api.resource import Object, Resource
from wharfinger.cluster import Cluster
from wharfinger.engine.operator import Operator

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]
MANIFESTS = ROOT / "manifests"
SYSTEM = "wharfinger-system"
ACCOUNT = f"system:serviceaccount:{SYSTEM}:wharfinger"
SAMPLES = sorted(MANIFESTS.glob("samples/*.yaml"))
READY_WITHIN = 120.0
MADE = (
    HORIZONTAL_POD_AUTOSCALER,
    HTTP_ROUTE,
    INGRESS,
    NETWORK_POLICY,
    PERSISTENT_VOLUME_CLAIM,
    SERVICE_ACCOUNT,
)
"""What some sample has."""


@pytest.fixture
async def installed(world: World) -> AsyncIterator[World]:
    """The base, applied; the CRDs stay, since other tests need them."""
    await world.kubectl("apply", "--server-side", "--force-conflicts", "-n", SYSTEM, "-k", str(MANIFESTS))
    yield world
    await world.kubectl("delete", "clusterrolebinding/wharfinger", "clusterrole/wharfinger")
    await world.kubectl("delete", "-n", SYSTEM, "deployment/wharfinger", "pdb/wharfinger", "service/wharfinger-metrics")


@pytest.fixture
async def gateway_api(wharfinger_cluster: Cluster, world: World) -> AsyncIterator[None]:
    """HTTPRoute, with its real schema; other tests want a cluster without it."""
    install(wharfinger_cluster, GATEWAY_API)
    yield
    await world.kubectl("delete", "crd", f"{HTTP_ROUTE.plural}.{HTTP_ROUTE.group}", "--timeout=50s")


@pytest.fixture
async def as_installed(installed: World, tmp_path: Path) -> AsyncIterator[Operator]:
    """An operator with the rights of the base's ServiceAccount, by a token of it."""
    path = await account_kubeconfig(installed, SYSTEM, "wharfinger", tmp_path)
    async with running(
        path, namespaces=(installed.namespace,), leader_election=True, lease_namespace=SYSTEM, watch_nodes=True
    ) as operator:
        yield operator


async def test_operators_pods_are_admitted_and_run(installed: World) -> None:
    """The namespace enforces Pod Security `restricted`."""
    await installed.kubectl("-n", SYSTEM, "rollout", "status", "deployment/wharfinger", "--timeout=50s")


RIGHTS = {
    ("watch", "", "nodes"): True,
    ("watch", "wharfinger.dev", "containerworkloads"): True,
    ("patch", "wharfinger.dev", "containerworkloads/status"): True,
    ("patch", "wharfinger.dev", "stacks/status"): True,
    ("create", "wharfinger.dev", "containerworkloads"): True,
    ("delete", "apps", "deployments"): True,
    ("get", "", "secrets"): False,
    ("list", "", "secrets"): False,
    ("patch", "wharfinger.dev", "stacks"): False,
    ("delete", "", "nodes"): False,
    ("create", "", "pods/exec"): False,
    ("create", "rbac.authorization.k8s.io", "rolebindings"): False,
    ("impersonate", "", "users"): False,
}
"""Verb, group and resource, and whether the operator may."""


async def test_rights(installed: World) -> None:
    """As the API server's own authorizer sees them."""
    reviews = {"apiVersion": "v1", "kind": "List", "items": [access_review(ACCOUNT, *right) for right in RIGHTS]}
    answers = await installed.kubectl(
        "create", "-f", "-", "-o", r'jsonpath={.status.allowed}{"\n"}', stdin=json.dumps(reviews)
    )
    granted = [answer == "true" for answer in answers.split()]
    assert dict(zip(RIGHTS, granted, strict=True)) == RIGHTS


async def test_no_rule_has_a_wildcard(installed: World) -> None:
    role = yaml.safe_load(await installed.kubectl("get", "clusterrole/wharfinger", "-o", "yaml"))
    assert not any("*" in values for rule in role["rules"] for values in rule.values())


@pytest.mark.parametrize(
    ("component", "variable"),
    [("secrets", "WHARFINGER_WATCH_SECRETS"), ("stack-secrets", "WHARFINGER_STACK_SECRETS")],
)
async def test_secrets_are_components(installed: World, tmp_path: Path, component: str, variable: str) -> None:
    """Overlays that turn on reading of Secrets, and making those of Stacks."""
    base = _relative(MANIFESTS, tmp_path)
    overlay = yaml.safe_dump({"resources": [base], "components": [f"{base}/{component}"]})
    (tmp_path / "kustomization.yaml").write_text(overlay)
    built = list(yaml.safe_load_all(await installed.kubectl("kustomize", str(tmp_path))))
    operator = next(obj for obj in built if obj["kind"] == "Deployment")
    environment = operator["spec"]["template"]["spec"]["containers"][0]["env"]
    assert {"name": variable, "value": "true"} in environment
    assert f"wharfinger-{component}" in [obj["metadata"]["name"] for obj in built if obj["kind"] == "ClusterRole"]


async def test_node_policies_are_a_component(installed: World, tmp_path: Path) -> None:
    """An overlay that turns them on; its rights are taken by the API server as they are."""
    base = _relative(MANIFESTS, tmp_path)
    overlay = yaml.safe_dump({"resources": [base], "components": [f"{base}/node-policy"]})
    (tmp_path / "kustomization.yaml").write_text(overlay)
    built = list(yaml.safe_load_all(await installed.kubectl("kustomize", str(tmp_path))))
    operator = next(obj for obj in built if obj["kind"] == "Deployment")
    environment = operator["spec"]["template"]["spec"]["containers"][0]["env"]
    assert {"name": "WHARFINGER_NODE_POLICIES", "value": "true"} in environment
    own = [obj for obj in built if obj["metadata"]["name"] == "wharfinger-node-policy"]
    assert {obj["kind"] for obj in own} == {"ClusterRole", "ClusterRoleBinding"}
    listed = json.dumps({"apiVersion": "v1", "kind": "List", "items": own})
    await installed.kubectl("apply", "--server-side", "--dry-run=server", "-f", "-", stdin=listed)


@pytest.mark.parametrize("folder", [".", "base", "overlays/production"])
async def test_tasks_get_the_start_program_from_the_operators_own_image(installed: World, folder: str) -> None:
    built = yaml.safe_load_all(await installed.kubectl("kustomize", str(MANIFESTS / folder)))
    operator = next(obj for obj in built if obj["kind"] == "Deployment")["spec"]["template"]["spec"]["containers"][0]
    assert {"name": "WHARFINGER_START_IMAGE", "value": operator["image"]} in operator["env"]


async def test_admission_is_a_component(installed: World, tmp_path: Path) -> None:
    """An overlay that warns at apply time, with a certificate by cert-manager (whose kinds the cluster lacks)."""
    base = _relative(MANIFESTS, tmp_path)
    components = [f"{base}/admission", f"{base}/admission-cert-manager"]
    (tmp_path / "kustomization.yaml").write_text(yaml.safe_dump({"resources": [base], "components": components}))
    built = {
        (obj["kind"], obj["metadata"]["name"]): obj
        for obj in yaml.safe_load_all(await installed.kubectl("kustomize", str(tmp_path)))
    }
    webhook = built["ValidatingWebhookConfiguration", "wharfinger"]
    (called,) = [each["clientConfig"]["service"] for each in webhook["webhooks"]]
    service = built["Service", called["name"]]
    pod = built["Deployment", "wharfinger"]["spec"]["template"]
    (container,) = pod["spec"]["containers"]
    assert called["namespace"] == service["metadata"]["namespace"] == SYSTEM
    assert service["spec"]["selector"].items() <= pod["metadata"]["labels"].items()
    assert {each["targetPort"] for each in service["spec"]["ports"]} <= {each["name"] for each in container["ports"]}
    assert {"name": "WHARFINGER_ADMISSION", "value": "warn"} in container["env"]

    certificate = built["Certificate", "wharfinger-admission"]
    assert f"{called['name']}.{called['namespace']}.svc" in certificate["spec"]["dnsNames"]
    (injected,) = webhook["metadata"]["annotations"].values()
    assert injected == f"{certificate['metadata']['namespace']}/{certificate['metadata']['name']}"
    mounted = [each["secret"]["secretName"] for each in pod["spec"]["volumes"] if "secret" in each]
    assert mounted == [certificate["spec"]["secretName"]]

    own = [obj for obj in built.values() if obj["kind"] in ("Service", "Deployment", webhook["kind"])]
    listed = json.dumps({"apiVersion": "v1", "kind": "List", "items": own})
    await installed.kubectl("apply", "--server-side", "-n", SYSTEM, "--dry-run=server", "-f", "-", stdin=listed)


@pytest.mark.usefixtures("gateway_api")
async def test_every_sample_becomes_ready(installed: World, as_installed: Operator) -> None:
    """With no right missing on the way, and nothing to be warned of."""
    await installed.kubectl("apply", "-f", str(MANIFESTS / "samples"))
    ready = await asyncio.gather(
        *(
            installed.until(resource, name, is_true("Ready"), timeout=READY_WITHIN)
            for resource in (CONTAINER_WORKLOAD, STACK)
            for name in _samples_of(resource)
        )
    )
    assert [_warnings(each) for each in ready if _warnings(each)] == []
    await installed.kubectl("wait", "--for=condition=Ready", "containerworkloads", "--all", "--timeout=5s")
    for resource in MADE:
        assert await installed.list(resource), resource
    assert forbidden(as_installed) == []


async def test_stacks_have_secrets_by_a_component(installed: World, tmp_path: Path) -> None:
    """An overlay that turns them on; and with its rights, beside those of the base, nothing is refused."""
    base = _relative(MANIFESTS, tmp_path)
    overlay = yaml.safe_dump({"resources": [base], "components": [f"{base}/stack-secrets"]})
    (tmp_path / "kustomization.yaml").write_text(overlay)
    built = list(yaml.safe_load_all(await installed.kubectl("kustomize", str(tmp_path))))
    operator = next(obj for obj in built if obj["kind"] == "Deployment")
    environment = operator["spec"]["template"]["spec"]["containers"][0]["env"]
    assert {"name": "WHARFINGER_STACK_SECRETS", "value": "true"} in environment
    own = [obj for obj in built if obj["metadata"]["name"] == "wharfinger-stack-secrets"]
    listed = json.dumps({"apiVersion": "v1", "kind": "List", "items": own})
    await installed.kubectl("apply", "-f", "-", stdin=listed)
    try:
        await eventually(lambda: _may_list_secrets(installed), timeout=60, what="the component's rights")
        await _run_a_stack_with_secrets(installed, tmp_path)
    finally:
        await installed.kubectl("delete", "-f", "-", stdin=listed)


async def _may_list_secrets(installed: World) -> bool:
    review = json.dumps(access_review(ACCOUNT, "list", "", "secrets"))
    return await installed.kubectl("create", "-f", "-", "-o", "jsonpath={.status.allowed}", stdin=review) == "true"


async def _run_a_stack_with_secrets(installed: World, scratch: Path) -> None:
    """Its documents read a Secret and make one; it is changed, and the Secret goes."""
    path = await account_kubeconfig(installed, SYSTEM, "wharfinger", scratch)
    stacks = Stacks(installed)
    web = "services: {web: {image: 'registry.example.com/shop/web:1', restart: always"
    async with running(path, namespaces=(installed.namespace,), watch_nodes=True, stack_secrets=True) as operator:
        await installed.create(SECRET, "words", stringData={"word": "hunter2"})
        secret = f"{web}, secrets: [word]}}}}\nsecrets: {{word: {{file: ./word}}}}"
        await stacks.apply("shop", secret, files=[{"secret": {"name": "words"}}])
        await stacks.ready("shop")
        (made,) = await installed.list(SECRET, f"{STACK_LABEL}=shop")
        await stacks.apply("shop", f"{web}}}}}")
        await installed.gone(SECRET, made["metadata"]["name"], timeout=60)
        assert forbidden(operator) == []


def _relative(path: Path, start: Path) -> str:
    """kustomize takes no absolute paths."""
    return os.path.relpath(path, start.resolve())


def _samples_of(resource: Resource) -> list[str]:
    documents = [obj for path in SAMPLES for obj in yaml.safe_load_all(path.read_text())]
    return [obj["metadata"]["name"] for obj in documents if obj["kind"] == resource.kind]


def _warnings(obj: Object) -> list[Object]:
    return [each for each in obj["status"].get("findings", ()) if each["severity"] != "info"]
