"""Binds: files and directories beside the documents, as far as they were given."""

from __future__ import annotations

from collections.abc import Iterator
from posixpath import normpath
from typing import Final

from wharfinger.api.resource import Object
from wharfinger.api.status import Finding
from wharfinger.compose.groups.mounts import mounts
from wharfinger.compose.part import Service

MOST_FILES: Final = 64
"""Of a workload, in all."""
_MOST_BYTES: Final = 500_000
"""Of one bind: a ConfigMap holds a million."""


def bound(service: Service, mount: Object) -> list[Object]:
    """`spec.files` for a bind; none where nothing was given, or too much."""
    found = _given(service, mount)
    return [] if _too_much(found) else [_file(path, text) for path, text in found.items()]


def bound_files(service: Service) -> list[Object]:
    """`spec.files` for all binds of a service."""
    found = mounts(service.context, service.name)
    return [file for mount in found if mount["type"] == "bind" for file in bound(service, mount)]


def _given(service: Service, mount: Object) -> dict[str, str]:
    """Path in the container to content: of the file, or of all files of the directory.

    The documents' own directory is none: what was given of it are the documents.
    """
    source, target = str(mount.get("source", "")), mount["target"].rstrip("/")
    wanted = normpath(source)
    if source.startswith("/") or wanted == ".":
        return {}
    files = {normpath(path): text for path, text in service.context.files.items()}
    if wanted in files:
        return {target: files[wanted]}
    below = f"{wanted}/"
    return {f"{target}/{path.removeprefix(below)}": text for path, text in files.items() if path.startswith(below)}


def _too_much(found: dict[str, str]) -> bool:
    return len(found) > MOST_FILES or sum(len(text.encode()) for text in found.values()) > _MOST_BYTES


def _file(path: str, text: str) -> Object:
    """A script may be run: its mode on the disk is not known here."""
    return {"path": path, "content": text, "mode": 0o555 if text.startswith("#!") else 0o444}


def left_out(service: Service, path: str, mount: Object) -> Iterator[Finding]:
    """What is not mounted, or not as it would be in Docker."""
    source, target = mount.get("source", ""), mount["target"]
    found = _given(service, mount)
    if not found:
        yield service.finding(path, "warning", "NotMounted", _why_not(source, target))
    elif _too_much(found):
        message = (
            f"{source} has {len(found)} files, which is too much for a ConfigMap, and is not mounted at {target}; put "
            f"them into the image, or into a volume"
        )
        yield service.finding(path, "warning", "NotMounted", message)
    elif not mount.get("read_only"):
        message = f"{target} is read-only, with the content that {source} has now; name a volume to write to it"
        yield service.finding(path, "info", "ReadOnlyCopy", message)


def _why_not(source: str, target: str) -> str:
    if source.startswith("/"):
        return (
            f"{source} is a node's own, and is not mounted at {target}: name a volume, or, where it must be the "
            f"node's, write a hostPath in spec.pod.volumes of the workload"
        )
    return (
        f"{source} is not among the files that were given, and is not mounted at {target}: give the file, name a "
        f"volume for data, or put it into the image"
    )
