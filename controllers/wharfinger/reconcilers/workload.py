"""ContainerWorkload, from event to status: read `reconcile` first, it is the whole of what happens to a resource."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from wharfinger.api.builtin import CONTROLLER_REVISION, POD
from wharfinger.api.kinds import CONTAINER_WORKLOAD
from wharfinger.api.parse import InvalidSpec
from wharfinger.api.resource import Key, Object, key_of
from wharfinger.engine.controller import Context, Result
from wharfinger.engine.outcome import Outcome
from wharfinger.reconcilers import found
from wharfinger.reconcilers.alarms import UNTOLD, Alarms, look_again
from wharfinger.reconcilers.plan import Plan, decide
from wharfinger.reconcilers.reading import read, status_of
from wharfinger.reconcilers.report import hindrance, refusal, report, state_of
from wharfinger.reconcilers.view import gather
from wharfinger.rollout import PodRef

_SETTLE = 0.2
"""Seconds until we look at what we wrote: no controller answers for some kinds, such as a CronJob before its time."""
_RETRY = 15.0
"""Seconds until a child that could not be written is tried again."""


async def reconcile(
    context: Context, key: Key, *, alarms: Alarms | None = None, start_image: str = ""
) -> Result | None:
    """Bring one workload closer to what it says. Level-triggered: whatever woke us, all of it is looked at.

    `alarms` can be asked where there is Prometheus; `start_image` holds the start program of tasks, if there is one.
    """
    obj = context.store.get(*key)
    if obj is None or "deletionTimestamp" in obj["metadata"]:
        # The garbage collector takes what it owned.
        context.metrics.census.forget(CONTAINER_WORKLOAD.kind, key)
        return None

    try:
        workload = read(obj)
    except InvalidSpec as invalid:
        _refuse(context, obj, refusal(obj, invalid.findings, now=context.now()))
        return None

    status_now = status_of(obj)
    told = await alarms.read(workload) if alarms else UNTOLD
    view = gather(context.stores, workload, status_now, now=context.now(), alarms=told, start_image=start_image)
    plan = decide(view)
    if plan.refused:
        _refuse(context, obj, refusal(obj, plan.findings, now=view.now))
        return None

    if plan.gate.persist_first:
        obj = await _persist(context, obj, plan, report(obj, view, plan, Outcome()))
    outcome = await context.writer.ensure(obj, plan.desired, keep=plan.keep, spare=(POD,))
    await _delete_pods(context, plan, outcome)
    if found.unseen(view, plan):
        await found.label(context.client, view, plan)

    status = report(obj, view, plan, outcome)
    context.status.submit(obj, status)
    _announce(context, obj, plan, outcome)
    _count(context, key, plan, status)
    return _again(plan, outcome, view.now, alarms=look_again(workload, status_now, told) if alarms else None)


def troubled(context: Context, key: Key, error: Exception) -> None:
    """Say on the workload what makes its reconciles fail again and again: a webhook that fails, a defect of ours."""
    obj = context.store.get(*key)
    if obj is None or "deletionTimestamp" in obj["metadata"]:
        return
    status = hindrance(obj, error, now=context.now())
    context.status.submit(obj, status)
    context.metrics.census.note(CONTAINER_WORKLOAD.kind, key, state_of(status))


def _refuse(context: Context, obj: Object, status: Object) -> None:
    """Say what is wrong and touch nothing: what runs goes on running."""
    context.status.submit(obj, status)
    context.metrics.census.note(CONTAINER_WORKLOAD.kind, key_of(obj), state_of(status))
    for finding in status["findings"]:
        if finding["severity"] == "error":
            context.events.event(obj, "Warning", finding["reason"], f"{finding['path']}: {finding['message']}")


async def _persist(context: Context, obj: Object, plan: Plan, status: Object) -> Object:
    """Write down which revision shall run before an object does: who goes on after a crash must not decide again.

    The revision's own record comes before: a status that names a number which no record has would use that number up.
    The whole status goes with it: an annotation moves no generation, so that Ready alone tells who waits that what they
    asked for is not there yet.
    """
    records = [child for child in plan.desired if child.resource == CONTROLLER_REVISION]
    await context.writer.ensure(obj, records, prune=False)
    return await context.status.write_now(obj, status)


async def _delete_pods(context: Context, plan: Plan, outcome: Outcome) -> None:
    """Pods in the way of a revision end as they should; those of a dead node at once, since nobody else ends them.

    What has to be written down before a pod goes must have been: an error about something else holds nothing up.
    """
    if all((child.resource, child.key) in outcome.live for child in plan.gate.before_deleting):
        await asyncio.gather(*(_delete_pod(context, ref, grace=None) for ref in plan.gate.delete_pods))
    for ref in plan.stranded:
        await _delete_pod(context, ref, grace=0)


async def _delete_pod(context: Context, ref: PodRef, *, grace: int | None) -> None:
    pod = context.stores[POD].get(ref.namespace, ref.name)
    if pod is None or pod["metadata"]["uid"] != ref.uid:
        return
    if grace is None and "deletionTimestamp" in pod["metadata"]:
        return
    await context.writer.delete(POD, pod, grace_period_seconds=grace)


def _announce(context: Context, obj: Object, plan: Plan, outcome: Outcome) -> None:
    for told in plan.gate.announce:
        context.events.event(obj, told.type, told.reason, told.note)
    for error in outcome.errors:
        context.events.event(obj, "Warning", error.reason, error.message)


def _count(context: Context, key: Key, plan: Plan, status: Object) -> None:
    context.metrics.census.note(CONTAINER_WORKLOAD.kind, key, state_of(status))
    if plan.gate.rolled_back:
        context.metrics.rollbacks.labels(kind=CONTAINER_WORKLOAD.kind).inc()


def _again(plan: Plan, outcome: Outcome, now: datetime, *, alarms: timedelta | None) -> Result:
    """When to look again unasked, because no event may come to ask for it."""
    waits = [(plan.wake_at - now).total_seconds()] if plan.wake_at else []
    if alarms:
        waits.append(alarms.total_seconds())
    if not outcome.ok:
        waits.append(_RETRY)  # what is in the way may be nobody's we watch
    if outcome.writes:
        waits.append(_SETTLE)
    # A time that is over already was looked at just now: what follows from it waits for the status to be written.
    again = max(min(waits), _SETTLE, plan.gate.settle) if waits else None
    return Result(requeue_after=again, settle=plan.gate.settle)
