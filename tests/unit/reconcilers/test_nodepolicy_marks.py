"""What is written on a node is taken back to the letter, whatever happened in between."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.reconcilers.nodes import node, patched, policy

from wharfinger.api.labels import AVAILABILITY_ANNOTATION, NODE_POLICY_ANNOTATION
from wharfinger.api.resource import Object
from wharfinger.placement import read_node
from wharfinger.reconcilers.nodepolicy.marks import claim, original_labels, record_of, release, wanted
from wharfinger.reconcilers.nodepolicy.policy import Policy

KEYS = ("pool", "disk", "example.com/zone")
values = st.sampled_from(["", "a", "b", "c"])
labels = st.dictionaries(st.sampled_from(KEYS), values)
nodes = st.builds(node, cordoned=st.booleans(), labels=labels)
specs = st.fixed_dictionaries(
    {"nodes": st.just(["n1"]), "labels": labels},
    optional={"availability": st.sampled_from(["active", "pause", "drain"])},
)
policies = st.builds(lambda name, spec: policy(name, **spec), st.sampled_from(["one", "two"]), specs)


def claimed(obj: Object, held: Policy) -> Object:
    return patched(obj, claim(obj, wanted(held.spec), policy=held.name, uid=held.uid))


def substance(obj: Object) -> Object:
    """All of a node but its version; what is empty is not there."""
    metadata = {key: value for key, value in obj["metadata"].items() if key != "resourceVersion" and value != {}}
    return {**obj, "metadata": metadata}


@given(nodes, st.lists(policies, min_size=1, max_size=4))
def test_release_restores_exactly(before: Object, held: list[Policy]) -> None:
    """Also after the policy changed again and again, and after other policies took the node over."""
    now = before
    for each in held:
        now = claimed(now, each)
    assert substance(patched(now, release(now))) == substance(before)


@given(nodes, policies)
def test_a_claimed_node_needs_nothing(before: Object, held: Policy) -> None:
    now = claimed(before, held)
    assert claim(now, wanted(held.spec), policy=held.name, uid=held.uid) is None


@given(nodes, policies)
def test_a_claimed_node_is_what_the_policy_says(before: Object, held: Policy) -> None:
    now = claimed(before, held)
    assert (held.spec.labels or {}).items() <= now["metadata"]["labels"].items()
    if held.spec.availability is None:
        assert now["spec"] == before["spec"]
    else:
        assert read_node(now).availability == held.spec.availability
        assert bool(now["spec"].get("unschedulable")) == (held.spec.availability != "active")


@given(nodes, policies)
def test_selectors_see_what_was_there_before(before: Object, held: Policy) -> None:
    assert original_labels(claimed(before, held)) == before["metadata"]["labels"]


@given(nodes, policies, nodes)
def test_drift_is_repaired_and_forgets_nothing(before: Object, held: Policy, by_hand: Object) -> None:
    """Somebody uncordons the node and changes labels; the policy sets them again, and still knows what was there."""
    now = claimed(before, held)
    marks = wanted(held.spec)
    drifted = {**now, "spec": by_hand["spec"] if "unschedulable" in marks else now["spec"]}
    theirs = {key: value for key, value in by_hand["metadata"]["labels"].items() if f"label:{key}" in marks}
    drifted["metadata"] = {**now["metadata"], "labels": {**now["metadata"]["labels"], **theirs}}
    repaired = claimed(drifted, held)
    assert substance(repaired) == substance(now)
    assert substance(patched(repaired, release(repaired))) == substance(before)


def test_what_somebody_changed_since_is_theirs() -> None:
    now = claimed(node(labels={"pool": "a"}), policy(nodes=["n1"], labels={"pool": "b"}, availability="pause"))
    now["metadata"]["labels"]["pool"] = "c"
    left = patched(now, release(now))
    assert left["metadata"]["labels"] == {"pool": "c"}
    assert "unschedulable" not in left["spec"]


def test_a_node_that_was_cordoned_before_stays_so() -> None:
    now = claimed(node(cordoned=True), policy(nodes=["n1"], availability="drain"))
    assert patched(now, release(now))["spec"] == {"unschedulable": True}


def test_active_uncordons_until_it_is_taken_back() -> None:
    now = claimed(node(cordoned=True), policy(nodes=["n1"], availability="active"))
    assert now["spec"] == {}
    assert now["metadata"]["annotations"][AVAILABILITY_ANNOTATION] == "active"
    assert patched(now, release(now))["spec"] == {"unschedulable": True}


def test_a_patch_says_which_version_it_is_about() -> None:
    patch = claim(node(), wanted(policy(nodes=["n1"], availability="pause").spec), policy="p", uid="u")
    assert patch is not None
    assert patch["metadata"]["resourceVersion"] == "1"


def test_nobodys_node_has_nothing_to_give_back() -> None:
    assert release(node(cordoned=True, labels={"pool": "a"})) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "{}",
        '{"policy":"p","uid":"u","changes":[1]}',
        '{"policy":"p","uid":"u","changes":{"label:a":[1,2]}}',
    ],
)
def test_a_record_that_cannot_be_read_is_none(text: str) -> None:
    obj: dict[str, Any] = node()
    obj["metadata"]["annotations"] = {NODE_POLICY_ANNOTATION: text}
    assert record_of(obj).uid == ""
    assert claim(obj, {"unschedulable": "true"}, policy="p", uid="u") is not None
