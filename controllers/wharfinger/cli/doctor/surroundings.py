"""What a cluster has besides, for workloads that ask for it."""

from __future__ import annotations

from collections.abc import Iterator

from wharfinger.api.resource import Object
from wharfinger.cli.doctor.facts import Facts
from wharfinger.cli.doctor.verdict import Check, ok, unknown, warning


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


def unseen(_: Facts) -> Iterator[Check]:
    """What no question to the API server answers."""
    message = "whether names resolve, and whether the network plugin enforces NetworkPolicy, cannot be seen from here"
    yield unknown("network", message, "try it from a pod, where `network` is used")


def _name(obj: Object) -> str:
    return str(obj["metadata"]["name"])


def _is_default(obj: Object, annotation: str) -> bool:
    return bool((obj["metadata"].get("annotations") or {}).get(annotation) == "true")
