"""What the demo puts on the cluster, and takes off it again: CRDs, a namespace, the samples, its own workload."""

from contextlib import suppress
from pathlib import Path
from typing import Any

from wharfinger.api.builtin import BY_KIND, CUSTOM_RESOURCE_DEFINITION, NAMESPACE
from wharfinger.api.customresource import definition
from wharfinger.api.kinds import KINDS, NODE_POLICY
from wharfinger.api.resource import Resource
from wharfinger.cli.demo.waiting import Objects, until
from wharfinger.cli.documents import read_documents
from wharfinger.cli.errors import CommandError
from wharfinger.cli.kube import WRITTEN
from wharfinger.engine.client import KubeClient
from wharfinger.engine.errors import NotFound
from wharfinger.engine.reflector import established

Object = dict[str, Any]

SAMPLES = Path(__file__).parents[4] / "manifests" / "samples"
"""In a checkout. An installed package has none, and the demo shows its own workload only."""

MANAGER = "wharfinger-demo"

SERVED = 30.0
"""Seconds for the API server to serve a new kind, or to let a namespace go."""


async def install(client: KubeClient, namespace: str, *, replace: bool) -> list[str]:
    """Bring the CRDs and the namespace. The answer names the CRDs that were not there before.

    With ``replace`` CRDs of another version make room for ours. Without it they are others' business: CommandError,
    before anything is changed.
    """
    ours = [definition(kind) for kind in KINDS]
    live = {crd["metadata"]["name"]: crd for crd in await client.list(CUSTOM_RESOURCE_DEFINITION)}
    names = {crd["metadata"]["name"] for crd in ours}
    if not replace:
        _require_same(ours, live)
    for crd in ours:
        if replace or crd["metadata"]["name"] not in live:
            await client.apply(CUSTOM_RESOURCE_DEFINITION, crd, manager=MANAGER)
    await until(client, CUSTOM_RESOURCE_DEFINITION, "", lambda crds: _served(crds, names), deadline=SERVED)
    await remove_namespace(client, namespace)
    await client.create(NAMESPACE, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
    return sorted(names - live.keys())


async def remove(client: KubeClient, namespace: str, brought: list[str]) -> None:
    """Take away what `install` brought, with all that was made of it."""
    await remove_namespace(client, namespace)
    for name in brought:
        with suppress(NotFound):
            await client.delete(CUSTOM_RESOURCE_DEFINITION, ("", name))


async def remove_namespace(client: KubeClient, namespace: str) -> None:
    """Delete the demo's namespace, left by an earlier run or this one, and wait until it is gone."""
    with suppress(NotFound):
        await client.delete(NAMESPACE, ("", namespace))
        await until(client, NAMESPACE, "", lambda objects: namespace not in objects, deadline=SERVED * 4)


def samples(namespace: str) -> list[Object]:
    """The documents of manifests/samples, placed into the demo's namespace; without those about the cluster's nodes."""
    if not SAMPLES.is_dir():
        return []
    documents = [document.content for document in read_documents([str(SAMPLES)])]
    return [
        {**content, "metadata": {**content["metadata"], "namespace": namespace}}
        for content in documents
        if content["kind"] not in ("Kustomization", NODE_POLICY.kind)
    ]


async def apply(client: KubeClient, obj: Object) -> None:
    """Server-side apply, as ``kubectl apply --server-side`` does."""
    await client.apply(resource_of(obj), obj, manager=MANAGER)


def resource_of(obj: Object) -> Resource:
    """The resource that an object belongs to: ours, or one of Kubernetes' own."""
    ours = next((resource for resource in WRITTEN if resource.describes(obj)), None)
    return ours or BY_KIND[obj["apiVersion"], obj["kind"]]


def _served(crds: Objects, names: set[str]) -> bool:
    return all(name in crds and established(crds[name]) for name in names)


def _require_same(ours: list[Object], live: Objects) -> None:
    for crd in ours:
        name = crd["metadata"]["name"]
        if name in live and schemas(live[name]) != schemas(crd):
            raise CommandError(
                f"the CRD {name} of this cluster is of another version of Wharfinger: run that version's demo, or, if "
                "no other operator there needs it, apply this one's: kubectl apply --server-side -f crds/"
            )


def schemas(crd: Object) -> dict[str, Object]:
    """The schema of each version that a CRD serves."""
    return {version["name"]: version["schema"] for version in crd["spec"]["versions"] if version["served"]}
