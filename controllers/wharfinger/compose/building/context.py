"""Where the files of a build come from: those given to the Stack, or an address that the builder fetches."""

from __future__ import annotations

from posixpath import normpath
from typing import Final

from wharfinger.api.resource import Object
from wharfinger.compose.part import Service

CONTEXT: Final = "context"
"""Directory of the context in the archive, for the builder."""
CONTEXTS: Final = "contexts"
"""Directory of the additional contexts that are files, each below its name."""
DOCKERFILE: Final = "Dockerfile"
"""A Dockerfile that is not in the context: in the archive beside it."""

_FETCHED: Final = ("https://", "http://", "git://", "github.com/")
"""Beginnings of addresses that buildah fetches."""
_ADDRESSES: Final = (*_FETCHED, "git@", "ssh://")

Files = dict[str, str]
"""Path to text."""


def is_address(context: str) -> bool:
    """Whether it is no directory."""
    return context.startswith(_ADDRESSES)


def is_fetched(context: str) -> bool:
    """Whether the builder can fetch it: without a key, and without another program than git."""
    return context.startswith(_FETCHED)


def is_outside(path: str) -> bool:
    """Whether it leads out of the project's directory."""
    return path.startswith("/") or normpath(path).startswith("..")


def context_of(build: Object) -> str:
    """As it is written; the project's directory if absent."""
    return str(build.get("context") or ".")


def dockerfile_path(build: Object) -> str:
    """The Dockerfile's path in the project's directory, for a context that is one."""
    return normpath(f"{context_of(build)}/{build.get('dockerfile') or 'Dockerfile'}")


def given(service: Service) -> Files:
    """The files that may be part of a context: neither documents, nor variables, nor anything secret."""
    context, builder = service.context, service.context.defaults.builder
    secrets = {normpath(str(each.get("file", ""))) for each in (context.project.get("secrets") or {}).values()}
    left_out = {*map(normpath, context.document.places), *secrets, ".env"}
    hidden = builder.withheld if builder else frozenset()
    return {
        path: text
        for path, text in ((normpath(path), text) for path, text in context.files.items())
        if path not in left_out and text not in hidden
    }


def below(files: Files, directory: str) -> Files:
    """The files below a directory, by their paths in it."""
    wanted = normpath(directory)
    if wanted == ".":
        return dict(files)
    return {path.removeprefix(f"{wanted}/"): text for path, text in files.items() if path.startswith(f"{wanted}/")}


def archive_files(service: Service, build: Object) -> Files:
    """All files that the builder gets, by their paths in its archive."""
    files, context = given(service), context_of(build)
    packed = {} if is_address(context) else _moved(below(files, context), CONTEXT)
    for name, where in local_contexts(build).items():
        packed |= _moved(below(files, where), f"{CONTEXTS}/{name}")
    if inline := build.get("dockerfile_inline"):
        packed[DOCKERFILE] = str(inline)
    elif not is_address(context) and dockerfile_path(build) in files and _beside(build):
        packed[DOCKERFILE] = files[dockerfile_path(build)]
    return packed


def dockerfile_argument(build: Object) -> str:
    """The Dockerfile for ``--file``, in the directory where the archive is unpacked."""
    if build.get("dockerfile_inline") or (not is_address(context_of(build)) and _beside(build)):
        return DOCKERFILE
    named = normpath(str(build.get("dockerfile") or "Dockerfile"))
    return named if is_address(context_of(build)) else f"{CONTEXT}/{named}"


def local_contexts(build: Object) -> dict[str, str]:
    """Additional contexts that are directories, by name."""
    every: Object = build.get("additional_contexts") or {}
    return {name: str(where) for name, where in every.items() if "://" not in where and not _is_named(str(where))}


def _is_named(where: str) -> bool:
    return is_address(where) or where.startswith("service:")


def _beside(build: Object) -> bool:
    """Whether the Dockerfile lies outside of its context."""
    return normpath(str(build.get("dockerfile") or "Dockerfile")).startswith("..")


def _moved(files: Files, directory: str) -> Files:
    return {f"{directory}/{path}": text for path, text in files.items()}
