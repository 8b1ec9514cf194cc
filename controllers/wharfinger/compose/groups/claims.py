"""Volumes of a project: each a PersistentVolumeClaim that all services share which mount it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from wharfinger.api.labels import RETAIN_ANNOTATION
from wharfinger.api.resource import Object
from wharfinger.api.status import Finding
from wharfinger.compose import names
from wharfinger.compose.groups.labels import as_annotations, label_findings
from wharfinger.compose.groups.mounts import mounts
from wharfinger.compose.groups.objects import metadata
from wharfinger.compose.groups.quantities import of_size
from wharfinger.compose.mode import scale
from wharfinger.compose.part import Context, Part, located
from wharfinger.compose.rows import Row

SIZE_LABEL: Final = "kompose.volume.size"
CLASS_LABEL: Final = "kompose.volume.storage-class-name"
ACCESS_LABEL: Final = "wharfinger.dev/access-mode"

ROWS: Final = (
    Row(
        "volumes",
        "partly",
        "a PersistentVolumeClaim that all services share which mount it, and nothing where none does; of "
        f"{SIZE_LABEL}, {CLASS_LABEL} and {ACCESS_LABEL} among its labels, else of the defaults. A new one is empty: "
        "what the image has in its place is not copied, as a finding says. It stays when the project goes, unless it "
        "is said otherwise (`--volume-retention Delete`)",
    ),
    Row("volumes.*.name", "honoured", "name of the claim; the volume's key if absent"),
    Row(
        "volumes.*.external", "honoured", "the claim of that name is used, and not made; a finding says so", whole=True
    ),
    Row("volumes.*.labels", "honoured", "annotations of the claim, but for those above"),
    Row(
        "volumes.*.driver",
        "partly",
        "`local` is a claim; with another the claim is used, and not made: a finding says what to make",
    ),
    Row(
        "volumes.*.driver_opts",
        "reported",
        "the claim is used, and not made: a finding says what to make (for NFS, too)",
    ),
)

KEPT: Final = {
    RETAIN_ANNOTATION: "true",
    "helm.sh/resource-policy": "keep",
    "argocd.argoproj.io/sync-options": "Prune=false,Delete=false",
    "kustomize.toolkit.fluxcd.io/prune": "disabled",
}
"""Annotations of a claim that stays when what wrote it takes everything else away: for us, Helm, Argo CD and Flux."""
_CLAIM = re.compile(r"^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$")
_MANY: Final = ("ReadWriteMany", "ReadOnlyMany")
_ACCESS_MODES: Final = ("ReadWriteOnce", "ReadWriteOncePod", *_MANY)


def claim_name(context: Context, key: str) -> str:
    """Name of the claim of a volume. An external one's is as it is written."""
    written = _written(context, key)
    if _volume(context, key).get("external"):
        return written
    return context.once(_names)[written]


def _names(context: Context) -> dict[str, str]:
    """Of all volumes: name given to name of the claim."""
    return names.workloads(_written(context, each) for each in _volumes(context))


def many_nodes(context: Context, key: str) -> bool:
    """Whether pods on different nodes may mount a volume at once, as far as is known."""
    volume = _volume(context, key)
    return _elsewhere(volume) or _access(volume) in _MANY


def _volumes(context: Context) -> Object:
    found: Object = context.project.get("volumes") or {}
    return found


def _volume(context: Context, key: str) -> Object:
    return _volumes(context).get(key) or {}


def _written(context: Context, key: str) -> str:
    """The name given; without the project's in front, which compose-go adds where none is given."""
    name = _volume(context, key).get("name") or key
    return key if name == f"{context.project.get('name')}_{key}" else str(name)


def _access(volume: Object) -> str:
    return str((volume.get("labels") or {}).get(ACCESS_LABEL, "ReadWriteOnce"))


def users(context: Context, key: str) -> list[str]:
    """Services that mount a volume."""
    return context.once(_users).get(key, [])


def _users(context: Context) -> dict[str, list[str]]:
    """By volume."""
    found: dict[str, list[str]] = {}
    for name in context.project.get("services") or {}:
        mounted = [each for each in mounts(context, name) if each["type"] in ("volume", "cluster")]
        for key in dict.fromkeys(each["source"] for each in mounted if each.get("source")):
            found.setdefault(key, []).append(name)
    return found


def top_level(context: Context) -> Part:
    """The claims, and what is to know about them."""
    used = [key for key in _volumes(context) if users(context, key)]
    made = [key for key in used if not _elsewhere(_volume(context, key))]
    message = "are empty at first: what an image has where one is mounted is not copied into it; fill them by a job"
    empty = (located(context.document, "volumes", "info", "VolumesEmpty", message),) if made else ()
    return Part(
        objects=tuple(_claim(context, key) for key in made),
        findings=(*empty, *(finding for key in used for finding in _findings(context, key))),
    )


def _elsewhere(volume: Object) -> bool:
    """Whether a volume is another's to make."""
    return bool(volume.get("external") or volume.get("driver_opts") or volume.get("driver") not in (None, "local"))


def _claim(context: Context, key: str) -> Object:
    volume = _volume(context, key)
    labels = volume.get("labels") or {}
    meta = metadata(context, claim_name(context, key))
    told = {name: text for name, text in as_annotations(labels).items() if name != ACCESS_LABEL}
    if context.defaults.volume_retention == "Retain":
        told |= KEPT
    storage_class = labels.get(CLASS_LABEL) or context.defaults.storage_class
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": meta | ({"annotations": told} if told else {}),
        "spec": {
            "accessModes": [_access(volume)],
            "resources": {"requests": {"storage": _size(volume) or context.defaults.storage_size}},
            **({"storageClassName": storage_class} if storage_class else {}),
        },
    }


def _size(volume: Object) -> str | None:
    """What the label says: a Kubernetes quantity as it is, a size of Docker's in its own units."""
    text = str((volume.get("labels") or {}).get(SIZE_LABEL, ""))
    return text if re.fullmatch(r"[1-9][0-9]*(\.[0-9]+)?([kMGTP]|[KMGTP]i)", text) else of_size(text)


def _findings(context: Context, key: str) -> Iterator[Finding]:
    volume, name, path = _volume(context, key), claim_name(context, key), f"volumes.{key}"
    yield from label_findings(context, f"{path}.labels", volume.get("labels"), read=(SIZE_LABEL, CLASS_LABEL))
    if volume.get("external"):
        if not _CLAIM.match(name):
            message = (
                f"`{name}` is no name of a claim; write lower-case letters, digits and dashes, as the claim has them"
            )
            yield located(context.document, path, "error", "NameNotLegal", message)
        else:
            message = f"the PersistentVolumeClaim {name} must be in the namespace: it is used, and not made"
            yield located(context.document, path, "info", "ClaimNeeded", message)
        return
    if _elsewhere(volume):
        said = "driver" if volume.get("driver") not in (None, "local") else "driver_opts"
        yield located(context.document, f"{path}.{said}", "warning", "ClaimNeeded", _what_to_make(volume, name))
        return
    yield from _label_values(context, key, path)
    yield from _sharing(context, key, path)


def _label_values(context: Context, key: str, path: str) -> Iterator[Finding]:
    """Of those that speak to us, what no claim takes."""
    volume = _volume(context, key)
    size = (volume.get("labels") or {}).get(SIZE_LABEL)
    if size is not None and not _size(volume):
        message = f"`{size}` is no size; write it as 500Mi or 10Gi"
        yield located(context.document, f"{path}.labels.{SIZE_LABEL}", "error", "ValueUnknown", message)
    if _access(volume) not in _ACCESS_MODES:
        message = f"`{_access(volume)}` is no access mode; write one of {', '.join(_ACCESS_MODES)}"
        yield located(context.document, f"{path}.labels.{ACCESS_LABEL}", "error", "ValueUnknown", message)


def _what_to_make(volume: Object, name: str) -> str:
    """A person's work, in one line."""
    given = volume.get("driver_opts") or {}
    if str(given.get("type", "")).startswith("nfs"):
        address = re.search(r"addr=([^,]+)", str(given.get("o", "")))
        server = address[1] if address else "…"
        path = str(given.get("device", "")).partition(":")[2] or "…"
        return (
            f"no claim is made: make a PersistentVolume with nfs: {{server: {server}, path: {path}}}, its mountOptions "
            f"from `o`, and a PersistentVolumeClaim {name} for it"
        )
    return (
        f"no claim is made: driver {volume.get('driver') or 'local'} and its options are the Docker host's; make a "
        f"PersistentVolumeClaim {name}, of a storage class that does the same"
    )


def _sharing(context: Context, key: str, path: str) -> Iterator[Finding]:
    """Of a volume that one node only can mount, with pods on several."""
    if many_nodes(context, key):
        return
    who = users(context, key)
    services = context.project["services"]
    if len(who) > 1 or any(scale(services[name]) > 1 for name in who):
        message = (
            f"several pods mount it ({', '.join(who)}), and ReadWriteOnce lets one node only: with a class that can, "
            f"label the volume {ACCESS_LABEL}: ReadWriteMany"
        )
        yield located(context.document, path, "warning", "SharedByOneNode", message)
