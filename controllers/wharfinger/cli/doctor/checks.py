"""The checks: pure functions of the facts, in the order in which one would look."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Final

from wharfinger.api.customresource import definition
from wharfinger.api.kinds import KINDS
from wharfinger.api.resource import Object
from wharfinger.cli.doctor.facts import Facts
from wharfinger.cli.doctor.rights import Access
from wharfinger.cli.doctor.verdict import Check, fail, ok, unknown, warning

OLDEST: Final = (1, 31)
"""The oldest Kubernetes that has all that is used."""

_SKEW: Final = 5.0
"""Seconds by which clocks may differ: tokens and certificates are valid from a moment on, and people compare times."""
_INSTALL: Final = "kubectl apply --server-side -k manifests"
_INSTALL_CRDS: Final = "kubectl apply --server-side -f crds/"


def examined(facts: Facts) -> list[Check]:
    """Every check; the first alone, where the API server does not answer."""
    chosen = CHECKS[:1] if facts.unreachable else CHECKS
    return [check for look in chosen for check in look(facts)]


def api_server(facts: Facts) -> Iterator[Check]:
    """It answers, and is new enough."""
    if facts.unreachable:
        yield fail("API server", f"{facts.server}: {facts.unreachable}", "look at --context and the network")
        return
    numbers = re.match(r"v(\d+)\.(\d+)", facts.version)
    if numbers and tuple(map(int, numbers.groups())) < OLDEST:
        wanted = ".".join(map(str, OLDEST))
        yield fail("API server", f"Kubernetes {facts.version}", f"upgrade the cluster to {wanted} or later")
    else:
        yield ok("API server", f"Kubernetes {facts.version} at {facts.server}")


def clocks(facts: Facts) -> Iterator[Check]:
    """The server's clock and ours agree."""
    if facts.skew is None:
        yield unknown("clock", "the server did not tell its time")
    elif abs(facts.skew) > _SKEW:
        ahead = "ahead of" if facts.skew > 0 else "behind"
        message = f"the API server is {abs(facts.skew):.0f} s {ahead} this machine"
        yield warning("clock", message, "set both clocks by NTP: ages and tokens depend on them")
    else:
        yield ok("clock", f"within {_SKEW:.0f} s of the API server's")


def definitions(facts: Facts) -> Iterator[Check]:
    """Our kinds are known, established, and those that this version has."""
    for kind in KINDS:
        what = f"CRD {kind.name}"
        if kind.name in facts.unread:
            yield unknown(what, facts.unread[kind.name])
            continue
        live = facts.definitions.get(kind.name)
        if live is None:
            yield fail(what, "is not installed", _INSTALL_CRDS)
        elif not _is_true(live, "Established"):
            yield fail(what, "is not established", f"kubectl describe crd {kind.name}")
        elif stale := _stale(live, definition(kind)):
            yield fail(what, stale, f"{_INSTALL_CRDS} (of the version that runs)")
        else:
            yield ok(what, "established, and of this version")


def _stale(live: Object, wanted: Object) -> str:
    """How the schema of a CRD differs from ours; empty where it does not."""
    versions = {each["name"]: each for each in live["spec"]["versions"]}
    for version in wanted["spec"]["versions"]:
        found = versions.get(version["name"])
        if found is None or not found.get("served"):
            return f"does not serve {version['name']}"
        there, here = (each["schema"]["openAPIV3Schema"]["properties"]["spec"] for each in (found, version))
        if missing := sorted(here["properties"].keys() - there["properties"].keys()):
            return f"is older than this command: it lacks spec.{', spec.'.join(missing)}"
        if there != here:
            return "has another schema than this command's"
    return ""


def leader(facts: Facts) -> Iterator[Check]:
    """Somebody holds the Lease and renews it; or, of several, each."""
    if "leases" in facts.unread:
        yield unknown("operator", facts.unread["leases"], "look with rights on Leases in the operator's namespace")
        return
    leases = facts.operator.leases
    if not leases:
        yield fail("operator", "no Lease of it: it never ran here", f"{_INSTALL}, or `wharfinger run`")
        return
    for lease in leases:
        yield _held(lease, facts.now)


def _held(lease: Object, now: datetime) -> Check:
    what, spec = f"operator (Lease {lease['metadata']['name']})", lease.get("spec", {})
    holder, renewed = spec.get("holderIdentity"), spec.get("renewTime")
    remedy = f"kubectl -n {lease['metadata']['namespace']} get pods; is there one that is ready?"
    if not holder or not renewed:
        return fail(what, "nobody holds it: no operator works", remedy)
    silent = (now - datetime.fromisoformat(renewed)).total_seconds()
    if silent > spec.get("leaseDurationSeconds", 15):
        return fail(what, f"{holder} has not renewed it for {silent:.0f} s: no operator works", remedy)
    return ok(what, f"held by {holder}")


def operator_pods(facts: Facts) -> Iterator[Check]:
    """The operator's pods are ready, where it runs in the cluster."""
    pods = facts.operator.pods
    if not facts.operator.leases:
        return
    if not pods:
        yield unknown("operator's pods", "none beside the Lease: it runs outside of the cluster, or is not to be seen")
        return
    ready = [pod for pod in pods if _is_true(pod, "Ready")]
    message = f"{len(ready)} of {len(pods)} ready"
    if not ready:
        namespace = pods[0]["metadata"]["namespace"]
        yield fail("operator's pods", message, f"kubectl -n {namespace} describe pods")
    elif len(ready) < len(pods):
        yield warning("operator's pods", message, "one works and another takes over from it: look at those that do not")
    else:
        yield ok("operator's pods", message)


def operator_rights(facts: Facts) -> Iterator[Check]:
    """The operator may do what it has to."""
    operator = facts.operator
    if operator.account is None:
        return
    what = "operator's rights"
    if operator.refused is None:
        yield unknown(what, facts.unread.get("rights", "they could not be asked for"), "ask as a cluster administrator")
    elif operator.refused:
        message = f"service account {operator.account} may not {_listed(operator.refused)}"
        yield fail(what, message, "kubectl apply --server-side -f manifests/clusterrole.yaml")
    elif operator.refused_cluster_wide:
        message = f"enough for this namespace; cluster-wide it may not {_listed(operator.refused_cluster_wide)}"
        yield warning(what, message, "right for `run --namespace`; else apply manifests/clusterrole.yaml")
    else:
        yield ok(what, f"service account {operator.account} has all of them")


def user_rights(facts: Facts) -> Iterator[Check]:
    """The user may work with workloads here."""
    refused = facts.user_refused
    if refused is None:
        yield unknown("your rights", facts.unread.get("user rights", "they could not be asked for"))
    elif refused:
        remedy = "have a role bound to you that grants these on containerworkloads.wharfinger.dev"
        yield warning("your rights", f"in {facts.namespace} you may not {_listed(refused)}", remedy)
    else:
        yield ok("your rights", f"you may do all with workloads in {facts.namespace}")


def _listed(refused: Iterable[Access]) -> str:
    """The first few, in words."""
    first, *more = list(refused)
    shown = [str(each) for each in (first, *more[:3])]
    return ", ".join(shown) + (f" and {len(more) - 3} more" if len(more) > 3 else "")


def metrics(facts: Facts) -> Iterator[Check]:
    """Autoscalers have figures to go by."""
    if facts.metrics:
        yield ok("metrics API", "metrics.k8s.io answers")
    else:
        message = "metrics.k8s.io is not served: `autoscale` by CPU or memory does nothing"
        yield warning("metrics API", message, "install metrics-server")


def storage(facts: Facts) -> Iterator[Check]:
    """`storage` without a class finds one."""
    what, classes = "storage class", facts.storage_classes
    if classes is None:
        yield unknown(what, facts.unread.get("storage classes", "could not be read"))
        return
    names = [_name(each) for each in classes if _is_default(each, "storageclass.kubernetes.io/is-default-class")]
    if not names:
        there = f"there are {', '.join(map(_name, classes))}" if classes else "there is no class at all"
        remedy = "say storageClassName in `storage`, or mark a class as the default"
        yield warning(what, f"no default: {there}", remedy)
    elif len(names) > 1:
        yield warning(what, f"several defaults: {', '.join(names)}; the newest counts", "leave the mark on one")
    else:
        yield ok(what, f"{names[0]} is the default")


def routes(facts: Facts) -> Iterator[Check]:
    """`route` has somebody who heeds it."""
    classes = facts.ingress_classes
    if classes is None:
        yield unknown("ingress class", facts.unread.get("ingress classes", "could not be read"))
    elif not classes:
        yield warning("ingress class", "there is none: a `route` leads nowhere", "install an ingress controller")
    elif default := [
        _name(each) for each in classes if _is_default(each, "ingressclass.kubernetes.io/is-default-class")
    ]:
        yield ok("ingress class", f"{default[0]} is the default")
    else:
        remedy = "say ingressClassName in `route`, or mark a class as the default"
        yield warning("ingress class", f"no default: there are {', '.join(map(_name, classes))}", remedy)
    served = "HTTPRoute is served" if facts.gateway else "not installed: only `route.gateways` needs it"
    yield ok("Gateway API", served)


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


def limit_ranges(facts: Facts) -> Iterator[Check]:
    """What a container may ask for has bounds."""
    bounds = [
        f"{_name(each)}: {item['type'].lower()} {word} {amount} {resource}"
        for each in facts.limits or ()
        for item in each["spec"]["limits"]
        for word in ("min", "max")
        for resource, amount in (item.get(word) or {}).items()
    ]
    if bounds:
        yield warning("limit range", "; ".join(bounds), "`resources` beyond these are refused")


def _used_up(quota: Object) -> Iterator[str]:
    from kubernetes.utils import parse_quantity

    status = quota.get("status", {})
    for resource, hard in (status.get("hard") or {}).items():
        used = (status.get("used") or {}).get(resource, "0")
        if parse_quantity(used) >= parse_quantity(hard):  # type: ignore[no-untyped-call]
            yield f"{resource} {used} of {hard}"


_COMPUTE: Final = {"cpu": "requests.cpu", "memory": "requests.memory"}


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


def unseen(_: Facts) -> Iterator[Check]:
    """What no question to the API server answers."""
    message = "whether names resolve, and whether the network plugin enforces NetworkPolicy, cannot be seen from here"
    yield unknown("network", message, "try it from a pod, where `network` is used")


CHECKS: Final[tuple[Callable[[Facts], Iterator[Check]], ...]] = (
    api_server,
    clocks,
    definitions,
    leader,
    operator_pods,
    operator_rights,
    user_rights,
    metrics,
    storage,
    routes,
    namespace,
    quotas,
    limit_ranges,
    unseen,
)


def _name(obj: Object) -> str:
    return str(obj["metadata"]["name"])


def _is_default(obj: Object, annotation: str) -> bool:
    return bool((obj["metadata"].get("annotations") or {}).get(annotation) == "true")


def _is_true(obj: Object, kind: str) -> bool:
    conditions = obj.get("status", {}).get("conditions") or ()
    return any(each["type"] == kind and each["status"] == "True" for each in conditions)
