"""What built images are called, and where they are pushed to."""

from __future__ import annotations

import re
from typing import Final

from wharfinger.api.resource import Object
from wharfinger.compose.part import Service

_NAME: Final = re.compile(
    r"^(?:[A-Za-z0-9.-]+(?::[0-9]+)?/)?[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
    r"(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?$"
)
"""A reference without a digest, by the grammar of distribution/reference."""


def is_image_name(text: str) -> bool:
    """Whether it is the name of an image, with or without a tag."""
    return len(text) <= 512 and _NAME.match(text) is not None


def host(text: str) -> str:
    """The registry's host, with its port; empty where a name has none, as ``shop/web``."""
    first = text.split("/", 1)[0]
    return first if "/" in text and ("." in first or ":" in first or first == "localhost") else ""


def registry(service: Service) -> str:
    """Where images are pushed to, without a slash at its end; empty where nobody says."""
    return (service.context.defaults.registry or "").rstrip("/")


def repository(service: Service) -> str:
    """Of the image that a service builds, as Compose calls it: PROJECT-SERVICE in the registry."""
    return f"{registry(service)}/{service.context.project.get('name')}-{service.workload}".lower()


def further(service: Service, build: Object) -> tuple[str, ...]:
    """The other names that it is pushed by: ``image``, and ``tags`` of its build; without a host in the registry."""
    named = [service.data.get("image"), *(build.get("tags") or ())]
    return tuple(dict.fromkeys(_placed(service, str(name)) for name in named if name))


def _placed(service: Service, name: str) -> str:
    return name if host(name) else f"{registry(service)}/{name}"
