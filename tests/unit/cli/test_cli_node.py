"""``wharfinger node update``: what becomes of a node's own NodePolicy, and where it must not touch one."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.reconcilers.nodes import node, patched, policy, stored

from wharfinger.api.resource import Object
from wharfinger.cli.errors import CommandError
from wharfinger.cli.main import invoke
from wharfinger.cli.node.update import Change, changed, obstacle
from wharfinger.reconcilers.nodepolicy.marks import claim
from wharfinger.reconcilers.nodepolicy.marks import wanted as marks

DRAINED = {"nodes": ["n1"], "availability": "drain"}
LABELLED = {"nodes": ["n1"], "labels": {"disk": "ssd", "zone": "a"}}


@pytest.mark.parametrize(
    ("before", "change", "after"),
    [
        ({}, Change(availability="drain"), DRAINED),
        ({}, Change(add={"disk": "ssd"}), {"nodes": ["n1"], "labels": {"disk": "ssd"}}),
        (DRAINED, Change(availability="active"), {"nodes": ["n1"], "availability": "active"}),
        (DRAINED, Change(add={"disk": "ssd"}), DRAINED | {"labels": {"disk": "ssd"}}),
        (LABELLED, Change(availability="pause"), LABELLED | {"availability": "pause"}),
        (LABELLED, Change(add={"disk": "hdd"}), {"nodes": ["n1"], "labels": {"disk": "hdd", "zone": "a"}}),
        (LABELLED, Change(remove=["zone"]), {"nodes": ["n1"], "labels": {"disk": "ssd"}}),
        (LABELLED, Change(add={"rack": "7"}, remove=["disk", "zone"]), {"nodes": ["n1"], "labels": {"rack": "7"}}),
        (LABELLED, Change(remove=["disk", "zone"]), None),
        (LABELLED | DRAINED, Change(remove=["disk", "zone"]), DRAINED),
    ],
)
def test_what_was_asked_before_stays(before: Object, change: Change, after: Object | None) -> None:
    assert changed(node("n1"), before, change) == after


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ({"disk": "ssd"}, "the label disk of node n1 is no NodePolicy's: remove it by kubectl label node n1 disk-"),
        ({}, "node n1 has no label disk"),
    ],
)
def test_only_what_was_added_so_can_be_taken_back(labels: dict[str, str], said: str) -> None:
    with pytest.raises(CommandError) as raised:
        changed(node("n1", labels=labels), DRAINED, Change(remove=["disk"]))
    assert raised.value.format_message() == said


def held(by: str) -> Object:
    """n1, as that policy has made it."""
    holder = policy(by, **DRAINED)
    return patched(node("n1"), claim(node("n1"), marks(holder.spec), policy=by, uid=holder.uid))


@pytest.mark.parametrize(
    ("live", "found", "said"),
    [
        (node("n1"), None, ""),
        (held("n1"), stored("n1", **DRAINED), ""),
        (held("old-pool"), None, "NodePolicy old-pool holds node n1: change that one, or delete it first"),
        (
            node("n1"),
            stored("n1", nodes=["n1", "n2"], availability="drain"),
            "NodePolicy n1 is about other nodes than n1 alone: change it by kubectl edit nodepolicy n1",
        ),
        (
            node("n1"),
            stored("n1", **DRAINED, nodeSelector={}),
            "NodePolicy n1 is about other nodes than n1 alone: change it by kubectl edit nodepolicy n1",
        ),
    ],
)
def test_policies_of_others_are_left_alone(live: Object, found: Object | None, said: str) -> None:
    assert obstacle(live, found) == said


def test_a_policy_on_its_way_out_is_waited_for() -> None:
    going = stored("n1", **DRAINED)
    going["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    assert obstacle(node("n1"), going) == "NodePolicy n1 is being deleted: try again when it is gone"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["n1"], "nothing to change: give --availability, --label-add or --label-rm"),
        (["--label-add", "=ssd", "n1"], "--label-add =ssd: write KEY or KEY=VALUE"),
        (["--availability", "drained", "n1"], "'drained' is not one of 'active', 'pause', 'drain'"),
    ],
)
def test_wrong_command_lines(arguments: list[str], said: str, capsys: Any) -> None:
    assert invoke(["node", "update", *arguments]) == 2
    assert said in capsys.readouterr().err
