"""What runs in a service: image, command, environment."""

from __future__ import annotations

import re
from typing import Final

from wharfinger.api.resource import Object
from wharfinger.compose.part import Part, Service
from wharfinger.compose.rows import Row

ROWS: Final = (
    Row("services.*.image", "honoured", "`spec.image`"),
    Row("services.*.command", "honoured", "`spec.args`; a `$` that Kubernetes would expand is escaped"),
    Row("services.*.entrypoint", "honoured", "`spec.command`, likewise"),
    Row("services.*.environment", "honoured", "`spec.env`, likewise; a variable without a value is left out"),
)


def part(service: Service) -> Part:
    """Image, command, environment."""
    data = service.data
    spec: Object = {"image": data.get("image", "")}
    if data.get("entrypoint"):
        spec["command"] = [literal(word) for word in data["entrypoint"]]
    if data.get("command"):
        spec["args"] = [literal(word) for word in data["command"]]
    if env := _environment(data):
        spec["env"] = env
    return Part(spec=spec)


def literal(text: str) -> str:
    """`text`, so that Kubernetes leaves it as it is: it replaces ``$(NAME)``, and makes ``$$`` a single dollar."""
    return re.sub(r"\$(?=[$(])", "$$", text)


def _environment(data: Object) -> list[Object]:
    given: Object = data.get("environment") or {}
    return [{"name": name, "value": literal(value)} for name, value in given.items() if value is not None]
