"""Mode ``service``: a Deployment."""

from __future__ import annotations

from wharfinger.api.builtin import DEPLOYMENT
from wharfinger.api.containerworkload import Workload
from wharfinger.api.resource import Object
from wharfinger.render.options import Options
from wharfinger.render.rolling import common_spec, deployment_strategy, workload_object
from wharfinger.render.template import Template
from wharfinger.render.values import whole_seconds


def deployment(workload: Workload, running: Template, options: Options) -> Object:
    """The Deployment that runs `running`."""
    return workload_object(DEPLOYMENT, workload, workload.name, running, options) | {
        "spec": common_spec(
            workload,
            running,
            replicas=options.replicas,
            strategy=deployment_strategy(workload),
            progressDeadlineSeconds=progress_deadline(workload),
            paused=options.paused,
        )
    }


def progress_deadline(workload: Workload) -> int:
    """Seconds; the API server wants it to be more than minReadySeconds."""
    rollout = workload.spec.rollout
    return whole_seconds(rollout.progress_deadline, minimum=whole_seconds(rollout.min_ready) + 1)
