"""Which mounts a service has: its own, and those it takes from others by `volumes_from`."""

from __future__ import annotations

from collections.abc import Iterator

from wharfinger.api.resource import Object
from wharfinger.compose.part import Context


def mounts(context: Context, name: str) -> list[Object]:
    """In canonical form, one a path: a service's own win over those it takes, and nearer ones over farther ones."""
    services = context.project["services"]
    taken: dict[str, Object] = {}
    for other, read_only in reversed(list(_taken_from(services, name))):
        for each in services[other].get("volumes") or ():
            taken[each["target"]] = each | ({"read_only": True} if read_only else {})
    return list((taken | {each["target"]: each for each in services[name].get("volumes") or ()}).values())


def _taken_from(services: Object, name: str) -> Iterator[tuple[str, bool]]:
    """Services whose volumes are taken, however far, each once, and whether read-only."""
    waiting, seen = [(name, False)], {name}
    while waiting:
        taker, above = waiting.pop(0)
        for text in services[taker].get("volumes_from") or ():
            other, _, access = text.partition(":")
            if other in services and other not in seen:
                seen.add(other)
                found = (other, above or access == "ro")
                waiting.append(found)
                yield found
