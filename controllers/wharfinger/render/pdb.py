"""``disruption``: a PodDisruptionBudget."""

from __future__ import annotations

from wharfinger.api.builtin import POD_DISRUPTION_BUDGET
from wharfinger.api.containerworkload import Disruption, Workload
from wharfinger.api.resource import Object
from wharfinger.render.hpa import active_autoscale
from wharfinger.render.metadata import metadata, new, selector
from wharfinger.render.options import Options
from wharfinger.render.tasking import replicated
from wharfinger.render.values import present

_BUDGETED_MODES = frozenset({"service", "stateful"})


def budgeted(workload: Workload) -> bool:
    """Whether its pods can be evicted and made elsewhere; ``kubectl drain`` passes a DaemonSet's over.

    For tasks the disruption controller finds out by the workload's scale subresource how many there should be
    (k8s.io/kubernetes/pkg/controller/disruption: getScaleController).
    """
    return workload.spec.mode in _BUDGETED_MODES or replicated(workload)


def budgets(workload: Workload, options: Options) -> list[Object]:
    """The PDB: what the block says, or one pod at a time where there is no block and there are two pods or more.

    For a single pod no budget helps: it would allow the eviction, or block every node drain.
    """
    block = workload.spec.disruption
    if not budgeted(workload) or (block is not None and not block.enabled):
        return []
    if block is None and fewest_pods(workload, options) < 2:
        return []
    return [_budget(workload, block or Disruption())]


def fewest_pods(workload: Workload, options: Options) -> int:
    """How many pods there are at least, while all is well."""
    autoscale = active_autoscale(workload)
    if autoscale is not None:
        return autoscale.min_replicas
    return workload.spec.replicas if options.replicas is None else options.replicas


def _budget(workload: Workload, block: Disruption) -> Object:
    allowed = 1 if block.min_available is None and block.max_unavailable is None else block.max_unavailable
    spec = present(
        selector={"matchLabels": selector(workload)},
        minAvailable=block.min_available,
        maxUnavailable=allowed,
        # A pod that is not ready protects nobody: without this it would block the drain of its node for ever.
        unhealthyPodEvictionPolicy="AlwaysAllow",
    )
    return new(POD_DISRUPTION_BUDGET, metadata(workload, workload.name), spec=spec)
