"""What a build that waits or failed has to say, from its pods: asked for when it is to be told."""

from __future__ import annotations

from typing import Any, Final

from wharfinger.api.builtin import POD
from wharfinger.api.resource import Object
from wharfinger.engine.client import KubeClient

_JOB_LABEL: Final = "batch.kubernetes.io/job-name"
"""On the pods of a Job, by its controller."""
_LINES: Final = 5
_LONGEST: Final = 600
"""Characters that are told."""


async def last_words(client: KubeClient, namespace: str, job: str) -> str:
    """What the newest pod of a Job says of itself, in a line; empty where there is nothing to say."""
    pods = await client.list(POD, namespace, label_selector=f"{_JOB_LABEL}={job}")
    newest = max(pods, key=lambda pod: str(pod["metadata"].get("creationTimestamp", "")), default=None)
    return told(newest) if newest else ""


def told(pod: Object) -> str:
    """Why a pod ended badly, or does not start: the end of its log, as the kubelet keeps it, or the reason."""
    status: dict[str, Any] = pod.get("status") or {}
    for each in status.get("containerStatuses") or ():
        state = each.get("state") or {}
        ended = state.get("terminated") or (each.get("lastState") or {}).get("terminated")
        if ended and ended.get("exitCode"):
            return _end(ended.get("message") or f"exit code {ended['exitCode']}")
        waiting = state.get("waiting") or {}
        if waiting.get("reason") not in (None, "ContainerCreating", "PodInitializing"):
            return _end(f"{waiting['reason']}: {waiting.get('message', '')}")
    unscheduled = [each for each in status.get("conditions") or () if each.get("reason") == "Unschedulable"]
    return _end(f"Unschedulable: {unscheduled[0].get('message', '')}") if unscheduled else ""


def _end(text: str) -> str:
    """The last lines as one."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return "; ".join(lines[-_LINES:])[-_LONGEST:]
