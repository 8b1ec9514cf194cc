"""Findings about how a workload changes, scales and is placed."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

from wharfinger.api.containerworkload import AutoscaleMetric, Workload
from wharfinger.api.resource import Object
from wharfinger.api.status import Finding
from wharfinger.render.findings.rule import Rule, error, warning
from wharfinger.render.hpa import active_autoscale
from wharfinger.render.options import Options
from wharfinger.render.pdb import budgeted, fewest_pods
from wharfinger.render.pod_template import main_container
from wharfinger.render.spread import SPREAD_MODES
from wharfinger.render.tasking import replicated
from wharfinger.render.values import is_zero, whole_seconds


def update_can_move(workload: Workload, _: Options) -> Iterator[Finding]:
    """With neither surge nor unavailability allowed, no pod could ever be replaced."""
    rollout = workload.spec.rollout
    surge, missing = rollout.max_surge, rollout.max_unavailable
    if missing is None or not is_zero(missing):
        return
    if workload.spec.mode == "stateful" or (workload.spec.mode == "daemon" and is_zero(surge or 0)):
        message = f"mode {workload.spec.mode} stops a pod before it starts its successor: allow at least 1"
        yield error("spec.rollout.maxUnavailable", "NoRoomForUpdate", message)
    elif workload.spec.mode == "service" and surge is not None and is_zero(surge):
        message = "maxSurge and maxUnavailable are both 0: no pod could ever be replaced"
        yield error("spec.rollout", "NoRoomForUpdate", message)


def daemon_surges_or_stops(workload: Workload, _: Options) -> Iterator[Finding]:
    """A DaemonSet's update either starts first or stops first."""
    rollout = workload.spec.rollout
    surge, missing = rollout.max_surge or 0, rollout.max_unavailable or 0
    if workload.spec.mode == "daemon" and not is_zero(surge) and not is_zero(missing):
        message = "mode daemon takes only one of maxSurge and maxUnavailable"
        yield error("spec.rollout", "SurgeAndUnavailable", message)


def stateful_does_not_surge(workload: Workload, _: Options) -> Iterator[Finding]:
    """A StatefulSet's pod has its name and volumes for itself: there is never a second one."""
    if workload.spec.mode == "stateful" and workload.spec.rollout.max_surge is not None:
        yield warning("spec.rollout.maxSurge", "SurgeIgnored", "mode stateful never surges")


def stateful_goes_one_by_one(workload: Workload, _: Options) -> Iterator[Finding]:
    """The API server drops a StatefulSet's maxUnavailable unless a feature gate is on."""
    missing = workload.spec.rollout.max_unavailable
    if workload.spec.mode == "stateful" and missing not in (None, 1) and not is_zero(missing):
        message = "one pod at a time unless the cluster turns on the feature gate MaxUnavailableStatefulSet"
        yield warning("spec.rollout.maxUnavailable", "NeedsFeatureGate", message)


def deadline_is_after_min_ready(workload: Workload, _: Options) -> Iterator[Finding]:
    """A pod that must be ready for longer than the deadline fails every rollout."""
    rollout = workload.spec.rollout
    if whole_seconds(rollout.progress_deadline) <= whole_seconds(rollout.min_ready):
        message = f"must be longer than minReady ({rollout.min_ready}): every rollout would miss it"
        yield error("spec.rollout.progressDeadline", "DeadlineTooShort", message)


def utilization_needs_requests(workload: Workload, _: Options) -> Iterator[Finding]:
    """A utilisation is a percentage of the requests: without them the HPA cannot compute it."""
    autoscale = active_autoscale(workload)
    if autoscale is None:
        return
    resources: Object = main_container(workload).get("resources") or {}
    for index, metric in enumerate(autoscale.metrics):
        if metric.average_utilization is not None and not _requests(resources, metric):
            message = f"needs a {metric.resource} request: set spec.resources.requests.{metric.resource}"
            yield warning(f"spec.autoscale.metrics[{index}]", "NoRequests", message)


def _requests(resources: Object, metric: AutoscaleMetric) -> bool:
    """Whether the main container requests the metric's resource; a limit alone becomes the request."""
    return any(metric.resource in (resources.get(part) or {}) for part in ("requests", "limits"))


def budget_lets_nodes_drain(workload: Workload, options: Options) -> Iterator[Finding]:
    """A budget that never allows an eviction blocks every node drain."""
    block = workload.spec.disruption
    if block is None or not block.enabled or not budgeted(workload):
        return
    pods = fewest_pods(workload, options)
    keeps_all = block.min_available is not None and _rounded_up(block.min_available, pods) >= pods
    lets_none_go = block.max_unavailable is not None and is_zero(block.max_unavailable)
    if pods > 0 and (keeps_all or lets_none_go):
        message = f"of {pods} pods none may be evicted: draining a node would wait for ever"
        yield warning("spec.disruption", "BlocksDrain", message)


def _rounded_up(count: int | str, pods: int) -> int:
    """Pods that a number or a percentage stands for; the disruption controller rounds a percentage up."""
    return count if isinstance(count, int) else ceil(int(count.removesuffix("%")) * pods / 100)


def rollout_needs_a_mode(workload: Workload, _: Options) -> Iterator[Finding]:
    """Surge and unavailability of pods that are never replaced one by one."""
    rollout, mode = workload.spec.rollout, workload.spec.mode
    for field, given in (("maxSurge", rollout.max_surge), ("maxUnavailable", rollout.max_unavailable)):
        if given is not None and mode in ("job", "cron", "pod", "tasks"):
            yield warning(f"spec.rollout.{field}", "RolloutFieldIgnored", f"ignored in mode {mode}")


def suspend_is_the_schedules(workload: Workload, _: Options) -> Iterator[Finding]:
    """In mode cron the schedule is suspended, and not each of its Jobs."""
    job = workload.spec.job
    if workload.spec.mode == "cron" and job is not None and job.suspend:
        yield warning("spec.job.suspend", "SuspendIgnored", "ignored in mode cron: set spec.cron.suspend")


def scale_to_zero_needs_a_gate(workload: Workload, _: Options) -> Iterator[Finding]:
    """The API server refuses an HPA whose minReplicas is 0 unless HPAScaleToZero is on."""
    autoscale = active_autoscale(workload)
    if autoscale is not None and autoscale.min_replicas == 0:
        message = "0 is refused unless the cluster turns on the feature gate HPAScaleToZero"
        yield warning("spec.autoscale.minReplicas", "NeedsFeatureGate", message)


def annotations_need_an_account(workload: Workload, _: Options) -> Iterator[Finding]:
    """Annotations go on the account that is made; one that exists is not ours to change."""
    block = workload.spec.service_account
    if block is not None and block.annotations and not block.create:
        message = "ignored: they go on the account that create: true makes"
        yield warning("spec.serviceAccount.annotations", "AnnotationsIgnored", message)


def budget_needs_a_mode(workload: Workload, _: Options) -> Iterator[Finding]:
    """A budget in a mode where the eviction API cannot keep to it."""
    block, mode = workload.spec.disruption, workload.spec.mode
    if block is not None and block.enabled and not budgeted(workload):
        yield warning("spec.disruption", "DisruptionIgnored", f"mode {mode} has no disruption budget")


def spread_needs_a_mode(workload: Workload, _: Options) -> Iterator[Finding]:
    """Strict spread in a mode without replicas."""
    spread = workload.spec.mode in SPREAD_MODES or replicated(workload)
    if workload.spec.spread.strict and not spread:
        yield warning("spec.spread.strict", "SpreadIgnored", f"mode {workload.spec.mode} is not spread")


RULES: tuple[Rule, ...] = (
    update_can_move,
    daemon_surges_or_stops,
    stateful_does_not_surge,
    stateful_goes_one_by_one,
    deadline_is_after_min_ready,
    utilization_needs_requests,
    budget_lets_nodes_drain,
    budget_needs_a_mode,
    spread_needs_a_mode,
    rollout_needs_a_mode,
    suspend_is_the_schedules,
    scale_to_zero_needs_a_gate,
    annotations_need_an_account,
)
