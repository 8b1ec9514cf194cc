"""The namespace: what it lets in, and how much room there is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from kubernetes.utils import parse_quantity

from wharfinger.api.resource import Object
from wharfinger.cli.doctor.facts import Facts
from wharfinger.cli.doctor.verdict import Check, fail, ok, unknown, warning


def namespace(facts: Facts) -> Iterator[Check]:
    """The namespace is there, and takes what is rendered by default."""
    what = f"namespace {facts.namespace}"
    if what in facts.unread:
        yield unknown(what, facts.unread[what])
        return
    if facts.namespace_object is None:
        yield fail(what, "does not exist", f"kubectl create namespace {facts.namespace}")
        return
    if "deletionTimestamp" in facts.namespace_object["metadata"]:
        yield fail(what, "is being deleted", "wait, or use another one")
        return
    labels = facts.namespace_object["metadata"].get("labels") or {}
    level = labels.get("pod-security.kubernetes.io/enforce", "privileged")
    if level == "restricted":
        message = "Pod Security restricted: pods with `security: {restricted: false}`, root or host ports are refused"
        yield warning(what, message, "leave `security` as it is, or relax the label pod-security.kubernetes.io/enforce")
    elif level == "baseline":
        message = "Pod Security baseline: pods with hostPort, hostPath or privilege are refused"
        yield warning(what, message, "nothing, unless a workload needs these")
    else:
        yield ok(what, "Pod Security takes every pod; what is rendered by default meets restricted")


def quotas(facts: Facts) -> Iterator[Check]:
    """There is room, and pods that say no requests are taken."""
    if facts.quotas is None:
        yield unknown("quota", facts.unread.get("quotas", "could not be read"))
        return
    used_up = [each for quota in facts.quotas for each in _used_up(quota)]
    demanded = sorted(set(_demanded(facts.quotas)) - set(_filled_in(facts.limits or ())))
    if used_up:
        yield warning("quota", f"used up: {', '.join(used_up)}", "raise it, or remove something")
    if demanded:
        message = f"pods must say {', '.join(demanded)}"
        yield warning("quota", message, "say `resources`, or let a LimitRange fill them in")
    if not used_up and not demanded:
        yield ok("quota", f"{len(facts.quotas)} in {facts.namespace}, with room" if facts.quotas else "none")


def _used_up(quota: Object) -> Iterator[str]:
    status = quota.get("status", {})
    for resource, hard in (status.get("hard") or {}).items():
        used = (status.get("used") or {}).get(resource, "0")
        if parse_quantity(used) >= parse_quantity(hard):  # type: ignore[no-untyped-call]
            yield f"{resource} {used} of {hard}"


_COMPUTE: Final[Mapping[str, str]] = {"cpu": "requests.cpu", "memory": "requests.memory"}


def _demanded(quotas: Iterable[Object]) -> Iterator[str]:
    """Under a quota on requests or limits, every pod must say them (ResourceQuota admission)."""
    for quota in quotas:
        for resource in quota["spec"].get("hard") or ():
            named = _COMPUTE.get(resource, resource)
            if named in ("requests.cpu", "requests.memory", "limits.cpu", "limits.memory"):
                yield named


def _filled_in(limits: Iterable[Object]) -> Iterator[str]:
    """What a LimitRange says for containers that say nothing; a limit alone becomes the request as well."""
    for item in (item for each in limits for item in each["spec"]["limits"] if item["type"] == "Container"):
        for resource in item.get("default") or ():
            yield from (f"limits.{resource}", f"requests.{resource}")
        for resource in item.get("defaultRequest") or ():
            yield f"requests.{resource}"


def limit_ranges(facts: Facts) -> Iterator[Check]:
    """What a container may ask for has bounds."""
    bounds = [
        f"{each['metadata']['name']}: {item['type'].lower()} {word} {amount} {resource}"
        for each in facts.limits or ()
        for item in each["spec"]["limits"]
        for word in ("min", "max")
        for resource, amount in (item.get(word) or {}).items()
    ]
    if bounds:
        yield warning("limit range", "; ".join(bounds), "`resources` beyond these are refused")
