"""Mode ``stateful``: a StatefulSet."""

from __future__ import annotations

from wharfinger.api.builtin import STATEFUL_SET
from wharfinger.api.containerworkload import StatefulBlock, Workload
from wharfinger.api.resource import Object
from wharfinger.render import names
from wharfinger.render.options import Options
from wharfinger.render.rolling import common_spec, statefulset_strategy, workload_object
from wharfinger.render.storage import claim_retention
from wharfinger.render.template import Template

_DEFAULT = StatefulBlock()


def statefulset(workload: Workload, running: Template, options: Options) -> Object:
    """The StatefulSet that runs `running`.

    Pods start in parallel unless `stateful` says otherwise: in order, one that cannot start keeps all after it from
    existing, and members of a quorum that become ready only together never do. Updates still go one by one.
    """
    block = workload.spec.stateful or _DEFAULT
    return workload_object(STATEFUL_SET, workload, names.statefulset(workload), running, options) | {
        "spec": common_spec(
            workload,
            running,
            replicas=options.replicas,
            serviceName=block.service_name or names.governing_service(workload),
            podManagementPolicy=block.pod_management_policy,
            updateStrategy=statefulset_strategy(workload, paused=options.paused),
            volumeClaimTemplates=list(running.claims),
            persistentVolumeClaimRetentionPolicy=claim_retention(workload) if running.claims else None,
        )
    }
