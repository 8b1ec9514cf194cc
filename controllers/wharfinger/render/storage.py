"""``storage``: PersistentVolumeClaims, one a pod in mode ``stateful``, else one a workload, shared by its pods."""

from __future__ import annotations

from wharfinger.api.builtin import PERSISTENT_VOLUME_CLAIM
from wharfinger.api.containerworkload import ClaimTemplate, Storage, Workload
from wharfinger.api.labels import RETAIN_ANNOTATION
from wharfinger.api.resource import Object
from wharfinger.render import names
from wharfinger.render.metadata import metadata, new, own_labels
from wharfinger.render.values import present

_MANY_NODES = frozenset({"ReadWriteMany", "ReadOnlyMany"})


def on_one_node(storage: Storage) -> bool:
    """Whether pods on different nodes cannot mount it at once."""
    return _MANY_NODES.isdisjoint(storage.access_modes)


def claims(workload: Workload) -> list[Object]:
    """The claims to write ourselves: none in mode ``stateful``, whose StatefulSet makes them from templates.

    A claim to be retained is marked, so that it is written without an ownerReference: garbage collection spares it.
    """
    if workload.spec.mode == "stateful":
        return []
    return [_claim(workload, storage) for storage in workload.spec.storage]


def claim_templates(workload: Workload) -> tuple[Object, ...]:
    """The volumeClaimTemplates of a StatefulSet. Immutable there, so those of `storage` carry our own labels and no
    user's; those of `stateful` are as they are written."""
    if workload.spec.mode != "stateful":
        return ()
    return (
        *(
            {"metadata": {"name": storage.name, "labels": own_labels(workload)}, "spec": _claim_spec(storage)}
            for storage in workload.spec.storage
        ),
        *(_as_written(claim) for claim in _written(workload)),
    )


def _written(workload: Workload) -> list[ClaimTemplate]:
    return workload.spec.stateful.volume_claim_templates if workload.spec.stateful else []


def _as_written(claim: ClaimTemplate) -> Object:
    meta = claim.metadata
    named = present(name=meta.name, labels=dict(meta.labels), annotations=dict(meta.annotations))
    return {"metadata": named, "spec": claim.spec}


def claim_retention(workload: Workload) -> Object:
    """persistentVolumeClaimRetentionPolicy: for the StatefulSet as a whole, so one claim to retain retains them all."""
    retain = bool(_written(workload)) or any(storage.retain for storage in workload.spec.storage)
    policy = "Retain" if retain else "Delete"
    return {"whenDeleted": policy, "whenScaled": policy}


def storage_volumes(workload: Workload) -> list[Object]:
    """The pod's volumes for `storage`; a StatefulSet adds those of its templates by itself."""
    if workload.spec.mode == "stateful":
        return []
    return [
        {"name": storage.name, "persistentVolumeClaim": {"claimName": names.claim(workload, storage.name)}}
        for storage in workload.spec.storage
    ]


def storage_mounts(workload: Workload) -> list[Object]:
    """The main container's mounts for `storage`."""
    return [
        {"name": storage.name, "mountPath": storage.path}
        | present(subPath=storage.sub_path, readOnly=storage.read_only or None)
        for storage in workload.spec.storage
    ]


def _claim(workload: Workload, storage: Storage) -> Object:
    retained = {RETAIN_ANNOTATION: "true"} if storage.retain else None
    meta = metadata(workload, names.claim(workload, storage.name), annotations=retained)
    return new(PERSISTENT_VOLUME_CLAIM, meta, spec=_claim_spec(storage))


def _claim_spec(storage: Storage) -> Object:
    return {
        "accessModes": list(storage.access_modes),
        "resources": {"requests": {"storage": storage.size}},
    } | present(storageClassName=storage.storage_class_name)
