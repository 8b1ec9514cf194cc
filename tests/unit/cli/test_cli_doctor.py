"""Each check of ``wharfinger doctor``, on facts: what it says of a good cluster, and of each way to be a bad one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from wharfinger.api.customresource import CustomResource, definition
from wharfinger.api.kinds import CONTAINER_WORKLOAD_KIND as KIND
from wharfinger.api.kinds import KINDS
from wharfinger.api.resource import Object
from wharfinger.cli.doctor import checks
from wharfinger.cli.doctor.facts import Facts, Operator
from wharfinger.cli.doctor.rights import CLUSTER_WIDE, OPERATOR, USER, Access
from wharfinger.cli.doctor.verdict import Check, Verdict

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def named(name: str, **fields: Any) -> Object:
    return {"metadata": {"name": name, "namespace": "wharfinger-system", **fields.pop("metadata", {})}, **fields}


def crd(kind: CustomResource = KIND, **changes: Any) -> Object:
    status = {"conditions": [{"type": "Established", "status": "True"}]}
    return definition(kind) | {"status": status} | changes


def lease(*, holder: str = "a", seconds_ago: float = 1) -> Object:
    renewed = (NOW - timedelta(seconds=seconds_ago)).isoformat()
    return named("wharfinger", spec={"holderIdentity": holder, "renewTime": renewed, "leaseDurationSeconds": 15})


def pod(*, ready: bool) -> Object:
    return named("p", status={"conditions": [{"type": "Ready", "status": str(ready)}]})


def marked(name: str, annotation: str) -> Object:
    return named(name, metadata={"annotations": {annotation: "true"}})


STORAGE = "storageclass.kubernetes.io/is-default-class"
INGRESS = "ingressclass.kubernetes.io/is-default-class"

GOOD = Facts(
    server="https://10.0.0.1:6443",
    version="v1.36.1",
    skew=0.4,
    now=NOW,
    definitions={kind.name: crd(kind) for kind in KINDS},
    operator=Operator(leases=(lease(),), pods=(pod(ready=True),), account="wharfinger-system/wharfinger", refused=()),
    node_policies=(named("new-pool", status={"observedGeneration": 1}),),
    user_refused=(),
    metrics=True,
    storage_classes=(marked("fast", STORAGE),),
    ingress_classes=(marked("nginx", INGRESS),),
    gateway=True,
    namespace="shop",
    namespace_object=named("shop"),
    quotas=(),
    limits=(),
)


def found(facts: Facts, check: str) -> Check:
    """The one check of that name."""
    (one,) = [each for each in checks.examined(facts) if each.check == check]
    return one


def test_a_good_cluster_is_well() -> None:
    verdicts = {each.check: each.verdict for each in checks.examined(GOOD)}
    assert verdicts.pop("network") is Verdict.unknown  # nobody can see it from here
    assert set(verdicts.values()) == {Verdict.ok}


def test_every_check_that_is_not_well_says_what_to_do() -> None:
    worst = Facts(server="x", version="v1.2.3", now=NOW, namespace="shop", skew=99.0)
    assert all(each.remedy for each in checks.examined(worst) if each.verdict in (Verdict.warning, Verdict.fail))


def test_without_an_answer_nothing_else_is_said() -> None:
    (only,) = checks.examined(Facts(server="https://x", unreachable="no route", now=NOW, namespace="shop"))
    assert (only.check, only.verdict, only.message) == ("API server", Verdict.fail, "https://x: no route")


def _schema(**properties: Any) -> Object:
    changed = crd()
    version = changed["spec"]["versions"][0]
    root = version["schema"]["openAPIV3Schema"]
    spec = root["properties"]["spec"]
    spec["properties"] = {name: value for name, value in spec["properties"].items() if name != "env"} | properties
    return changed


QUOTA = named("q", spec={"hard": {"pods": "2"}}, status={"hard": {"pods": "2"}, "used": {"pods": "2"}})
CPU_QUOTA = named("q", spec={"hard": {"cpu": "4", "limits.memory": "1Gi"}}, status={"hard": {}, "used": {}})
FILLS_IN = named("l", spec={"limits": [{"type": "Container", "default": {"cpu": "1", "memory": "1Gi"}}]})
BOUNDS = named("l", spec={"limits": [{"type": "Container", "max": {"memory": "1Gi"}}]})
RESTRICTED = named("shop", metadata={"labels": {"pod-security.kubernetes.io/enforce": "restricted"}})
BASELINE = named("shop", metadata={"labels": {"pod-security.kubernetes.io/enforce": "baseline"}})
GOING = named("shop", metadata={"deletionTimestamp": "2026-01-01T00:00:00Z"})
OFF = crd(status={"conditions": [{"type": "Established", "status": "False"}]})
STALLED = {"observedGeneration": 1, "conditions": [{"type": "Stalled", "status": "True"}]}
LACKING = (Access("apps", "deployments", "patch"),)


def operator(**changes: Any) -> Operator:
    return replace(GOOD.operator, **changes)


BAD: dict[str, tuple[dict[str, Any], str, Verdict, str]] = {
    "old server": ({"version": "v1.30.4"}, "API server", Verdict.fail, "v1.30.4"),
    "clock ahead": ({"skew": 61.0}, "clock", Verdict.warning, "61 s ahead of"),
    "clock behind": ({"skew": -61.0}, "clock", Verdict.warning, "61 s behind"),
    "no clock": ({"skew": None}, "clock", Verdict.unknown, "did not tell"),
    "no crd": ({"definitions": {KIND.name: None}}, f"CRD {KIND.name}", Verdict.fail, "not installed"),
    "crd off": ({"definitions": {KIND.name: OFF}}, f"CRD {KIND.name}", Verdict.fail, "not established"),
    "old crd": ({"definitions": {KIND.name: _schema()}}, f"CRD {KIND.name}", Verdict.fail, "lacks spec.env"),
    "other crd": (
        {"definitions": {KIND.name: _schema(env={"type": "object"})}},
        f"CRD {KIND.name}",
        Verdict.fail,
        "another schema",
    ),
    "no operator": ({"operator": Operator()}, "operator", Verdict.fail, "never ran"),
    "policies of nobody": (
        {"node_policies": (named("old-pool", status={"observedGeneration": -1}),)},
        "node policies",
        Verdict.warning,
        "looked after by nobody: old-pool",
    ),
    "policy stalled": (
        {"node_policies": (named("old-pool", status=STALLED),)},
        "node policies",
        Verdict.warning,
        "need a person: old-pool",
    ),
    "lease given back": (
        {"operator": operator(leases=(lease(holder=""),))},
        "operator (Lease wharfinger)",
        Verdict.fail,
        "nobody holds it",
    ),
    "operator silent": (
        {"operator": operator(leases=(lease(seconds_ago=40),))},
        "operator (Lease wharfinger)",
        Verdict.fail,
        "40 s",
    ),
    "outside": ({"operator": operator(pods=())}, "operator's pods", Verdict.unknown, "outside"),
    "no pod ready": ({"operator": operator(pods=(pod(ready=False),))}, "operator's pods", Verdict.fail, "0 of 1"),
    "one pod ready": (
        {"operator": operator(pods=(pod(ready=False), pod(ready=True)))},
        "operator's pods",
        Verdict.warning,
        "1 of 2",
    ),
    "rights": ({"operator": operator(refused=LACKING)}, "operator's rights", Verdict.fail, "patch deployments.apps"),
    "some rights": (
        {"operator": operator(refused_cluster_wide=CLUSTER_WIDE[:1])},
        "operator's rights",
        Verdict.warning,
        "list events",
    ),
    "rights unseen": ({"operator": operator(refused=None)}, "operator's rights", Verdict.unknown, "could not"),
    "user": ({"user_refused": USER}, "your rights", Verdict.warning, "get containerworkloads.wharfinger.dev"),
    "no metrics": ({"metrics": False}, "metrics API", Verdict.warning, "autoscale"),
    "no storage": ({"storage_classes": ()}, "storage class", Verdict.warning, "no class at all"),
    "no default": ({"storage_classes": (named("slow"),)}, "storage class", Verdict.warning, "there are slow"),
    "two defaults": (
        {"storage_classes": (marked("a", STORAGE), marked("b", STORAGE))},
        "storage class",
        Verdict.warning,
        "a, b",
    ),
    "no ingress": ({"ingress_classes": ()}, "ingress class", Verdict.warning, "leads nowhere"),
    "ingress not default": ({"ingress_classes": (named("x"),)}, "ingress class", Verdict.warning, "there are x"),
    "no namespace": ({"namespace_object": None}, "namespace shop", Verdict.fail, "does not exist"),
    "going": ({"namespace_object": GOING}, "namespace shop", Verdict.fail, "being deleted"),
    "restricted": ({"namespace_object": RESTRICTED}, "namespace shop", Verdict.warning, "restricted"),
    "baseline": ({"namespace_object": BASELINE}, "namespace shop", Verdict.warning, "baseline"),
    "used up": ({"quotas": (QUOTA,)}, "quota", Verdict.warning, "pods 2 of 2"),
    "demanded": ({"quotas": (CPU_QUOTA,)}, "quota", Verdict.warning, "limits.memory, requests.cpu"),
    "filled in": ({"quotas": (CPU_QUOTA,), "limits": (FILLS_IN,)}, "quota", Verdict.ok, "with room"),
    "bounds": ({"limits": (BOUNDS,)}, "limit range", Verdict.warning, "max 1Gi memory"),
    "unread": (
        {"storage_classes": None, "unread": {"storage classes": "forbidden"}},
        "storage class",
        Verdict.unknown,
        "forbidden",
    ),
}


@pytest.mark.parametrize(("changes", "check", "verdict", "says"), BAD.values(), ids=BAD)
def test_what_is_seen_is_said(changes: dict[str, Any], check: str, verdict: Verdict, says: str) -> None:
    one = found(replace(GOOD, **changes), check)
    assert one.verdict is verdict
    assert says in one.message


def test_rights_are_those_that_the_manifests_grant() -> None:
    manifests = Path(__file__).parents[3] / "manifests" / "base"
    role = next(each for each in yaml.safe_load_all((manifests / "clusterrole.yaml").read_text()) if each)
    granted = {
        Access(group, resource.partition("/")[0], verb, resource.partition("/")[2], name)
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
        for name in rule.get("resourceNames", [""])
    }
    assert granted == {*OPERATOR, *CLUSTER_WIDE}
