"""``wharfinger pause`` and ``wharfinger resume``: hold a rollout where it is, and let it go on."""

from typing import TYPE_CHECKING

from wharfinger.cli.options import Names
from wharfinger.cli.verbs import Call, verb

if TYPE_CHECKING:
    from wharfinger.cli.rollouts.steering import Subject


@verb()
async def pause(call: Call, *, names: Names) -> None:
    """Hold rollouts where they are, and those to come, until `resume`. Pods that run go on running."""
    from wharfinger.api.labels import PAUSED_ANNOTATION
    from wharfinger.cli.rollouts.steering import annotate, subjects

    async with call.connected() as kube:
        for subject in await subjects(kube, names):
            subject.must_roll_out()
            workload, done = subject.workload, "is paused already: nothing to do"
            if not subject.paused:
                workload, done = await annotate(kube, subject.key, PAUSED_ANNOTATION, "true"), "paused"
            call.report(workload, done)


@verb(waits=True)
async def resume(call: Call, *, names: Names) -> None:
    """Let paused rollouts go on; their deadline starts anew."""
    from wharfinger.api.labels import PAUSED_ANNOTATION
    from wharfinger.cli import goals
    from wharfinger.cli.rollouts.steering import annotate, subjects

    async with call.connected() as kube:
        for subject in await subjects(kube, names):
            workload, done = subject.workload, not_paused(subject)
            if subject.paused:
                workload, done = await annotate(kube, subject.key, PAUSED_ANNOTATION, None), "resumed"
            await call.follow(kube, {subject.key: goals.moved_on(subject.workload, goals.ready)})
            call.report(workload, done)


def not_paused(subject: "Subject") -> str:
    """That there is nothing to resume; and where a failure stopped the rollout, what helps instead."""
    if subject.rollout.get("state") != "Paused":
        return "is not paused: nothing to do"
    failed = subject.rollout.get("failedRevision", "")
    return f"was stopped by the failure of revision {failed}, not by hand: change the spec, or `wharfinger rollback`"
