"""What is there before an import: the object that runs the pods, and what is around it, as Kubernetes finds it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from wharfinger.api import builtin
from wharfinger.api.containerworkload import Mode
from wharfinger.api.resource import Object, Resource
from wharfinger.api.selector import matches

MODES: Final[Mapping[str, Mode]] = {"Deployment": "service", "StatefulSet": "stateful", "CronJob": "cron"}
"""The kinds that can be imported, and the mode that each becomes."""

_WORDS: Final[Mapping[str, Resource]] = {
    word: resource
    for resource, words in {
        builtin.DEPLOYMENT: ("deployment", "deployments", "deploy", "deployment.apps", "deployments.apps"),
        builtin.STATEFUL_SET: ("statefulset", "statefulsets", "sts", "statefulset.apps", "statefulsets.apps"),
        builtin.CRON_JOB: ("cronjob", "cronjobs", "cj", "cronjob.batch", "cronjobs.batch"),
    }.items()
    for word in words
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Objects of one namespace, whole, as the API server has them."""

    runner: Object
    """The Deployment, StatefulSet or CronJob."""
    services: tuple[Object, ...] = ()
    """Services that lead to its pods."""
    autoscalers: tuple[Object, ...] = ()
    """HorizontalPodAutoscalers that scale it."""
    budgets: tuple[Object, ...] = ()
    """PodDisruptionBudgets on its pods."""
    pods: tuple[Object, ...] = ()
    """Every pod of the namespace that lasts."""

    @property
    def kind(self) -> str:
        """Kind of what runs the pods."""
        return str(self.runner["kind"])

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.runner["metadata"]["name"])

    @property
    def mode(self) -> Mode:
        """What it becomes."""
        return MODES[self.kind]

    @property
    def template(self) -> Object:
        """Its PodTemplateSpec."""
        return template_of(self.runner)

    @property
    def labels(self) -> dict[str, str]:
        """The labels of its pods."""
        return dict(self.template.get("metadata", {}).get("labels") or {})

    @property
    def own_pods(self) -> tuple[Object, ...]:
        """The pods that it runs; those of a CronJob come and go, and count as none."""
        if self.kind == "CronJob":
            return ()
        return tuple(pod for pod in self.pods if selects(self.runner["spec"]["selector"], labels_of(pod)))


def resource_of(word: str) -> Resource | None:
    """The resource that a person calls so, as kubectl takes it: ``deploy``, ``sts``, ``cronjobs.batch``."""
    return _WORDS.get(word.lower())


def template_of(runner: Object) -> Object:
    """The PodTemplateSpec of a Deployment, StatefulSet or CronJob."""
    spec: Object = runner["spec"]
    template: Object = (spec["jobTemplate"]["spec"] if runner["kind"] == "CronJob" else spec)["template"]
    return template


def assemble(
    runner: Object,
    *,
    services: Sequence[Object] = (),
    autoscalers: Sequence[Object] = (),
    budgets: Sequence[Object] = (),
    pods: Sequence[Object] = (),
) -> Source:
    """The runner with what of a namespace's objects belongs to it."""
    here = tuple(pod for pod in pods if _lasts(pod))
    alone = Source(runner=runner, pods=here)
    if alone.mode == "cron":
        return alone
    return Source(
        runner=runner,
        pods=here,
        services=tuple(service for service in services if leads_to(service, alone.labels)),
        autoscalers=tuple(each for each in autoscalers if _scales(each, runner)),
        budgets=tuple(each for each in budgets if selects(each["spec"].get("selector"), alone.labels)),
    )


def leads_to(service: Object, labels: Mapping[str, str]) -> bool:
    """Whether the Service selects pods of these labels; one without a selector has endpoints of its own."""
    selector = service["spec"].get("selector")
    return bool(selector) and service["spec"].get("type") != "ExternalName" and selector.items() <= labels.items()


def selects(selector: Any, labels: Mapping[str, str]) -> bool:
    """Whether a LabelSelector selects these labels. None selects nothing, an empty one everything."""
    return selector is not None and matches(selector, labels)


def labels_of(obj: Object) -> Mapping[str, str]:
    """``metadata.labels``."""
    labels: Mapping[str, str] = obj["metadata"].get("labels") or {}
    return labels


def _scales(autoscaler: Object, runner: Object) -> bool:
    target = autoscaler["spec"]["scaleTargetRef"]
    return bool(target["kind"] == runner["kind"] and target["name"] == runner["metadata"]["name"])


def _lasts(pod: Object) -> bool:
    return "deletionTimestamp" not in pod["metadata"] and pod.get("status", {}).get("phase") not in (
        "Succeeded",
        "Failed",
    )
