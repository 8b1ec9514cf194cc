"""``wharfinger pause`` and ``wharfinger resume``: hold a rollout where it is, and let it go on."""

from typing import TYPE_CHECKING, Any

from wharfinger.cli.console import Format
from wharfinger.cli.options import FIVE_MINUTES, Context, Kubeconfig, Names, Namespace, Output, Timeout, Wait

if TYPE_CHECKING:
    from datetime import datetime

    from wharfinger.cli.rollouts.steering import Subject

Object = dict[str, Any]


def pause(
    *,
    names: Names,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
    output: Output = Format.table,
) -> None:
    """Hold rollouts where they are, and those to come, until `resume`. Pods that run go on running."""
    import asyncio

    from wharfinger.api.labels import PAUSED_ANNOTATION
    from wharfinger.cli.kube import connect
    from wharfinger.cli.names import plain, report
    from wharfinger.cli.rollouts.steering import annotate, read

    async def act() -> None:
        async with connect(kubeconfig=kubeconfig, context=context) as kube:
            for subject in [await read(kube, namespace or kube.namespace, plain(name)) for name in names]:
                subject.must_roll_out()
                workload, done = subject.workload, "is paused already: nothing to do"
                if not subject.paused:
                    workload, done = await annotate(kube, subject.key, PAUSED_ANNOTATION, "true"), "paused"
                report(workload, done, output=output)

    asyncio.run(act())


def resume(
    *,
    names: Names,
    wait: Wait = False,
    timeout: Timeout = FIVE_MINUTES,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
    output: Output = Format.table,
) -> None:
    """Let paused rollouts go on; their deadline starts anew."""
    import asyncio

    from wharfinger.api.labels import PAUSED_ANNOTATION, RESUMED_ANNOTATION
    from wharfinger.cli import goals
    from wharfinger.cli.kube import connect
    from wharfinger.cli.names import plain, report
    from wharfinger.cli.rollouts.steering import annotate, follow, read
    from wharfinger.rollout.times import text

    async def act() -> None:
        async with connect(kubeconfig=kubeconfig, context=context) as kube:
            for subject in [await read(kube, namespace or kube.namespace, plain(name)) for name in names]:
                workload, done = subject.workload, not_paused(subject)
                if subject.paused:
                    workload, done = await annotate(kube, subject.key, PAUSED_ANNOTATION, None), "resumed"
                elif takes_up_failures(subject):
                    workload, done = await annotate(kube, subject.key, RESUMED_ANNOTATION, text(now())), "resumed"
                goal = goals.moved_on(subject.workload, goals.ready)
                await follow(kube, workload, goal, wait=wait, timeout=timeout)
                report(workload, done, output=output)

    asyncio.run(act())


def now() -> "datetime":
    """The time, in UTC."""
    from datetime import UTC, datetime

    return datetime.now(UTC)


def takes_up_failures(subject: "Subject") -> bool:
    """Whether an update that a failure paused is taken up where it was: Swarm's are, by any update of the service."""
    return subject.workload["spec"].get("mode") == "tasks" and subject.rollout.get("state") == "Paused"


def not_paused(subject: "Subject") -> str:
    """That there is nothing to resume; and where a failure stopped the rollout, what helps instead."""
    if subject.rollout.get("state") != "Paused":
        return "is not paused: nothing to do"
    failed = subject.rollout.get("failedRevision", "")
    return f"was stopped by the failure of revision {failed}, not by hand: change the spec, or `wharfinger rollback`"
