"""The very same objects: what the operator sends for one workload, written down by a proxy, and sent for any other."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

import orjson

from tests.bench.bare import BareClient
from tests.faults.call import Call, writes
from tests.faults.proxy import FaultProxy
from tests.support.operators import running
from tests.support.waiting import eventually
from wharfinger.api import API_VERSION
from wharfinger.api.kinds import CONTAINER_WORKLOAD
from wharfinger.api.resource import Object
from wharfinger.cluster import Cluster
from wharfinger.engine.connection import Connection

_SAMPLE, _SAMPLE_NAMESPACE = "bench-sample", "bench-recorded"

SERVED: Object = {
    "image": "registry.example.com/shop/web:1.4",
    "env": [{"name": "LOG_LEVEL", "value": "info"}],
    "ports": [{"name": "http", "containerPort": 8080, "servicePort": 80}],
    "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}},
    "files": [{"path": "/etc/web/config.yaml", "content": "listen: 8080\n"}],
    "disruption": {"maxUnavailable": 1},
}
"""A usual service: revision, ConfigMap, Service, PodDisruptionBudget, Deployment."""

LEAN: Object = {"image": "registry.example.com/shop/web:1.4"}
"""The least there is: a revision and a Deployment."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What is sent for one workload, in its order."""

    spec: Object
    uid: str
    children: tuple[Call, ...]
    """Writes of children."""
    status: int
    """How many writes of status there were besides."""

    def workload(self, namespace: str, name: str) -> bytes:
        """The body that makes a workload."""
        metadata = {"name": name, "namespace": namespace}
        body = {"apiVersion": API_VERSION, "kind": "ContainerWorkload", "metadata": metadata, "spec": self.spec}
        return orjson.dumps(body)

    def replaced(self, text: str, namespace: str, name: str, uid: str) -> str:
        """What was said for the sample, said for another workload."""
        told = text.replace(_SAMPLE_NAMESPACE, namespace).replace(_SAMPLE, name)
        return told.replace(self.uid, uid)


def workloads_path(namespace: str) -> str:
    """The collection of a namespace's workloads."""
    return CONTAINER_WORKLOAD.path(namespace)


async def record(cluster: Cluster, client: BareClient, spec: Object) -> Recipe:
    """Let an operator make one workload's children, and write down how."""
    await client.namespace(_SAMPLE_NAMESPACE)
    connection = Connection.from_kubeconfig(cluster.kubeconfig)
    async with FaultProxy(connection) as proxy:
        async with running(
            cluster.kubeconfig, connection=proxy.connection, namespaces=(_SAMPLE_NAMESPACE,)
        ) as operator:
            empty = Recipe(spec, "", (), 0)
            made = orjson.loads(
                await client.send("POST", workloads_path(_SAMPLE_NAMESPACE), empty.workload(_SAMPLE_NAMESPACE, _SAMPLE))
            )
            await eventually(lambda: _status_written(proxy), what="the sample's children are written")
            await operator.wait_idle()
        sent = [each.call for each in proxy.answered(writes)]
    children = tuple(call for call in sent if call.resource != CONTAINER_WORKLOAD.plural)
    await client.send("DELETE", f"/api/v1/namespaces/{_SAMPLE_NAMESPACE}")
    return Recipe(spec, made["metadata"]["uid"], children, len(sent) - len(children))


async def _status_written(proxy: FaultProxy) -> bool:
    """Status comes after the children."""
    return any(each.call.subresource == "status" for each in proxy.answered(writes))


async def make_workload(client: BareClient, recipe: Recipe, namespace: str, name: str) -> str:
    """Create the resource alone; returns its uid."""
    answer = await client.send("POST", workloads_path(namespace), recipe.workload(namespace, name))
    uid: str = orjson.loads(answer)["metadata"]["uid"]
    return uid


async def make_children(client: BareClient, recipe: Recipe, namespace: str, name: str, uid: str) -> None:
    """Send what the operator sent."""
    for call in recipe.children:
        await replay(client, recipe, call, namespace, name, uid)


async def replay(client: BareClient, recipe: Recipe, call: Call, namespace: str, name: str, uid: str) -> None:
    """Send one of the recipe's requests for another workload."""
    path = recipe.replaced(call.path, namespace, name, uid)
    body = recipe.replaced(call.body.decode(), namespace, name, uid).encode()
    await client.send(call.method, f"{path}?{urlencode(call.query)}", body, call.content_type)
