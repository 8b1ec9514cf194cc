"""``wharfinger restart``: new pods of the same spec, as a rollout with all that belongs to one."""

from wharfinger.cli.console import Format
from wharfinger.cli.options import FIVE_MINUTES, Context, Kubeconfig, Names, Namespace, Output, Timeout, Wait


def restart(
    *,
    names: Names,
    wait: Wait = False,
    timeout: Timeout = FIVE_MINUTES,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
    output: Output = Format.table,
) -> None:
    """Replace the pods by new ones, without a gap. It is a new revision, gated by health as any."""
    import asyncio
    from datetime import UTC, datetime

    from wharfinger.api.labels import RESTARTED_ANNOTATION
    from wharfinger.cli import console, goals
    from wharfinger.cli.kube import connect
    from wharfinger.cli.names import plain, report
    from wharfinger.cli.rollouts.steering import annotate, follow, read

    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    async def act() -> None:
        async with connect(kubeconfig=kubeconfig, context=context) as kube:
            subjects = [await read(kube, namespace or kube.namespace, plain(name)) for name in names]
            for subject in subjects:
                if subject.held:
                    console.remark(f"{subject.key[1]}: {subject.held}")
                report(await annotate(kube, subject.key, RESTARTED_ANNOTATION, now), "restarted", output=output)
            for subject in subjects:
                await follow(kube, subject.workload, goals.restarted(subject.workload), wait=wait, timeout=timeout)

    asyncio.run(act())
