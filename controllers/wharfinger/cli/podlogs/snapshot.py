"""What the logs have now, one pod after the other."""

from collections.abc import Sequence

from wharfinger.api.builtin import POD
from wharfinger.api.labels import INSTANCE_LABEL
from wharfinger.cli import console
from wharfinger.cli.console import Format
from wharfinger.cli.kube import WORKLOAD, Kube
from wharfinger.cli.podlogs.printing import Printer
from wharfinger.cli.podlogs.reading import Options, complaint, read
from wharfinger.cli.podlogs.sources import Choice, Object, silence, sources
from wharfinger.engine.errors import ApiError


async def printed(kube: Kube, namespace: str, names: Sequence[str], choice: Choice, options: Options) -> bool:
    """Print the logs of the workloads' pods; the answer is whether every one could be read.

    Raises NotFound for a workload that does not exist.
    """
    well, printer = True, Printer(options.style)
    for name in names:
        await kube.client.get(WORKLOAD, namespace, name)
        pods = await kube.client.list(POD, namespace, label_selector=f"{INSTANCE_LABEL}={name}")
        if not pods:
            console.remark(f"{name}: has no pods")
        for pod in sorted(pods, key=lambda pod: str(pod["metadata"]["creationTimestamp"])):
            well = await _pod(kube, pod, choice, options, printer) and well
    return well


async def _pod(kube: Kube, pod: Object, choice: Choice, options: Options, printer: Printer) -> bool:
    readable = sources(pod, choice)
    if not readable:
        console.remark(f"{pod['metadata']['name']}: {silence(pod, choice)}")
        return False
    if options.style.output is Format.name:
        console.say(f"pod/{pod['metadata']['name']}")
        return True
    well = True
    for source in readable:
        try:
            await read(kube.client, source, options, printer)
        except ApiError as error:
            complaint(source, error)
            well = False
    return well
