"""A service's ``build`` as words for buildah: each is one word of the command, whatever a document writes into it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from wharfinger.api.resource import Object
from wharfinger.compose.building.context import CONTEXTS, dockerfile_argument, local_contexts

SECRETS: Final = "/secrets"
"""Where the builder finds the secrets of a build, each in a directory of its id."""
_REGISTRY: Final = "type=registry"


def arguments(build: Object) -> tuple[str, ...]:
    """Options of ``buildah build``, but for names and context. The order is fixed, since images are named by them."""
    return (
        f"--file={dockerfile_argument(build)}",
        *_pairs("--build-arg", build.get("args")),
        *_pairs("--label", build.get("labels")),
        *([f"--target={build['target']}"] if build.get("target") else ()),
        *(["--no-cache"] if build.get("no_cache") else ()),
        *(f"--add-host={each.replace('=', ':', 1)}" for each in build.get("extra_hosts") or ()),
        *(f"--ulimit={name}={_limit(value)}" for name, value in sorted((build.get("ulimits") or {}).items())),
        *([f"--platform={','.join(platforms(build))}"] if platforms(build) else ()),
        *_caches(build),
        *(f"--build-context={name}={where}" for name, where in sorted(_contexts(build).items())),
        *(f"--secret=id={name},src={SECRETS}/{name}" for name in sorted(secret_ids(build))),
    )


def platforms(build: Object) -> list[str]:
    """``linux/amd64``, …"""
    return [str(each) for each in build.get("platforms") or ()]


def secret_ids(build: Object) -> dict[str, str]:
    """Id that the Dockerfile knows a secret by, to the project's secret."""
    return {str(each.get("target") or each["source"]): each["source"] for each in build.get("secrets") or ()}


def cache_repository(text: str) -> str | None:
    """The repository of a cache: of ``type=registry,ref=NAME:TAG``, or a name; None for what no registry holds."""
    words = text.split(",")
    named = next((word.removeprefix("ref=") for word in words if word.startswith("ref=")), "")
    plain = text if "=" not in text else ""
    found = named if _REGISTRY in words else plain
    head, slash, last = found.rpartition("/")
    return f"{head}{slash}{last.split(':', 1)[0]}" or None


def _caches(build: Object) -> Iterator[str]:
    """buildah takes one of each."""
    found = {
        option: [name for name in map(cache_repository, build.get(attribute) or ()) if name]
        for option, attribute in (("--cache-from", "cache_from"), ("--cache-to", "cache_to"))
    }
    if any(found.values()):
        yield "--layers"
    for option, names in found.items():
        yield from (f"{option}={name}" for name in names[:1])


def _contexts(build: Object) -> dict[str, str]:
    local = local_contexts(build)
    every: Object = build.get("additional_contexts") or {}
    return {name: f"{CONTEXTS}/{name}" if name in local else str(where) for name, where in every.items()}


def _pairs(option: str, given: Object | None) -> Iterator[str]:
    for name, value in sorted((given or {}).items()):
        if value is not None:
            yield f"{option}={name}={value}"


def _limit(value: object) -> str:
    """``5:5``, ``1:2``."""
    if isinstance(value, dict):
        return f"{value.get('soft', value.get('hard'))}:{value.get('hard', value.get('soft'))}"
    return f"{value}:{value}"
