"""``files``: text kept in an immutable ConfigMap named after its content, and Secrets and ConfigMaps that exist.

Content-addressed names do two things. New text is a new ConfigMap and so a new pod template: the change rolls out with
the health gate, and not into running pods behind its back. And a rollback finds the text it ran with.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from wharfinger.api.builtin import CONFIG_MAP
from wharfinger.api.containerworkload import FileMount, FileSource, Workload
from wharfinger.api.resource import Object
from wharfinger.render import names
from wharfinger.render.metadata import metadata, new
from wharfinger.render.values import present

Contents = Mapping[str, Mapping[str, str]]
"""ConfigMap name to its data."""

_VOLUME = "wharfinger-files"
_READABLE = 64
_NOT_IN_KEYS = re.compile(r"[^-._a-zA-Z0-9]+")


def contents(workload: Workload) -> Contents:
    """The ConfigMap of the files given as text: one for all, none where there is no such file."""
    data = {file_key(file.path): file.content for file in workload.spec.files if file.content is not None}
    if not data:
        return {}
    digest = names.short_hash("\0".join(part for key in sorted(data) for part in (key, data[key])))
    return {names.files(workload, digest): data}


def config_maps(workload: Workload, kept: Contents) -> list[Object]:
    """The ConfigMaps of `kept`, immutable: the kubelet need not watch them, and nobody changes what a revision runs."""
    return [new(CONFIG_MAP, metadata(workload, name), immutable=True, data=dict(data)) for name, data in kept.items()]


def file_key(path: str) -> str:
    """The ConfigMap key of a file: the end of its path for people, behind a hash of the whole that makes it unique."""
    readable = _NOT_IN_KEYS.sub("-", PurePosixPath(path).name)
    return f"{names.short_hash(path)}-{readable[-_READABLE:]}"


def file_volumes(workload: Workload, kept: Contents) -> list[Object]:
    """The pod's volumes for `files`."""
    return [*_content_volume(workload, kept), *(_source_volume(file) for file in _referring(workload))]


def file_mounts(workload: Workload) -> list[Object]:
    """The main container's mounts for `files`, in their order."""
    return [_mount(file) for file in workload.spec.files]


def _referring(workload: Workload) -> Iterator[FileMount]:
    return (file for file in workload.spec.files if file.content is None)


def _content_volume(workload: Workload, kept: Contents) -> Iterator[Object]:
    for name in kept:
        items = [_item(file_key(file.path), file.mode) for file in workload.spec.files if file.content is not None]
        yield {"name": _VOLUME, "configMap": {"name": name, "items": items}}


def _source_volume(file: FileMount) -> Object:
    field, name_field, source = _source(file)
    items = [_item(source.key, file.mode)] if source.key else None
    volume = present(items=items, defaultMode=None if items else file.mode, optional=source.optional or None)
    return {"name": _volume_name(file), field: {name_field: source.name} | volume}


def _source(file: FileMount) -> tuple[str, str, FileSource]:
    """The volume's field, its field for the object's name, and the reference."""
    if file.secret_ref is not None:
        return "secret", "secretName", file.secret_ref
    if file.config_map_ref is not None:
        return "configMap", "name", file.config_map_ref
    raise ValueError(f"files: {file.path} has no content, secretRef or configMapRef")


def _mount(file: FileMount) -> Object:
    if file.content is not None:
        return _read_only(_VOLUME, file.path, sub_path=file_key(file.path))
    return _read_only(_volume_name(file), file.path, sub_path=_source(file)[2].key)


def _read_only(volume: str, path: str, *, sub_path: str | None) -> Object:
    return {"name": volume, "mountPath": path} | present(subPath=sub_path) | {"readOnly": True}


def _volume_name(file: FileMount) -> str:
    return f"wharfinger-file-{names.short_hash(file.path)}"


def _item(key: str, mode: int) -> Object:
    return {"key": key, "path": key, "mode": mode}
