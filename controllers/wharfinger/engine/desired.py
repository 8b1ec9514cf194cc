"""What an owner wants of one child, ready to be compared and written; and whose a live object is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wharfinger.api.labels import APPLIED_ANNOTATION, INSTANCE_LABEL, MANAGED_BY_LABEL, RETAIN_ANNOTATION
from wharfinger.api.resource import Key, Object, Resource, controller_of, key_of
from wharfinger.engine.client import MANAGER
from wharfinger.engine.diff import fingerprint, project

SCALE_MANAGER = "wharfinger-scale"
"""Field manager that co-owns ``spec.replicas`` where somebody else scales."""


@dataclass(frozen=True, slots=True)
class Desired:
    """One child as it should be. Making one costs a hash; keep it while what it is made from stays the same."""

    resource: Resource
    body: Object
    hash: str
    key: Key
    wave: int = 0
    """Lower waves are written first; one with errors holds back those after it."""
    initial_replicas: int | None = None
    """``spec.replicas`` for the creation only, where the body leaves it to somebody else."""
    once: bool = False
    """Made if it is not there, then left as it is: nothing is compared, so the store need not have it whole."""

    @property
    def retained(self) -> bool:
        """Whether the child outlives its owner."""
        return retained(self.body)


def prepare(
    resource: Resource, body: Object, *, wave: int = 0, initial_replicas: int | None = None, once: bool = False
) -> Desired:
    """``body`` is a complete object, with name and namespace, without owner references."""
    return Desired(resource, body, fingerprint(body), key_of(body), wave, initial_replicas, once)


def retained(obj: Object) -> bool:
    """Whether the object outlives its owner."""
    return (obj["metadata"].get("annotations") or {}).get(RETAIN_ANNOTATION) == "true"


def reference_to(owner: Object) -> Object:
    """The owner reference of a controller."""
    metadata = owner["metadata"]
    return {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": metadata["name"],
        "uid": metadata["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


def to_write(owner: Object, desired: Desired) -> Object:
    """The body with what every child carries: the fingerprint, and who controls it."""
    metadata = desired.body["metadata"]
    annotations = {**(metadata.get("annotations") or {}), APPLIED_ANNOTATION: desired.hash}
    whole = {**metadata, "annotations": annotations}
    if not desired.retained:
        whole["ownerReferences"] = [reference_to(owner)]
    return {**desired.body, "metadata": whole}


def to_create(owner: Object, desired: Desired) -> Object:
    """As `to_write`, with the replicas to begin with."""
    body = to_write(owner, desired)
    if desired.initial_replicas is not None and "replicas" not in body["spec"]:
        body["spec"] = {**body["spec"], "replicas": desired.initial_replicas}
    return body


def is_ours(owner: Object, live: Object) -> bool:
    """Whether ``live`` is the owner's child: by controller reference; without one, by what only we write on it."""
    reference = controller_of(live)
    if reference is not None:
        return bool(reference["uid"] == owner["metadata"]["uid"])
    metadata = live["metadata"]
    labels = metadata.get("labels") or {}
    return (
        APPLIED_ANNOTATION in (metadata.get("annotations") or {})
        and labels.get(INSTANCE_LABEL) == owner["metadata"]["name"]
        and labels.get(MANAGED_BY_LABEL) == MANAGER
    )


def is_leftover(owner: Object, live: Object) -> bool:
    """Whether ``live`` belonged to an earlier object of the owner's kind and name, and waits for garbage collection."""
    reference = controller_of(live)
    if reference is None or reference["uid"] == owner["metadata"]["uid"]:
        return False
    mine = (owner["kind"], owner["metadata"]["name"], _group(owner["apiVersion"]))
    return mine == (reference["kind"], reference["name"], _group(reference["apiVersion"]))


def describe_owner(resource: Resource, live: Object) -> str:
    """Who has the object, for a message."""
    namespace, name = key_of(live)
    what = f"{resource.kind} {namespace + '/' if namespace else ''}{name}"
    reference = controller_of(live)
    if reference is None:
        return f"{what} exists and was not made by Wharfinger"
    return f"{what} is controlled by {reference['kind']} {reference['name']}"


def scaler(live: Object) -> str | None:
    """The field manager that scales the object through its scale subresource: an autoscaler. kubectl does not count."""
    for entry in live["metadata"].get("managedFields") or ():
        manager = str(entry.get("manager", ""))
        by_hand = manager.startswith("kubectl") or manager in {MANAGER, SCALE_MANAGER}
        if entry.get("subresource") == "scale" and not by_hand:
            return manager
    return None


def upgrade(live: Object) -> list[Object]:
    """The JSON patch that turns what we own by creation (Update) into what we own by apply; empty where it is done.

    Without it, items that a later apply leaves out of a list would stay for ever: Update still owned them. The
    resource version makes the server refuse it (409) if the object changed since it was read.
    """
    for position, entry in enumerate(live["metadata"].get("managedFields") or ()):
        if entry["manager"] == MANAGER and entry["operation"] == "Update" and not entry.get("subresource"):
            version = live["metadata"]["resourceVersion"]
            return [
                {"op": "replace", "path": f"/metadata/managedFields/{position}/operation", "value": "Apply"},
                {"op": "replace", "path": "/metadata/resourceVersion", "value": version},
            ]
    return []


def hand_over(live: Object, desired: Desired) -> Object | None:
    """The apply by which `SCALE_MANAGER` takes the live replicas over before the main apply lets go of them.

    Dropping ``replicas`` from an apply that alone owned it resets it to the default, 1: the commonest bug of operators
    beside an autoscaler. None where the body has replicas, or where we do not own them.
    """
    if "replicas" in (desired.body.get("spec") or {}):
        return None
    owned = any(
        entry["manager"] == MANAGER and owns_replicas(entry) for entry in live["metadata"].get("managedFields") or ()
    )
    if not owned or "replicas" not in (live.get("spec") or {}):
        return None
    metadata = live["metadata"]
    names = {name: metadata[name] for name in ("name", "namespace", "uid", "resourceVersion") if name in metadata}
    return {
        "apiVersion": desired.body["apiVersion"],
        "kind": desired.body["kind"],
        "metadata": names,
        "spec": {"replicas": live["spec"]["replicas"]},
    }


def owns_replicas(entry: Object) -> bool:
    """Whether a managedFields entry, slim or whole, holds ``spec.replicas``."""
    return bool(entry.get("replicas")) or "f:replicas" in ((entry.get("fieldsV1") or {}).get("f:spec") or ())


def _group(api_version: str) -> str:
    return api_version.rpartition("/")[0]


def substance(live: Object, desired: Desired) -> tuple[Any, ...]:
    """What a comparison depends on: where there is a generation, it stands for everything but metadata and status."""
    metadata = live["metadata"]
    version = metadata.get("generation") or metadata["resourceVersion"]
    parts = (metadata.get(part) for part in ("labels", "annotations", "ownerReferences"))
    return desired.hash, version, *parts


def digest(desired: Desired, live: Object) -> tuple[str, str]:
    """What an object looked like that does not cover ``desired`` right after that was written."""
    return desired.hash, fingerprint(project(live, desired.body))
