"""Stack, from event to status: read `reconcile` first, it is the whole of what happens to a Stack."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from wharfinger.api.builtin import JOB, SECRET, SERVICE
from wharfinger.api.findings import error_at
from wharfinger.api.kinds import CONTAINER_WORKLOAD, STACK
from wharfinger.api.labels import APPLIED_ANNOTATION, INSTANCE_LABEL, REBUILD_ANNOTATION
from wharfinger.api.parse import InvalidSpec
from wharfinger.api.resource import Key, Object, controller_of, key_of
from wharfinger.api.status import Finding
from wharfinger.engine.controller import Context, Result
from wharfinger.engine.desired import Desired
from wharfinger.engine.outcome import Outcome
from wharfinger.engine.stores import Stores
from wharfinger.reconcilers.report import hindrance, refusal, state_of
from wharfinger.reconcilers.stack.building import Gate, gate
from wharfinger.reconcilers.stack.building_report import building_conditions
from wharfinger.reconcilers.stack.contents import ContentReader
from wharfinger.reconcilers.stack.conversion import Converted, Converter
from wharfinger.reconcilers.stack.reading import Stack, read
from wharfinger.reconcilers.stack.report import Held, Live, report
from wharfinger.reconcilers.stack.sources import gather, references
from wharfinger.reconcilers.stack.words import last_words

_RETRY: Final = 15.0
"""Seconds until an object that could not be written is tried again."""
_A_SECOND: Final = 250
"""So many services are looked at once a second at most, half as many twice: each that moves wakes its Stack."""
_SLOWEST: Final = 2.0
"""Seconds between two looks at however many services."""


class Stacks:
    """The reconciler: `reconcile`, and what it remembers from one look to the next.

    `program` says where the parser's program is, when it is first needed. `secrets`: the operator may read and write
    Secrets.
    """

    def __init__(self, program: Callable[[], Path], *, secrets: bool = False) -> None:
        self._converter = Converter(program)
        self._contents = ContentReader()
        self._secrets = secrets

    async def reconcile(self, context: Context, key: Key) -> Result | None:
        """Bring one Stack's objects closer to what it says. Whatever woke us, all of it is looked at."""
        obj = context.store.get(*key)
        if obj is None or "deletionTimestamp" in obj["metadata"]:
            # The garbage collector takes what it owned.
            context.metrics.census.forget(STACK.kind, key)
            return None

        try:
            stack = read(obj)
            converted = await self._convert(context, stack, again=_rebuild(obj))
        except InvalidSpec as invalid:
            _refuse(context, obj, invalid.findings)
            return None
        if converted.refused:
            _refuse(context, obj, converted.findings)
            return Result(requeue_after=converted.again_after)

        passage = gate(converted.desired, _jobs(context.stores, obj))
        outcome, held = await self._write(context, obj, stack, passage)
        live = _live(context.stores, obj, converted)
        status = report(obj, converted, live, errors=outcome.errors, held=held, now=context.now())
        status = await _with_builds(context, obj, status, passage) if outcome.ok and not held else status
        _tell(context, obj, status)
        for error in outcome.errors:
            context.events.event(obj, "Warning", error.reason, error.message)
        done = outcome.ok and not passage.waits
        return Result(requeue_after=None if done else _RETRY, settle=_settle(len(converted.services)))

    def troubled(self, context: Context, key: Key, error: Exception) -> None:
        """Say on the Stack what makes its reconciles fail again and again."""
        obj = context.store.get(*key)
        if obj is not None and "deletionTimestamp" not in obj["metadata"]:
            _tell(context, obj, hindrance(obj, error, now=context.now()))

    async def _convert(self, context: Context, stack: Stack, *, again: str) -> Converted:
        """What the documents become. Raises `InvalidSpec` where they are not all there."""
        named = references(stack)
        if not self._secrets:
            _require([_not_readable(each.path) for each in named if each.kind == "Secret"])
        contents = await self._contents.read(context, stack.namespace, named)
        converted = await self._converter.convert(stack, gather(stack, contents), again=again)
        if not self._secrets:
            _require([_not_writable(each) for each in converted.desired if each.resource == SECRET])
        return converted

    async def _write(self, context: Context, obj: Object, stack: Stack, passage: Gate) -> tuple[Outcome, Held | None]:
        """Make the objects what they should be; while suspended, count those that are not."""
        if stack.spec.suspend:
            waiting = [each for each in passage.write if not _applied(context.stores, each)]
            return Outcome(), Held(objects=len(waiting))
        return await context.writer.ensure(obj, passage.write, keep=passage.keep, prune=stack.spec.prune), None


def _settle(services: int) -> float:
    """Seconds for which the services' changes of status are gathered: a look goes through all of them."""
    return min(_SLOWEST, services / _A_SECOND)


def _rebuild(obj: Object) -> str:
    return str((obj["metadata"].get("annotations") or {}).get(REBUILD_ANNOTATION, ""))


def _jobs(stores: Stores, obj: Object) -> list[Object]:
    """The Stack's own Jobs."""
    return stores[JOB].by_owner(obj["metadata"]["uid"])


async def _with_builds(context: Context, obj: Object, status: Object, passage: Gate) -> Object:
    """The status, while images are not there: a build that failed, else one that goes on, says what it can."""
    if not passage.waits:
        return status
    first = min(passage.waits.items(), key=lambda item: (item[1].state != "BuildFailed", item[0]))
    words = await last_words(context.client, obj["metadata"]["namespace"], first[1].job)
    return {**status, "conditions": building_conditions(obj, first, words, now=context.now())}


def _require(problems: Iterable[Finding]) -> None:
    found = tuple(problems)
    if found:
        raise InvalidSpec(found)


def _not_readable(path: str) -> Finding:
    """A Secret that a Stack names, where the installation does not let the operator read Secrets."""
    message = "this installation does not let the operator read Secrets (chart: stacks.secrets); use a ConfigMap"
    return error_at(path, "SecretsNotAllowed", message)


def _not_writable(child: Desired) -> Finding:
    """A Secret that the documents make, where the installation does not let the operator write Secrets."""
    name = child.key[1]
    message = (
        "this installation does not let the operator make Secrets (chart: stacks.secrets): make the Secret yourself, "
        f"with the key `file`, and write `external: true`; it would have been {name}"
    )
    return error_at("secrets", "SecretsNotAllowed", message)


def _applied(stores: Stores, child: Desired) -> bool:
    live = stores[child.resource].get(*child.key)
    return live is not None and (live["metadata"].get("annotations") or {}).get(APPLIED_ANNOTATION) == child.hash


def _live(stores: Stores, obj: Object, converted: Converted) -> Live:
    """The Stack's own workloads, and where they are published."""
    namespace, uid = obj["metadata"]["namespace"], obj["metadata"]["uid"]
    workloads = {}
    for service in converted.services:
        found = stores[CONTAINER_WORKLOAD].get(namespace, service.workload)
        if found is not None and _controlled(found, uid):
            workloads[service.workload] = found
    addresses: dict[str, list[str]] = {}
    for child in converted.desired:
        if child.resource == SERVICE and child.body["spec"].get("type") == "LoadBalancer":
            workload = child.body["spec"]["selector"].get(INSTANCE_LABEL, "")
            addresses.setdefault(workload, []).extend(_addresses(stores[SERVICE].get(*child.key)))
    return Live(workloads=workloads, addresses=addresses)


def _controlled(obj: Object, uid: str) -> bool:
    reference = controller_of(obj)
    return reference is not None and reference["uid"] == uid


def _addresses(service: Object | None) -> list[str]:
    balancer = ((service or {}).get("status") or {}).get("loadBalancer") or {}
    return [each.get("hostname") or each.get("ip") or "" for each in balancer.get("ingress") or ()]


def _refuse(context: Context, obj: Object, findings: Iterable[Finding]) -> None:
    """Say what is wrong and touch nothing: what runs goes on running."""
    status = refusal(obj, tuple(findings), now=context.now())
    _tell(context, obj, status)
    for finding in status["findings"]:
        if finding["severity"] == "error":
            context.events.event(obj, "Warning", finding["reason"], f"{finding['path']}: {finding['message']}")


def _tell(context: Context, obj: Object, status: Object) -> None:
    context.status.submit(obj, status)
    context.metrics.census.note(STACK.kind, key_of(obj), state_of(status))
