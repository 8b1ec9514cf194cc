"""What must hold for a ContainerWorkload's spec as a whole: which block belongs to which mode, and what is fixed."""

from __future__ import annotations

from typing import Any, Final

from wharfinger.api.model import Rule

_SCALED = ("service", "stateful")
_COUNTED = ("replicated", "replicated-job")
_BOUNDED = ("job", "cron")
_SELECTING = ("service", "stateful", "daemon")
_IN_TASKS: Final = "(self.mode == 'tasks' ? (has(self.tasks) ? self.tasks.scheduling : 'replicated') : '')"
"""Mode tasks: how it schedules; empty in the other modes."""


def _scheduling(spec: Any) -> str:
    if spec.mode != "tasks":
        return ""
    return spec.tasks.scheduling if spec.tasks else "replicated"


SPEC_RULES: Final[tuple[Rule, ...]] = (
    Rule(
        "self.mode != 'cron' || has(self.cron)",
        "mode cron needs the block cron (with a schedule)",
        lambda spec: spec.mode != "cron" or spec.cron is not None,
    ),
    Rule(
        "self.mode == 'cron' || !has(self.cron)",
        "the block cron belongs to mode cron",
        lambda spec: spec.mode == "cron" or spec.cron is None,
    ),
    Rule(
        "self.mode in ['job', 'cron'] || !has(self.job)",
        "the block job belongs to the modes job and cron",
        lambda spec: spec.mode in _BOUNDED or spec.job is None,
    ),
    Rule(
        f"self.mode in ['service', 'stateful'] || {_IN_TASKS} == 'replicated' || !has(self.autoscale)",
        "autoscale works with the modes service and stateful, and with tasks where scheduling is replicated",
        lambda spec: spec.mode in _SCALED or _scheduling(spec) == "replicated" or spec.autoscale is None,
    ),
    Rule(
        f"self.mode in ['service', 'stateful'] || {_IN_TASKS} in ['replicated', 'replicated-job'] || "
        "self.replicas == 1",
        "replicas counts in the modes service and stateful, and with tasks where scheduling is replicated or "
        "replicated-job (job has completions and parallelism)",
        lambda spec: spec.mode in _SCALED or _scheduling(spec) in _COUNTED or spec.replicas == 1,
    ),
    Rule(
        "self.mode == 'tasks' || !has(self.tasks)",
        "the block tasks belongs to mode tasks",
        lambda spec: spec.mode == "tasks" or spec.tasks is None,
    ),
    Rule(
        f"{_IN_TASKS} == {_IN_TASKS.replace('self', 'oldSelf')}",
        "scheduling cannot be changed: delete the workload and make it again",
    ),
    Rule(
        "self.mode == 'stateful' || !has(self.stateful)",
        "the block stateful belongs to mode stateful",
        lambda spec: spec.mode == "stateful" or spec.stateful is None,
    ),
    Rule(
        "self.mode in ['service', 'stateful', 'daemon'] || !has(self.selector)",
        "selector counts in the modes service, stateful and daemon only",
        lambda spec: spec.mode in _SELECTING or not spec.selector,
    ),
    Rule(
        "!has(self.selector) || self.selector.size() > 0",
        "selector needs a label: what selects every pod selects those of others",
        lambda spec: spec.selector is None or len(spec.selector) > 0,
    ),
    Rule(
        "!has(self.selector) || !('app.kubernetes.io/managed-by' in self.selector)",
        "selector cannot have the label app.kubernetes.io/managed-by: it says that the pods are Wharfinger's",
        lambda spec: "app.kubernetes.io/managed-by" not in (spec.selector or {}),
    ),
    Rule(
        "!has(self.route) || !self.route.enabled || has(self.ports) && self.ports.size() > 0",
        "route needs a port",
        lambda spec: spec.route is None or not spec.route.enabled or bool(spec.ports),
    ),
    Rule(
        "(has(self.service) && !self.service.enabled) || (has(oldSelf.service) && !oldSelf.service.enabled) || "
        "!has(self.ports) || !has(oldSelf.ports) || self.mode in ['job', 'cron'] || "
        "(has(self.service) && self.service.type == 'Headless') == "
        "(has(oldSelf.service) && oldSelf.service.type == 'Headless')",
        "a Service cannot become headless or cease to be: set service.enabled to false first, then turn it on with the "
        "new type",
    ),
    Rule("self.mode == oldSelf.mode", "mode cannot be changed: delete the workload and make it again"),
    Rule(
        "has(self.selector) == has(oldSelf.selector) && (!has(self.selector) || self.selector == oldSelf.selector)",
        "selector cannot be changed: Kubernetes fixes the selector of what runs the pods",
    ),
    Rule(
        "self.mode != 'stateful' || has(self.stateful) == has(oldSelf.stateful) && "
        "(!has(self.stateful) || self.stateful == oldSelf.stateful)",
        "the block stateful cannot be changed: Kubernetes fixes serviceName, podManagementPolicy and "
        "volumeClaimTemplates",
    ),
    Rule(
        "self.mode != 'stateful' || "
        "(has(self.storage) ? self.storage.size() : 0) == (has(oldSelf.storage) ? oldSelf.storage.size() : 0) && "
        "(!has(self.storage) || self.storage.all(s, has(oldSelf.storage) && oldSelf.storage.exists(o, "
        "o.name == s.name && o.size == s.size && o.accessModes == s.accessModes && "
        "has(o.storageClassName) == has(s.storageClassName) && "
        "(!has(s.storageClassName) || o.storageClassName == s.storageClassName))))",
        "the name, size, class and access modes of a stateful workload's volumes cannot be changed, nor volumes added "
        "or removed: Kubernetes fixes volumeClaimTemplates",
    ),
)
