"""All that a workload means on Kubernetes: the object that runs its pods, and everything around it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from wharfinger.api.builtin import CRON_JOB, DAEMON_SET, DEPLOYMENT, JOB, POD, STATEFUL_SET
from wharfinger.api.containerworkload import Mode, Workload
from wharfinger.api.resource import Object, Resource
from wharfinger.render import names
from wharfinger.render.daemonset import daemonset
from wharfinger.render.deployment import deployment
from wharfinger.render.hpa import autoscalers
from wharfinger.render.job import cronjob, job
from wharfinger.render.networkpolicy import network_policies
from wharfinger.render.options import Options
from wharfinger.render.pdb import budgets
from wharfinger.render.pod import pod
from wharfinger.render.route import routes
from wharfinger.render.service import services
from wharfinger.render.serviceaccount import service_accounts
from wharfinger.render.statefulset import statefulset
from wharfinger.render.storage import claims
from wharfinger.render.template import Template

Runner = Callable[[Workload, Template, Options], Object]

_RUNNERS: Mapping[Mode, Runner] = MappingProxyType(
    {
        "service": deployment,
        "stateful": statefulset,
        "daemon": daemonset,
        "job": job,
        "cron": cronjob,
        "pod": pod,
    }
)

RESOURCES: Mapping[Mode, Resource] = MappingProxyType(
    {
        "service": DEPLOYMENT,
        "stateful": STATEFUL_SET,
        "daemon": DAEMON_SET,
        "job": JOB,
        "cron": CRON_JOB,
        "pod": POD,
        "tasks": POD,
    }
)
"""Which resource runs the pods of a mode; the Pods of mode ``tasks`` come and go one by one (`render.task`)."""


def objects(workload: Workload, running: Template, *, options: Options) -> list[Object]:
    """Every object of the workload but its history (`controller_revision`) and its text (`file_maps`).

    What pods need to start comes first, then the object that runs them, then what leads to them. Each is the complete
    body of an apply, less the ownerReferences that the writer adds.
    """
    return [
        *service_accounts(workload),
        *network_policies(workload),
        *claims(workload),
        *services(workload),
        *([_RUNNERS[workload.spec.mode](workload, running, options)] if workload.spec.mode in _RUNNERS else ()),
        *autoscalers(workload),
        *budgets(workload, options),
        *routes(workload, options),
    ]


def runner(workload: Workload, running: Template) -> tuple[Resource, str]:
    """Resource and name of the object that runs the pods."""
    mode = workload.spec.mode
    if mode == "job":
        return JOB, names.job(workload, running.hash)
    fitted = {"stateful": names.statefulset, "cron": names.cronjob}.get(mode)
    return RESOURCES[mode], fitted(workload) if fitted else workload.name
