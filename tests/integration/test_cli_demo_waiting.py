"""The demo waits by watching a real API server."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from wharfinger.api import GROUP
from wharfinger.api.builtin import CONFIG_MAP, CUSTOM_RESOURCE_DEFINITION, NAMESPACE
from wharfinger.api.customresource import CustomResource, definition
from wharfinger.cli.demo import setup
from wharfinger.cli.demo.waiting import NotSeenError, Objects, until
from wharfinger.cli.demo.workloads import OWN, hello
from wharfinger.cli.errors import CommandError
from wharfinger.cli.kube import WORKLOAD, connect
from wharfinger.engine.client import KubeClient

pytestmark = pytest.mark.integration

Object = dict[str, Any]


@pytest_asyncio.fixture
async def client(kubeconfig: Path) -> AsyncIterator[KubeClient]:
    async with connect(kubeconfig=kubeconfig) as kube:
        yield kube.client


def config_map(namespace: str, name: str, **data: str) -> Object:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": namespace}, "data": data}


async def test_it_ends_with_the_event_that_makes_it_so(client: KubeClient, namespace: str) -> None:
    seen: list[set[str]] = []

    def has_second(objects: Objects) -> bool:
        return objects.get("b", {}).get("data") == {"k": "2"}

    waiting = asyncio.create_task(
        until(
            client,
            CONFIG_MAP,
            namespace,
            has_second,
            deadline=20,
            on_change=lambda objects: seen.append(set(objects) - {"kube-root-ca.crt"}),
        )
    )
    await client.create(CONFIG_MAP, config_map(namespace, "a"))
    await client.create(CONFIG_MAP, config_map(namespace, "b", k="1"))
    await client.delete(CONFIG_MAP, (namespace, "a"))
    await client.patch(CONFIG_MAP, (namespace, "b"), {"data": {"k": "2"}})
    assert await waiting < 20
    assert seen[-1] == {"b"}


async def test_it_says_what_was_there_when_it_did_not_come(client: KubeClient, namespace: str) -> None:
    await client.create(CONFIG_MAP, config_map(namespace, "a"))
    with pytest.raises(NotSeenError, match=r"^not so after 1 s: .*\ba\b"):
        await until(client, CONFIG_MAP, namespace, lambda objects: "b" in objects, deadline=1)


async def test_set_up_can_be_done_again_and_leaves_nothing(client: KubeClient, namespace: str) -> None:
    """The second time finds the namespace of the first, with a workload in it, and begins anew."""
    own = f"{namespace}-demo"
    brought = await setup.install(client, own, replace=True)
    await setup.apply(client, hello(OWN, own))
    await setup.install(client, own, replace=False)
    assert await client.list(WORKLOAD, own) == []
    await setup.remove(client, own, [])
    assert own not in {each["metadata"]["name"] for each in await client.list(NAMESPACE)}
    assert set(brought) <= {"containerworkloads.wharfinger.dev"}


async def test_a_crd_of_another_version_is_left_alone_and_told(
    client: KubeClient, crds: None, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def newer(kind: CustomResource) -> Object:
        crd = definition(kind)
        root = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
        root["properties"]["spec"]["properties"]["fromTheFuture"] = {"type": "string"}
        return crd

    async def versions() -> set[str]:
        live = await client.list(CUSTOM_RESOURCE_DEFINITION)
        return {crd["metadata"]["resourceVersion"] for crd in live if crd["metadata"]["name"].endswith(f".{GROUP}")}

    before = await versions()
    monkeypatch.setattr(setup, "definition", newer)
    with pytest.raises(CommandError, match=r"containerworkloads\.\S+ .* another version .*kubectl apply"):
        await setup.install(client, f"{namespace}-demo", replace=False)
    assert await versions() == before
    assert f"{namespace}-demo" not in {each["metadata"]["name"] for each in await client.list(NAMESPACE)}
