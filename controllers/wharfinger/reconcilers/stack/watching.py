"""What wakes a Stack: what it made, and the ConfigMaps and Secrets that it names."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from typing import Final

from wharfinger.api import builtin
from wharfinger.api.kinds import CONTAINER_WORKLOAD, STACK
from wharfinger.api.resource import Object, Resource, key_of
from wharfinger.engine.controller import Watch
from wharfinger.engine.stores import Stores
from wharfinger.engine.trim import shallow
from wharfinger.reconcilers.content import trim_content
from wharfinger.reconcilers.stack.reading import readable
from wharfinger.reconcilers.stack.sources import references
from wharfinger.reconcilers.watches import CONTENT, OURS

BY_CONTENT: Final = "content"
"""Index of Stacks: the ConfigMaps and Secrets that they name, as (kind, namespace, name)."""

_BESIDE: Final = (builtin.CONFIG_MAP, builtin.PERSISTENT_VOLUME_CLAIM, builtin.NETWORK_POLICY)
"""What stands beside the workloads, and has no status that we tell."""


def watches(*, secrets: bool) -> tuple[Watch, ...]:
    """All watches. `secrets` needs the right to read and write Secrets."""
    return (
        Watch(CONTAINER_WORKLOAD, trim=shallow),
        Watch(builtin.SERVICE, label_selector=OURS),
        Watch(builtin.JOB, label_selector=OURS),
        *(Watch(resource, label_selector=OURS, heed_status=False) for resource in _BESIDE),
        _content(builtin.CONFIG_MAP),
        *((Watch(builtin.SECRET, label_selector=OURS), _content(builtin.SECRET)) if secrets else ()),
    )


def by_content(obj: Object) -> Iterator[Hashable]:
    """Index of Stacks by what they name."""
    stack = readable(obj)
    if stack is not None:
        for reference in references(stack):
            yield reference.kind, stack.namespace, reference.name


def _content(resource: Resource) -> Watch:
    def route(stores: Stores, obj: Object) -> Iterable[tuple[str, str]]:
        named = (resource.kind, *key_of(obj))
        return [key_of(stack) for stack in stores[STACK].by_index(BY_CONTENT, named)]

    return Watch(resource, name=CONTENT[resource.kind], trim=trim_content, route=route, owned=False)
