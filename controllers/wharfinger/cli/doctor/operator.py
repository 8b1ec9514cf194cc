"""The operator: whether it works, and what it and its users may do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final

from wharfinger.api.resource import Object
from wharfinger.cli.doctor.facts import Facts
from wharfinger.cli.doctor.rights import Access
from wharfinger.cli.doctor.verdict import Check, fail, is_true, ok, unknown, warning

_INSTALL: Final = "kubectl apply --server-side -k manifests"


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
    ready = [pod for pod in pods if is_true(pod, "Ready")]
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
        yield fail(what, message, "kubectl apply --server-side -f manifests/base/clusterrole.yaml")
    elif operator.refused_cluster_wide:
        message = f"enough for this namespace; cluster-wide it may not {_listed(operator.refused_cluster_wide)}"
        yield warning(what, message, "right for `run --namespace`; else apply manifests/base/clusterrole.yaml")
    else:
        yield ok(what, f"service account {operator.account} has all of them")


def node_policies(facts: Facts) -> Iterator[Check]:
    """Where there are NodePolicies, an operator keeps them: one of all namespaces, which was told to."""
    policies = facts.node_policies
    if not policies:
        return
    unseen = [each for each in policies if each.get("status", {}).get("observedGeneration", -1) < 0]
    stalled = [each for each in policies if is_true(each, "Stalled")]
    if unseen:
        message = f"{len(unseen)} of {len(policies)} looked after by nobody: {_names(unseen)}"
        yield warning("node policies", message, "run the operator with --node-policies, and without --namespace")
    elif stalled:
        message = f"{len(stalled)} of {len(policies)} need a person: {_names(stalled)}"
        yield warning("node policies", message, f"kubectl describe nodepolicy {stalled[0]['metadata']['name']}")
    else:
        yield ok("node policies", f"{len(policies)} looked after")


def _names(objects: Sequence[Object]) -> str:
    """The first few."""
    return ", ".join(each["metadata"]["name"] for each in objects[:3]) + (", …" if len(objects) > 3 else "")


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
