"""The chart turns the admission webhook on: what it renders for that, and that the API server then reaches an operator.

No container runs on a simulated node. So the operator that answers is in this process, with the certificate that the
chart made, and stands behind the chart's Service as a pod would: by an EndpointSlice. All else is the chart's.
"""

from __future__ import annotations

import base64
import socket
import ssl
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.support.admission import MISSPELT, MISSPELT_SAID, WEBHOOK, Webhook, admitting
from tests.support.chart_values import AUTHORITY, GOOD, SELF_SIGNED
from tests.support.helm import CHART, RELEASE, ROOT, Helm, of_kind
from tests.support.waiting import eventually
from tests.support.world import World

from wharfinger.api.builtin import SECRET, SERVICE
from wharfinger.api.resource import Object, Resource
from wharfinger.engine.errors import NotFound

pytestmark = pytest.mark.integration

MANIFESTS = ROOT / "manifests"
SELF_SIGNED_SECRET = f"{RELEASE}-admission-self-signed"
ENDPOINT_SLICE = Resource(group="discovery.k8s.io", version="v1", kind="EndpointSlice", plural="endpointslices")


def webhook_of(manifests: list[Object]) -> Object:
    """The one webhook of the one configuration."""
    (configuration,) = of_kind(manifests, "ValidatingWebhookConfiguration")
    (webhook,) = configuration["webhooks"]
    found: Object = webhook
    return found


def without_client(webhook: Object) -> Object:
    """What is left is no matter of names."""
    return {field: value for field, value in webhook.items() if field != "clientConfig"}


def pod_of(manifests: list[Object]) -> Object:
    found: Object = of_kind(manifests, "Deployment")[0]["spec"]["template"]["spec"]
    return found


def added(manifests: list[Object], part: str) -> list[Object]:
    """What of a list of the operator's container speaks of admission."""
    return [each for each in pod_of(manifests)["containers"][0][part] if "admission" in str(each).lower()]


def selected(values: Object) -> Object:
    """The selector of the namespaces that are watched."""
    names = {"key": "kubernetes.io/metadata.name", "operator": "In", "values": values["watchNamespaces"]}
    return {"matchExpressions": [names]}


# Rendered


async def test_off_leaves_no_trace(offline_helm: Helm) -> None:
    manifests = await offline_helm.template({})
    assert [obj["kind"] for obj in manifests if "admission" in obj["metadata"]["name"]] == []
    assert of_kind(manifests, "ValidatingWebhookConfiguration") == []
    assert "admission" not in str(pod_of(manifests)).lower()
    assert await offline_helm.template({"admission": {"mode": False}}) == manifests


async def test_webhook_is_that_of_the_component(offline_helm: Helm) -> None:
    shipped = yaml.safe_load((MANIFESTS / "admission/webhook.yaml").read_text())
    rendered = webhook_of(await offline_helm.template(SELF_SIGNED))
    assert without_client(rendered) == without_client(shipped["webhooks"][0])


async def test_operator_is_changed_as_by_the_component(offline_helm: Helm) -> None:
    component = yaml.safe_load((MANIFESTS / "admission/kustomization.yaml").read_text())
    patched: dict[str, list[Object]] = {}
    for operation in yaml.safe_load(component["patches"][0]["patch"]):
        patched.setdefault(operation["path"].split("/")[-2], []).append(operation["value"])
    manifests = await offline_helm.template(SELF_SIGNED)
    (volume,) = patched.pop("volumes")
    assert {part: added(manifests, part) for part in patched} == patched
    volume["secret"]["secretName"] = SELF_SIGNED_SECRET
    assert pod_of(manifests)["volumes"][-1] == volume


async def test_certificate_of_its_own_is_for_the_service_that_is_called(offline_helm: Helm, tmp_path: Path) -> None:
    manifests = await offline_helm.template(SELF_SIGNED)
    (secret,) = of_kind(manifests, "Secret")
    client = webhook_of(manifests)["clientConfig"]
    called = client["service"]
    (service,) = [each for each in of_kind(manifests, "Service") if each["metadata"]["name"] == called["name"]]
    assert called["namespace"] == service["metadata"]["namespace"] == "shop"
    assert service["spec"]["ports"] == [{"name": "admission", "port": 443, "targetPort": "admission"}]
    assert client["caBundle"] == secret["data"]["tls.crt"]

    write_certificate(secret, tmp_path)
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(tmp_path / "tls.crt", tmp_path / "tls.key")  # they belong together
    shake_hands(served, tmp_path / "tls.crt", f"{called['name']}.shop.svc")
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(served, tmp_path / "tls.crt", f"{called['name']}.blog.svc")


def shake_hands(served: ssl.SSLContext, authority: Path, name: str) -> None:
    """A TLS handshake in memory with a client that trusts the authority. Raises what the client says of the name."""
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    trusting = ssl.create_default_context(cafile=str(authority))
    client = trusting.wrap_bio(down, up, server_hostname=name)
    server = served.wrap_bio(up, down, server_side=True)
    for side in (client, server, client):
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue


async def test_cert_manager_makes_what_is_mounted(offline_helm: Helm) -> None:
    manifests = await offline_helm.template(GOOD["everything"])
    (certificate,) = of_kind(manifests, "Certificate")
    client = webhook_of(manifests)["clientConfig"]
    assert certificate["spec"]["dnsNames"] == [f"{client['service']['name']}.shop.svc"]
    assert certificate["spec"]["issuerRef"]["name"] == of_kind(manifests, "Issuer")[0]["metadata"]["name"]
    assert pod_of(manifests)["volumes"][-1]["secret"]["secretName"] == certificate["spec"]["secretName"]
    assert "caBundle" not in client
    annotations = of_kind(manifests, "ValidatingWebhookConfiguration")[0]["metadata"]["annotations"]
    assert annotations == {"cert-manager.io/inject-ca-from": f"shop/{certificate['metadata']['name']}"}
    assert of_kind(manifests, "Secret") == []


async def test_certificate_of_the_users_is_mounted_and_its_authority_told(offline_helm: Helm) -> None:
    values = GOOD["enforcing"]
    manifests = await offline_helm.template(values)
    webhook = webhook_of(manifests)
    assert base64.b64decode(webhook["clientConfig"]["caBundle"]).decode() == AUTHORITY
    assert (webhook["failurePolicy"], webhook["timeoutSeconds"]) == ("Fail", 5)
    assert webhook["namespaceSelector"] == selected(values)
    assert pod_of(manifests)["volumes"][-1]["secret"]["secretName"] == "certificate"
    assert added(manifests, "env")[0] == {"name": "WHARFINGER_ADMISSION", "value": "enforce"}
    assert of_kind(manifests, "Secret") == of_kind(manifests, "Certificate") == []


async def test_network_policy_lets_the_api_server_in_from_anywhere(offline_helm: Helm) -> None:
    """Even where only some may ask for metrics: no policy can select the API server."""
    off, on = [
        of_kind(await offline_helm.template(values), "NetworkPolicy")[0]["spec"]["ingress"]
        for values in (GOOD["everything"] | {"admission": {}}, GOOD["everything"])
    ]
    assert "from" in off[0]
    assert on == [*off, {"ports": [{"port": "admission", "protocol": "TCP"}]}]


@pytest.mark.parametrize("case", ["everything", "enforcing"])
async def test_authors_policy_is_that_of_the_component(offline_helm: Helm, case: str) -> None:
    values = GOOD[case]
    shipped = (MANIFESTS / "authors/policy.yaml").read_text()
    assert (CHART / "files/authors.yaml").read_text() == shipped
    policies = dict(_of_name(yaml.safe_load_all(shipped)))
    manifests = await offline_helm.template(values)
    made = dict(_of_name(obj for obj in manifests if obj["kind"].startswith("ValidatingAdmissionPolicy")))
    where: Object = {"matchResources": {"namespaceSelector": selected(values)}} if "watchNamespaces" in values else {}
    assert len(made) == len(policies) == 4
    for (kind, last), obj in made.items():
        bound = {"policyName": obj["metadata"]["name"]} | where if kind.endswith("Binding") else {}
        assert obj["spec"] == policies[kind, last]["spec"] | bound
    assert {obj["spec"]["policyName"] for (kind, _), obj in made.items() if kind.endswith("Binding")} == {
        obj["metadata"]["name"] for (kind, _), obj in made.items() if not kind.endswith("Binding")
    }


def _of_name(objects: Iterable[Object]) -> Iterator[tuple[tuple[str, str], Object]]:
    """By kind and the end of the name, which no release changes."""
    for obj in objects:
        yield (obj["kind"], obj["metadata"]["name"].rpartition("authors")[2]), obj


async def test_releases_for_namespaces_of_their_own_can_share_a_name(offline_helm: Helm) -> None:
    values = GOOD["enforcing"]
    names = [
        {
            obj["metadata"]["name"]
            for obj in await offline_helm.template(values, "--namespace", namespace)
            if obj["kind"].startswith("Validating")
        }
        for namespace in ("shop", "blog")
    ]
    assert len(names[0]) == len(names[1]) == 3
    assert names[0].isdisjoint(names[1])


# In a cluster


async def test_one_value_turns_warnings_on_and_an_upgrade_keeps_the_certificate(
    helm: Helm, world: World, tmp_path: Path
) -> None:
    values: Object = {
        "replicas": 0,  # the operator is here
        "watchNamespaces": [world.namespace],
        "admission": {"mode": "warn", "timeoutSeconds": 30},  # a busy machine says nothing about the webhook
    }
    await helm.install(values)
    secret = await world.client.get(SECRET, world.namespace, SELF_SIGNED_SECRET)
    write_certificate(secret, tmp_path)
    address = own_address()
    async with admitting(world, tmp_path, host=address) as (_, webhook):
        await stand_behind_the_service(world, address, webhook.port)
        await eventually(lambda: warns(webhook), timeout=60, what="the warning of an operator behind the Service")
        answer = await webhook.apply(MISSPELT)
        assert (answer.code, answer.warnings) == (0, [MISSPELT_SAID])

        await helm.upgrade(values | {"logLevel": "debug"})
        kept = await world.client.get(SECRET, world.namespace, SELF_SIGNED_SECRET)
        assert kept["data"] == secret["data"]
        assert await warns(webhook)

    await helm.upgrade(values | {"admission": {"mode": "off"}})
    assert await world.get(SECRET, SELF_SIGNED_SECRET) is None
    assert await world.get(SERVICE, f"{RELEASE}-admission") is None
    with pytest.raises(NotFound):
        await world.client.get(WEBHOOK, "", f"{RELEASE}-{world.namespace}")


async def warns(webhook: Webhook) -> bool:
    return (await webhook.apply(MISSPELT, "--dry-run=server", name="probe")).warnings == [MISSPELT_SAID]


def own_address() -> str:
    """An address of this machine that an EndpointSlice may have, which is none of loopback. Sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            pytest.skip("this machine has no address but loopback's")
        address: str = probe.getsockname()[0]
        return address


async def stand_behind_the_service(world: World, address: str, port: int) -> None:
    """What the EndpointSlice controller would write of a pod of the operator's."""
    fields: dict[str, Any] = {
        "addressType": "IPv4",
        "endpoints": [{"addresses": [address], "conditions": {"ready": True}}],
        "ports": [{"name": "admission", "port": port, "protocol": "TCP"}],
    }
    body = {
        "apiVersion": ENDPOINT_SLICE.api_version,
        "kind": ENDPOINT_SLICE.kind,
        "metadata": {
            "name": "operator-here",
            "namespace": world.namespace,
            "labels": {"kubernetes.io/service-name": f"{RELEASE}-admission"},
        },
        **fields,
    }
    await world.client.create(ENDPOINT_SLICE, body)


def write_certificate(secret: Object, directory: Path) -> None:
    """As the kubelet mounts it."""
    for name, data in secret["data"].items():
        (directory / name).write_bytes(base64.b64decode(data))
