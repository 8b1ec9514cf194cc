"""The admission webhook beside an operator of a test: certificates, its configuration, and what kubectl then prints."""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import yaml

from tests.support.operators import running
from tests.support.refusals import document
from tests.support.waiting import eventually
from tests.support.world import World
from wharfinger.api.resource import Object, Resource
from wharfinger.cluster.build import build
from wharfinger.cluster.layout import free_ports
from wharfinger.cluster.pki import Certificate, issue
from wharfinger.engine.admission import reviewer, serve
from wharfinger.engine.runtime import Operator
from wharfinger.engine.settings import AdmissionSettings
from wharfinger.reconcilers.operator import controllers

WEBHOOK = Resource(
    group="admissionregistration.k8s.io",
    version="v1",
    kind="ValidatingWebhookConfiguration",
    plural="validatingwebhookconfigurations",
    namespaced=False,
)
MANIFEST = Path(__file__).parents[2] / "manifests" / "admission" / "webhook.yaml"
HOST = "127.0.0.1"

MISSPELT: Object = {"image": "registry.example.com/shop/web:1", "pod": {"containerz": []}}
"""No schema refuses it; the operator does."""
MISSPELT_SAID = "spec.pod.containerz: unknown field; did you mean `containers`?"
GOOD: Object = {"image": "registry.example.com/shop/web:1"}


@dataclass(frozen=True, slots=True)
class Said:
    """How a kubectl ended, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def warnings(self) -> list[str]:
        """The warnings, without their mark."""
        return [line.removeprefix("Warning: ") for line in self.err.splitlines() if line.startswith("Warning: ")]


def certify(directory: Path, *, name: str = "tls") -> None:
    """A server's certificate for loopback, by the authority in the directory; a new one where there is none."""
    directory.mkdir(exist_ok=True)
    authority = [] if (directory / "ca.crt").exists() else [Certificate("ca", commonName="admission")]
    server = Certificate(name, "ca", "wharfinger-admission", hosts=(HOST,))
    issue([*authority, server], program=build().cluster, directory=directory)


def free_port() -> int:
    """For a webhook."""
    return free_ports(["admission"], host=HOST)["admission"]


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where an operator answers reviews, and how a document is applied there."""

    world: World
    port: int
    certificates: Path

    @property
    def url(self) -> str:
        """As the API server calls it."""
        return f"https://{HOST}:{self.port}/"

    async def post(self, review: Any) -> tuple[int, Any]:
        """Status and decoded answer to a review, asked without the API server."""
        context = ssl.create_default_context(cafile=str(self.certificates / "ca.crt"))
        body = review if isinstance(review, bytes) else json.dumps(review).encode()
        async with aiohttp.ClientSession() as session, session.post(self.url, data=body, ssl=context) as answer:
            return answer.status, (await answer.json() if answer.status == 200 else await answer.text())

    async def apply(self, spec: Object, *arguments: str, name: str = "web", **metadata: Any) -> Said:
        """``kubectl apply``, by which a person would meet the webhook."""
        obj = document(spec, name=name, namespace=self.world.namespace)
        obj["metadata"] |= metadata
        return await said(self.world, "apply", "-f", "-", *arguments, stdin=json.dumps(obj))

    @asynccontextmanager
    async def configured(self) -> AsyncIterator[None]:
        """The API server asks us about the namespace of `world`: the shipped configuration, at another address."""
        obj = configuration(self)
        await self.world.client.create(WEBHOOK, obj)
        try:
            await eventually(self._asked, timeout=60, what="a warning by the webhook")
            yield
        finally:
            await self.world.client.delete(WEBHOOK, ("", obj["metadata"]["name"]))

    async def _asked(self) -> bool:
        return bool((await self.apply({"replicas": 0, **MISSPELT}, "--dry-run=server", name="probe")).err)

    async def listening(self) -> None:
        """Wait until it answers; a body that is no review is refused as such."""

        async def look() -> bool:
            try:
                return (await self.post({}))[0] == 400
            except aiohttp.ClientError:
                return False

        await eventually(look, timeout=60, what=f"an answer at {self.url}")


def configuration(webhook: Webhook) -> Object:
    """The shipped ValidatingWebhookConfiguration, for one namespace and an operator on this machine."""
    obj: Object = yaml.safe_load(MANIFEST.read_text())
    obj["metadata"]["name"] = f"wharfinger-{webhook.world.namespace}"
    authority = base64.b64encode((webhook.certificates / "ca.crt").read_bytes()).decode()
    for each in obj["webhooks"]:
        each["clientConfig"] = {"url": webhook.url, "caBundle": authority}
        each["namespaceSelector"] = {"matchLabels": {"kubernetes.io/metadata.name": webhook.world.namespace}}
        each["timeoutSeconds"] = 10  # a busy machine says nothing about the webhook
    return obj


@asynccontextmanager
async def admitting(
    world: World, certificates: Path, *, enforce: bool = False, renewal: float = 30.0, host: str = HOST
) -> AsyncIterator[tuple[Operator, Webhook]]:
    """An operator of the world that answers reviews, in this process."""
    webhook = Webhook(world, free_port(), certificates)
    chosen = AdmissionSettings(
        certificates=certificates, renewal=renewal, enforce=enforce, host=host, port=webhook.port
    )
    async with running(world.kubeconfig, namespaces=(world.namespace,)) as operator:
        kinds = controllers(operator.settings)
        review = reviewer(kinds, operator.stores, enforce=enforce, metrics=operator.metrics)
        serving = asyncio.create_task(serve(review, chosen))
        try:
            yield operator, webhook
        finally:
            serving.cancel()
            await asyncio.wait([serving])


async def said(world: World, *arguments: str, stdin: str | None = None) -> Said:
    """Run kubectl in the world's namespace, whatever comes of it."""
    command = ("kubectl", "--kubeconfig", str(world.kubeconfig), "-n", world.namespace, *arguments)
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, stderr=pipe)
    out, err = await asyncio.wait_for(process.communicate(stdin.encode() if stdin is not None else None), 60)
    return Said(process.returncode or 0, out.decode(), err.decode())
