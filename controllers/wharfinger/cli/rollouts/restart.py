"""``wharfinger restart``: new pods of the same spec, as a rollout with all that belongs to one."""

from wharfinger.cli.options import Names
from wharfinger.cli.verbs import Call, verb


@verb(waits=True)
async def restart(call: Call, *, names: Names) -> None:
    """Replace the pods by new ones, without a gap. It is a new revision, gated by health as any."""
    from datetime import UTC, datetime

    from wharfinger.api.labels import RESTARTED_ANNOTATION
    from wharfinger.cli import console, goals
    from wharfinger.cli.rollouts.steering import annotate, subjects

    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    async with call.connected() as kube:
        found = await subjects(kube, names)
        for subject in found:
            if subject.held:
                console.remark(f"{subject.key[1]}: {subject.held}")
            call.report(await annotate(kube, subject.key, RESTARTED_ANNOTATION, now), "restarted")
        for subject in found:
            await call.follow(kube, {subject.key: goals.restarted(subject.workload)})
