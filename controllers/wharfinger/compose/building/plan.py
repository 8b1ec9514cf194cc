"""What is to be built for a service, and the name of the image that comes of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import blake2b

from wharfinger.api.resource import Object
from wharfinger.compose.building import names
from wharfinger.compose.building.archive import archive
from wharfinger.compose.building.builder import Builder
from wharfinger.compose.building.context import archive_files, context_of, is_address
from wharfinger.compose.building.options import arguments, platforms, secret_ids
from wharfinger.compose.groups.contents import SECRETS, object_name
from wharfinger.compose.part import Context, Service


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """One image to be built. The same content has the same `digest`, and so the same name."""

    service: Service
    builder: Builder
    repository: str
    digest: str
    """Of all that goes into the image: 16 hexadecimal digits."""
    arguments: tuple[str, ...]
    """Options of ``buildah build``, but for names and context."""
    address: str | None
    """The context, where the builder fetches it."""
    archive: bytes
    """A tar of the files that it gets otherwise; empty without any."""
    further: tuple[str, ...]
    """More names that the image is pushed by."""
    platforms: tuple[str, ...]
    secrets: dict[str, str]
    """Id of a secret to the name of the Secret that holds it."""

    @property
    def image(self) -> str:
        """What the workload runs."""
        return f"{self.repository}:{self.digest}"


def builds(service: Service) -> bool:
    """Whether the service's image is built in the cluster."""
    return bool(service.data.get("build")) and service.context.defaults.builder is not None


def build_of(service: Service) -> Build | None:
    """What is to be built; None where nothing is."""
    builder = service.context.defaults.builder
    build: Object = service.data.get("build") or {}
    if not build or builder is None:
        return None
    context, files = context_of(build), archive_files(service, build)
    words, packed = arguments(build), archive(files) if files else b""
    address = context if is_address(context) else None
    held = {name: object_name(service.context, SECRETS, source) for name, source in secret_ids(build).items()}
    return Build(
        service=service,
        builder=builder,
        repository=names.repository(service),
        digest=_digest(packed, [*words, address or "", builder.again, *held.values()]),
        arguments=words,
        address=address,
        archive=packed,
        further=names.further(service, build),
        platforms=tuple(platforms(build)),
        secrets=held,
    )


def built_by_another(service: Service) -> str | None:
    """The image that a service without ``build`` gets from one that builds it: they name the same one."""
    names_it = service.context.once(_builders).get(service.data.get("image"), [])
    other = next((name for name in names_it if name != service.name), None)
    if other is None:
        return None
    data = service.context.project["services"][other]
    build = build_of(Service(name=other, data=data, context=service.context))
    return build.image if build else None


def _builders(context: Context) -> dict[str | None, list[str]]:
    """By image, and by tag: the services that build it. Services without a name for what they build are under None."""
    found: dict[str | None, list[str]] = {}
    for name, data in (context.project.get("services") or {}).items():
        if data.get("build"):
            for image in dict.fromkeys((data.get("image"), *(data["build"].get("tags") or ()))):
                found.setdefault(image, []).append(name)
    return found


def _digest(packed: bytes, words: list[str]) -> str:
    digest = blake2b(json.dumps(words).encode(), digest_size=8)
    digest.update(packed)
    return digest.hexdigest()
