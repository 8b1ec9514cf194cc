"""What an edit of a Stack does: its documents are converted as the operator does, and held against what is there.

All is done with the rights of who asks: the ConfigMaps and Secrets that the Stack names are read, and each object is
tried by the API server, without keeping anything, as the operator would write it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from wharfinger.api.builtin import (
    CONFIG_MAP,
    JOB,
    NETWORK_POLICY,
    PERSISTENT_VOLUME_CLAIM,
    SECRET,
    SERVICE,
)
from wharfinger.api.kinds import CONTAINER_WORKLOAD
from wharfinger.api.labels import REBUILD_ANNOTATION, STACK_LABEL
from wharfinger.api.parse import InvalidSpec
from wharfinger.api.resource import Key, Object, Resource, controller_of, key_of
from wharfinger.cli import console
from wharfinger.cli.converting.program import program
from wharfinger.cli.diff import reading
from wharfinger.cli.diff.created import replacement
from wharfinger.cli.diff.secrecy import bare, masked
from wharfinger.cli.diff.text import Difference
from wharfinger.cli.errors import BadInputError
from wharfinger.cli.kube import Kube
from wharfinger.cli.names import STACK_FULL
from wharfinger.cli.proposals import Proposal, refusal, substance
from wharfinger.cli.render import tell
from wharfinger.engine.desired import Desired, describe_owner, is_leftover, is_ours, retained, to_write, upgrade
from wharfinger.engine.errors import Forbidden, Invalid, NotFound
from wharfinger.reconcilers.stack.contents import text_of
from wharfinger.reconcilers.stack.conversion import Converted, Converter
from wharfinger.reconcilers.stack.reading import Stack, parse
from wharfinger.reconcilers.stack.sources import Contents, Data, Gathered, Kind, gather, references

_MADE = (CONTAINER_WORKLOAD, SERVICE, CONFIG_MAP, SECRET, PERSISTENT_VOLUME_CLAIM, NETWORK_POLICY, JOB)
"""What a Stack makes, in the order in which it is shown."""
_RESOURCES: dict[Kind, Resource] = {"ConfigMap": CONFIG_MAP, "Secret": SECRET}


async def differences(kube: Kube, proposal: Proposal) -> list[Difference]:
    """The Stack's own difference, then those of its workloads and what these make, then of the rest.

    Raises BadInputError where the Stack, or what its documents become, would be refused.
    """
    namespace, name = proposal.key
    before = substance(proposal.live) if proposal.live else None
    own = Difference(f"{namespace}/{STACK_FULL}/{name}", before, substance(proposal.result))
    stack, gathered, converted = await _converted(kube, proposal)
    owner = proposal.live or proposal.result
    found = await asyncio.gather(*(_child(kube, owner, each, proposal.source) for each in converted.desired))
    gone = await _gone(kube, owner, converted) if proposal.live and stack.spec.prune else []
    if stack.spec.suspend:
        console.remark(f"{name}: suspended: only the Stack itself changes, until spec.suspend is false")
    told = [bare(each) for one in found for each in one] + gone
    return [each for each in (own, *(masked(each, gathered.secrets) for each in told)) if each.lines]


# The documents


async def _converted(kube: Kube, proposal: Proposal) -> tuple[Stack, Gathered, Converted]:
    """What the operator would make of the Stack. Its findings are told; BadInputError if one of them is an error."""
    annotations = proposal.result["metadata"].get("annotations") or {}
    converter = Converter(program)
    try:
        stack = parse(proposal.result)
        gathered = gather(stack, await _contents(kube, stack))
        converted = await converter.convert(stack, gathered, again=str(annotations.get(REBUILD_ANNOTATION, "")))
        findings = converted.findings
    except InvalidSpec as invalid:
        findings = tuple(invalid.findings)
    finally:
        converter.close()
    if tell(proposal.source, findings):
        raise BadInputError(f"{proposal.source}: nothing would be done, because of these errors")
    return stack, gathered, converted


async def _contents(kube: Kube, stack: Stack) -> Contents:
    """What the Stack names, read as it is now."""
    wanted = sorted({(each.kind, each.name) for each in references(stack)})
    found = await asyncio.gather(*(_content(kube, kind, stack.namespace, name) for kind, name in wanted))
    return dict(zip(wanted, found, strict=True))


async def _content(kube: Kube, kind: Kind, namespace: str, name: str) -> Data | None:
    obj = await _live(kube, _RESOURCES[kind], (namespace, name))
    return None if obj is None else text_of(kind, obj)


async def _live(kube: Kube, resource: Resource, key: Key) -> Object | None:
    try:
        return await kube.client.get(resource, *key)
    except NotFound:
        return None


# What it makes


async def _child(kube: Kube, owner: Object, child: Desired, source: str) -> list[Difference]:
    """One object, and what is made of it if it is a workload."""
    live = await _live(kube, child.resource, child.key)
    if live is not None and is_leftover(owner, live):
        live = None
    if live is not None and not is_ours(owner, live):
        console.remark(f"{describe_owner(child.resource, live)}: it stays as it is, and the Stack will be Stalled")
        return []
    if live is not None and child.once:
        return []
    result = await _tried(kube, owner, child, live, source)
    if child.resource == CONTAINER_WORKLOAD:
        return await reading.differences(kube, Proposal(source=source, body=child.body, live=live, result=result))
    return [Difference(_called(child.resource, child.key), live, result)]


async def _tried(kube: Kube, owner: Object, child: Desired, live: Object | None, source: str) -> Object:
    """The answer to a dry run of the operator's own write."""
    try:
        if live is not None and upgrade(live):
            return await kube.client.replace(child.resource, replacement(live, child), dry_run=True)
        return await kube.client.apply(child.resource, to_write(owner, child), dry_run=True)
    except Invalid as error:
        raise BadInputError(f"{source}: {child.resource.kind} {child.key[1]}: {refusal(error)}") from error


async def _gone(kube: Kube, owner: Object, converted: Converted) -> list[Difference]:
    """What the Stack has made, and will have no more."""
    wanted = {(child.resource, child.key) for child in converted.desired}
    found = await asyncio.gather(*(_listed(kube, resource, owner) for resource in _MADE))
    return [
        bare(Difference(_called(resource, key_of(obj)), obj, None))
        for resource, objects in zip(_MADE, found, strict=True)
        for obj in _pruned(objects, owner)
        if (resource, key_of(obj)) not in wanted
    ]


def _pruned(objects: Iterable[Object], owner: Object) -> list[Object]:
    """Those that the Stack controls, and that do not outlive it."""
    uid = owner["metadata"]["uid"]
    return [obj for obj in objects if (controller_of(obj) or {}).get("uid") == uid and not retained(obj)]


async def _listed(kube: Kube, resource: Resource, owner: Object) -> list[Object]:
    """With their kinds, which lists leave out. Secrets are not listed for who may not."""
    namespace, name = key_of(owner)
    try:
        found = await kube.client.list(resource, namespace, label_selector=f"{STACK_LABEL}={name}")
    except Forbidden:
        if resource != SECRET:
            raise
        console.remark("you may not list Secrets: those that go are not shown")
        return []
    return [{"apiVersion": resource.api_version, "kind": resource.kind} | obj for obj in found]


def _called(resource: Resource, key: Key) -> str:
    return f"{key[0]}/{resource.kind}/{key[1]}"
