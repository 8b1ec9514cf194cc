"""What a decision is made from comes from the workload's own namespace, whatever an object elsewhere says of itself."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.support.refusals import document

from wharfinger.api.builtin import CONTROLLER_REVISION, DEPLOYMENT, EVENT_V1
from wharfinger.api.kinds import CONTAINER_WORKLOAD
from wharfinger.api.parse import parse
from wharfinger.api.resource import Object, Resource
from wharfinger.api.status import ContainerWorkloadStatus
from wharfinger.engine.settings import Settings
from wharfinger.engine.store import Store
from wharfinger.engine.stores import Stores
from wharfinger.reconcilers.operator import controllers
from wharfinger.reconcilers.view import View, gather

NOW = datetime(2026, 1, 1, tzinfo=UTC)
UID = "5f0c"


def _stores() -> Stores:
    """The operator's own, empty."""
    stores = Stores()
    for controller in controllers(Settings()):
        for watch in controller.watches:
            store = Store(watch.resource, trim=watch.trim, indexes=watch.indexes)
            stores.add(watch.name or str(watch.resource), store, owned=watch.owned)
    return stores


def _child(resource: Resource, namespace: str, **fields: object) -> Object:
    """An object that says that our workload controls it."""
    owner = {"apiVersion": "wharfinger.dev/v1alpha1", "kind": "ContainerWorkload", "name": "web", "uid": UID}
    metadata = {
        "name": "web",
        "namespace": namespace,
        "uid": f"{resource.plural}-{namespace}",
        "resourceVersion": "1",
        "ownerReferences": [{**owner, "controller": True}],
    }
    return {"apiVersion": resource.api_version, "kind": resource.kind, "metadata": metadata, **fields}


def _view(stores: Stores) -> View:
    obj = document({"image": "web:1"}, namespace="shop")
    obj["metadata"] |= {"uid": UID, "generation": 1}
    return gather(stores, parse(obj), ContainerWorkloadStatus(), now=NOW)


def test_a_revision_that_is_planted_elsewhere_is_none_of_ours() -> None:
    """It would be a pod template for the next rollback, written by somebody of another namespace."""
    stores = _stores()
    template = {"hash": "0123456789", "pod": {}, "claims": [], "files": {}}
    for namespace in ("shop", "elsewhere"):
        stores[CONTROLLER_REVISION].put(_child(CONTROLLER_REVISION, namespace, revision=1, data=template))
    assert [obj["metadata"]["namespace"] for _, obj in _view(stores).owned] == ["shop"]


def test_an_object_elsewhere_does_not_stand_for_what_runs() -> None:
    stores = _stores()
    stores[DEPLOYMENT].put(_child(DEPLOYMENT, "elsewhere", spec={}))
    assert _view(stores).live(DEPLOYMENT, "web") is None


def test_an_event_from_elsewhere_does_not_count() -> None:
    stores = _stores()
    stores[DEPLOYMENT].put(_child(DEPLOYMENT, "shop", spec={}))
    for namespace in ("shop", "elsewhere"):
        subject = {"kind": "Deployment", "namespace": namespace, "name": "web", "uid": "deployments-shop"}
        told = _child(EVENT_V1, namespace, type="Warning", reason="FailedCreate", involvedObject=subject)
        stores[EVENT_V1].put(told)
    assert [event["metadata"]["namespace"] for event in _view(stores).events] == ["shop"]


def test_what_a_dependency_ran_is_remembered_when_it_goes() -> None:
    """Nobody's pods are replaced because a dependency was deleted, nor because it runs nothing yet."""
    stores = _stores()
    workloads = stores.add(str(CONTAINER_WORKLOAD), Store(CONTAINER_WORKLOAD), owned=False)
    pod = {"metadata": {"annotations": {"wharfinger.dev/dependencies": "cache=1/2,db=5f0c0000/7"}}}
    kept = {"hash": "0123456789", "pod": pod, "claims": [], "files": {}}
    stores[CONTROLLER_REVISION].put(_child(CONTROLLER_REVISION, "shop", revision=1, data=kept))
    obj = document({"image": "web:1", "dependsOn": [{"name": "db", "restart": True}]}, namespace="shop")
    obj["metadata"] |= {"uid": UID, "generation": 1}

    def seen() -> object:
        return dict(gather(stores, parse(obj), ContainerWorkloadStatus(), now=NOW).restarted_with)

    assert seen() == {"db": "5f0c0000/7"}
    db = {"metadata": {"name": "db", "namespace": "shop", "uid": "beef0000-1", "resourceVersion": "1"}, "spec": {}}
    workloads.put(db | {"status": {"rollout": {"runningRevision": 2}}})
    assert seen() == {"db": "beef0000/2"}
    waiting = {"metadata": db["metadata"] | {"resourceVersion": "2"}, "spec": {}, "status": {}}
    workloads.put(waiting)
    assert seen() == {"db": "5f0c0000/7"}
