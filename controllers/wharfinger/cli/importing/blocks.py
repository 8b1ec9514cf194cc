"""What runs the pods, in a workload's words: rollout, `stateful`, `cron` and `job`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from wharfinger.api.containerworkload import CronBlock, JobBlock, Mode, Rollout
from wharfinger.api.model import Model
from wharfinger.api.resource import Object
from wharfinger.cli.importing.tools import without_notes
from wharfinger.render.values import present


def service(spec: Object) -> Object:
    """Of a DeploymentSpec."""
    strategy = spec.get("strategy") or {}
    limits = strategy.get("rollingUpdate") or {}
    rollout = present(
        minReady=duration(spec.get("minReadySeconds") or None),
        progressDeadline=duration(spec.get("progressDeadlineSeconds")),
        strategy="Recreate" if strategy.get("type") == "Recreate" else None,
        maxSurge=_unless(limits.get("maxSurge"), "25%"),
        maxUnavailable=_unless(limits.get("maxUnavailable"), 0),
    )
    return {"rollout": _said(rollout, Rollout())}


def stateful(spec: Object) -> Object:
    """Of a StatefulSetSpec. What cannot be changed is always said."""
    limits = (spec.get("updateStrategy") or {}).get("rollingUpdate") or {}
    rollout = present(
        minReady=duration(spec.get("minReadySeconds") or None), maxUnavailable=_unless(limits.get("maxUnavailable"), 1)
    )
    block = present(
        serviceName=spec.get("serviceName"),
        podManagementPolicy=_unless(spec.get("podManagementPolicy"), "Parallel"),
        volumeClaimTemplates=[_claim(claim) for claim in spec.get("volumeClaimTemplates") or ()],
    )
    return {"rollout": rollout, "stateful": block}


def cron(spec: Object) -> Object:
    """Of a CronJobSpec."""
    job = spec["jobTemplate"]["spec"]
    block = present(
        timeZone=spec.get("timeZone"),
        concurrencyPolicy=spec.get("concurrencyPolicy"),
        startingDeadline=duration(spec.get("startingDeadlineSeconds")),
        successfulJobsHistoryLimit=spec.get("successfulJobsHistoryLimit"),
        failedJobsHistoryLimit=spec.get("failedJobsHistoryLimit"),
        suspend=spec.get("suspend"),
    )
    work = present(
        completions=job.get("completions"),
        parallelism=job.get("parallelism"),
        completionMode=job.get("completionMode"),
        backoffLimit=job.get("backoffLimit"),
        activeDeadline=duration(job.get("activeDeadlineSeconds")),
        ttlAfterFinished=duration(job.get("ttlSecondsAfterFinished")),
        suspend=job.get("suspend"),
    )
    schedule = {"schedule": spec["schedule"]}
    return {"cron": schedule | _said(block, CronBlock(schedule="@daily")), "job": _said(work, JobBlock())}


BLOCKS: Final[Mapping[Mode, Callable[[Object], Object]]] = {"service": service, "stateful": stateful, "cron": cron}
"""The blocks of a mode, made from the ``spec`` of what runs its pods."""


def duration(seconds: int | None) -> str | None:
    """Seconds as people write them: ``10m``, ``45s``."""
    if seconds is None:
        return None
    return f"{seconds // 60}m" if seconds and seconds % 60 == 0 else f"{seconds}s"


def _claim(claim: Object) -> Object:
    meta = claim["metadata"]
    annotations = without_notes(meta.get("annotations") or {})
    return {
        "metadata": present(name=meta["name"], labels=meta.get("labels"), annotations=annotations),
        "spec": claim["spec"],
    }


def _said(block: Object, default: Model) -> Object:
    """Without what the block says by itself."""
    defaults = default.to_json()
    return {name: value for name, value in block.items() if defaults.get(name) != value}


def _unless(value: object, default: object) -> object:
    return None if value == default else value
