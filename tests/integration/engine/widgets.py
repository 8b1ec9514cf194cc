"""A kind of the engine's tests: a Widget owns the objects that its spec lists, and its status counts them.

The reconcile function is the least that uses every part of the engine, so that a failure here is the engine's.
"""

from __future__ import annotations

from typing import Any

from wharfinger.api.builtin import BY_KIND, CONFIG_MAP, DEPLOYMENT, SERVICE
from wharfinger.api.resource import Key, Object, Resource
from wharfinger.engine.conditions import Condition, conditions
from wharfinger.engine.controller import Context, Controller, Result, Watch
from wharfinger.engine.writer import Desired, prepare

WIDGET = Resource(group="engine.test", version="v1", kind="Widget", plural="widgets")

OURS = "app.kubernetes.io/managed-by=wharfinger"

_ANY = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}


def definition(resource: Resource = WIDGET) -> Object:
    """The CustomResourceDefinition."""
    version = {
        "name": resource.version,
        "served": True,
        "storage": True,
        "subresources": {"status": {}},
        "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": _ANY, "status": _ANY}}},
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": str(resource)},
        "spec": {
            "group": resource.group,
            "scope": "Namespaced",
            "names": {"kind": resource.kind, "plural": resource.plural},
            "versions": [version],
        },
    }


def widget(namespace: str, name: str, *children: Object, **spec: Any) -> Object:
    """A Widget that wants these children."""
    return {
        "apiVersion": WIDGET.api_version,
        "kind": WIDGET.kind,
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"children": list(children), **spec},
    }


def config(name: str, **data: str) -> Object:
    """A ConfigMap to want."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def deployment(name: str, *, env: dict[str, str] | None = None, **spec: Any) -> Object:
    """A Deployment to want."""
    labels = {"app": name}
    container = {
        "name": "main",
        "image": "example.com/nothing:1",
        "env": [{"name": key, "value": value} for key, value in (env or {}).items()],
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
            **spec,
        },
    }


def desired(owner: Object) -> list[Desired]:
    """What a Widget wants, as the writer takes it."""
    metadata, spec = owner["metadata"], owner.get("spec", {})
    labels = {"app.kubernetes.io/managed-by": "wharfinger", "app.kubernetes.io/instance": metadata["name"]}
    wanted = []
    for child in spec.get("children", ()):
        own = child["metadata"]
        whole = {**own, "namespace": metadata["namespace"], "labels": {**labels, **own.get("labels", {})}}
        resource = BY_KIND[child["apiVersion"], child["kind"]]
        initial = spec.get("initialReplicas") if resource == DEPLOYMENT else None
        wanted.append(prepare(resource, {**child, "metadata": whole}, initial_replicas=initial))
    return wanted


async def reconcile(context: Context, key: Key) -> Result | None:
    """Fetch, write children, report."""
    owner = context.store.get(*key)
    if owner is None or "deletionTimestamp" in owner["metadata"]:
        return None
    outcome = await context.writer.ensure(owner, desired(owner))
    reason = outcome.errors[0].reason if outcome.errors else "Written"
    message = outcome.errors[0].message if outcome.errors else ""
    verdicts = [Condition("Ready", outcome.ok, reason, message)]
    if outcome.errors:
        verdicts.append(Condition("Stalled", True, reason, message))
    generation = owner["metadata"]["generation"]
    previous = owner.get("status", {}).get("conditions", ())
    status = {
        "observedGeneration": generation,
        "children": len(outcome.live),
        "conditions": conditions(previous, verdicts, generation=generation, now=context.now()),
    }
    context.status.submit(owner, status)
    return Result(requeue_after=1.0) if outcome.errors else None


WATCHES = tuple(Watch(resource, label_selector=OURS, settle=0.05) for resource in (CONFIG_MAP, DEPLOYMENT, SERVICE))

CONTROLLER = Controller(name="widgets", resource=WIDGET, reconcile=reconcile, watches=WATCHES)
