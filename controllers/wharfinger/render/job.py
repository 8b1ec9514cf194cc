"""Modes ``job`` and ``cron``: a Job for each revision, or a CronJob that makes Jobs."""

from __future__ import annotations

from wharfinger.api.builtin import CRON_JOB, JOB
from wharfinger.api.containerworkload import JobBlock, Workload
from wharfinger.api.resource import Object
from wharfinger.render import names
from wharfinger.render.metadata import own_labels
from wharfinger.render.options import Options
from wharfinger.render.rolling import workload_object
from wharfinger.render.template import Template
from wharfinger.render.values import present, whole_seconds

_DEFAULT = JobBlock()


def job(workload: Workload, running: Template, options: Options) -> Object:
    """The Job of the revision `running`.

    Without ttlSecondsAfterFinished: a Job that ended and vanished while nobody looked would have to be run again. The
    operator keeps `ttlAfterFinished` itself, once the result stands in the status.
    """
    block = workload.spec.job or _DEFAULT
    spec = _job_spec(block, running) | {"suspend": block.suspend}
    return workload_object(JOB, workload, names.job(workload, running.hash), running, options) | {"spec": spec}


def cronjob(workload: Workload, running: Template, options: Options) -> Object:
    """The CronJob; a new revision counts from its next Job on. ValueError without the block `cron`."""
    cron = workload.spec.cron
    if cron is None:
        raise ValueError("mode cron needs the block cron")
    spec = present(
        schedule=cron.schedule,
        timeZone=cron.time_zone,
        concurrencyPolicy=cron.concurrency_policy,
        startingDeadlineSeconds=_seconds(cron.starting_deadline),
        successfulJobsHistoryLimit=cron.successful_jobs_history_limit,
        failedJobsHistoryLimit=cron.failed_jobs_history_limit,
        suspend=cron.suspend,
        jobTemplate=_job_template(workload, running),
    )
    return workload_object(CRON_JOB, workload, names.cronjob(workload), running, options) | {"spec": spec}


def _job_template(workload: Workload, running: Template) -> Object:
    block = workload.spec.job or _DEFAULT
    spec = _job_spec(block, running) | present(ttlSecondsAfterFinished=_seconds(block.ttl_after_finished))
    return {"metadata": {"labels": own_labels(workload)}, "spec": spec}


def _job_spec(block: JobBlock, running: Template) -> Object:
    return present(
        completions=block.completions,
        parallelism=block.parallelism,
        completionMode=block.completion_mode,
        backoffLimit=block.backoff_limit,
        activeDeadlineSeconds=_seconds(block.active_deadline, minimum=1),
        template=running.pod,
    )


def _seconds(duration: str | None, *, minimum: int = 0) -> int | None:
    return None if duration is None else whole_seconds(duration, minimum=minimum)
