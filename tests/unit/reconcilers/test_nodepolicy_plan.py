"""Which policy holds a node, what it does about it, and that two of them never take turns."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.reconcilers.nodes import node, patched, policy, stored

from wharfinger.api.parse import InvalidSpec
from wharfinger.api.resource import Object
from wharfinger.reconcilers.nodepolicy.marks import record_of
from wharfinger.reconcilers.nodepolicy.plan import Plan, give_back, plan
from wharfinger.reconcilers.nodepolicy.policy import Policy, holder, in_force, read, selects

EARLY, LATE = "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"


def everything(**labels: str) -> dict[str, Any]:
    return {"nodeSelector": {"matchLabels": labels}}


def done(nodes: list[Object], chosen: Plan) -> list[Object]:
    """The nodes after the plan's edits."""
    patches = {edit.node["metadata"]["name"]: edit.patch for edit in chosen.edits}
    return [patched(each, patches.get(each["metadata"]["name"])) for each in nodes]


@pytest.mark.parametrize(
    ("spec", "labels", "about"),
    [
        ({"nodes": ["n1"]}, {}, True),
        ({"nodes": ["n2"]}, {}, False),
        ({"nodes": ["n2"], "nodeSelector": {"matchLabels": {"a": "1"}}}, {"a": "1"}, True),
        ({"nodeSelector": {}}, {}, True),
        ({"nodeSelector": {"matchExpressions": [{"key": "a", "operator": "In", "values": ["1"]}]}}, {"a": "2"}, False),
        ({"nodeSelector": {"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["1"]}]}}, {}, True),
        ({"nodeSelector": {"matchExpressions": [{"key": "a", "operator": "Exists"}]}}, {}, False),
        ({"nodeSelector": {"matchExpressions": [{"key": "a", "operator": "DoesNotExist"}]}}, {}, True),
    ],
)
def test_nodes_are_chosen_by_name_or_label(spec: dict[str, Any], labels: dict[str, str], about: bool) -> None:
    assert selects(policy(availability="pause", **spec), node(labels=labels)) is about


@pytest.mark.parametrize(
    "spec",
    [
        {"availability": "pause"},
        {"nodes": ["n1"]},
        {"nodes": ["n1"], "availability": "off"},
        {"nodes": ["n1"], "labels": {"kubernetes.io/hostname": "other"}},
        {"nodes": ["n1"], "labels": {"pool": "not a value"}},
        {"nodes": ["n1", "n1"], "availability": "pause"},
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(spec: dict[str, Any]) -> None:
    with pytest.raises(InvalidSpec):
        read(stored(**spec))


def test_policies_in_force_are_the_living_readable_ones_the_earliest_first() -> None:
    gone = stored("gone", nodes=["n1"], availability="pause")
    gone["metadata"]["deletionTimestamp"] = LATE
    late = stored("late", created=LATE, nodes=["n1"], availability="pause")
    early = stored("early", created=EARLY, nodes=["n1"], availability="pause")
    twin = stored("a-twin", created=EARLY, nodes=["n1"], availability="pause")
    found = in_force([gone, late, early, stored("wrong"), twin])
    assert [each.name for each in found] == ["a-twin", "early", "late"]


def test_the_later_of_two_is_told_who_holds_the_node() -> None:
    early = policy("early", created=EARLY, nodes=["n1"], availability="pause")
    late = policy("late", created=LATE, nodeSelector={}, availability="drain")
    nodes = [node("n1"), node("n2")]
    found = plan(late, (early, late), nodes)
    assert found.conflicts == (("n1", "early"),)
    assert found.held == ("n2",)
    assert [edit.node["metadata"]["name"] for edit in found.edits] == ["n2"]


def test_a_policy_that_changes_the_label_that_it_selects_by_keeps_its_nodes() -> None:
    moved = policy(**everything(pool="old"), labels={"pool": "new"})
    nodes = done([node(labels={"pool": "old"})], plan(moved, (moved,), [node(labels={"pool": "old"})]))
    assert nodes[0]["metadata"]["labels"] == {"pool": "new"}
    assert plan(moved, (moved,), nodes) == Plan(held=("n1",))


def test_labels_of_one_policy_do_not_make_a_node_anothers() -> None:
    setting = policy("setting", nodes=["n1"], labels={"pool": "old"})
    selecting = policy("selecting", created=LATE, **everything(pool="old"), availability="drain")
    nodes = done([node()], plan(setting, (setting, selecting), [node()]))
    assert plan(selecting, (setting, selecting), nodes) == Plan()


def test_nodes_that_do_not_exist_are_waited_for() -> None:
    assert plan(policy(nodes=["n9"], availability="pause"), (), [node()]).missing == ("n9",)


def test_a_node_that_is_no_longer_selected_is_given_back() -> None:
    before, after = policy(nodes=["n1"], availability="pause"), policy(nodes=["n2"], availability="pause")
    nodes = done([node("n1"), node("n2")], plan(before, (before,), [node("n1"), node("n2")]))
    nodes = done(nodes, plan(after, (after,), nodes))
    assert [each["spec"] for each in nodes] == [{}, {"unschedulable": True}]
    assert record_of(nodes[0]).uid == ""


def test_a_node_goes_from_one_policy_to_the_next_without_being_uncordoned() -> None:
    first = policy("first", created=EARLY, nodes=["n1"], availability="drain")
    second = policy("second", created=LATE, nodes=["n1"], availability="pause")
    nodes = done([node()], plan(first, (first, second), [node()]))
    left = give_back(first.uid, (second,), nodes)
    assert (left.edits, left.heirs) == ((), ("second",))
    nodes = done(nodes, plan(second, (second,), nodes))
    assert give_back(first.uid, (second,), nodes) == Plan()
    assert nodes[0]["spec"] == {"unschedulable": True}
    assert done(nodes, give_back(second.uid, (), nodes))[0]["spec"] == {}


specs = st.fixed_dictionaries(
    {"availability": st.sampled_from(["active", "pause", "drain"])},
    optional={
        "labels": st.dictionaries(st.sampled_from(["pool", "disk"]), st.sampled_from(["a", "b"])),
        "nodes": st.lists(st.sampled_from(["n0", "n1", "n2"]), unique=True),
    },
).map(lambda spec: spec if "nodes" in spec else {**spec, "nodeSelector": {"matchLabels": {"pool": "a"}}})


@given(
    st.lists(specs, min_size=1, max_size=4),
    st.lists(st.builds(dict, pool=st.sampled_from(["a", "b"])), min_size=3, max_size=3),
    st.randoms(use_true_random=False),
)
def test_policies_come_to_rest_in_whatever_order_they_are_looked_at(
    chosen: list[dict[str, Any]], labels: list[dict[str, str]], chance: Any
) -> None:
    """Each node ends with the earliest policy that is about it; then nobody writes; and at the end all is as before."""
    policies: tuple[Policy, ...] = tuple(
        policy(f"p{number}", created=f"2026-01-0{number + 1}T00:00:00Z", **spec) for number, spec in enumerate(chosen)
    )
    before = [node(f"n{number}", labels=each) for number, each in enumerate(labels)]
    nodes = before
    for _ in range(2):
        for each in chance.sample(policies, len(policies)):
            nodes = done(nodes, plan(each, policies, nodes))
    for each in policies:
        assert plan(each, policies, nodes).edits == ()
    for each in nodes:
        who = holder(policies, each)
        assert record_of(each).uid == (who.uid if who else "")
    for each in policies:
        nodes = done(nodes, give_back(each.uid, (), nodes))
    assert [(each["metadata"]["labels"], each["spec"]) for each in nodes] == [
        (each["metadata"]["labels"], each["spec"]) for each in before
    ]
