"""``wharfinger nodes`` reads like ``docker node ls``, and filters as it does."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.reconcilers.nodes import node, patched, policy

from wharfinger.api.resource import Object
from wharfinger.cli.errors import BadInputError
from wharfinger.cli.main import invoke
from wharfinger.cli.nodes import row, wanted
from wharfinger.placement import read_node
from wharfinger.reconcilers.nodepolicy.marks import claim
from wharfinger.reconcilers.nodepolicy.marks import wanted as marks

MANAGER = {"node-role.kubernetes.io/control-plane": ""}
INFO = {"kubeletVersion": "v1.36.1", "containerRuntimeVersion": "containerd://2.1.0"}


def seen(obj: Object, *, ready: str = "True") -> Object:
    return {**obj, "status": {"conditions": [{"type": "Ready", "status": ready}], "nodeInfo": INFO}}


def test_a_worker() -> None:
    found = row(seen(node("n1", labels={"kubernetes.io/hostname": "host-1"})))
    assert (found.id, found.hostname, found.status, found.availability) == ("n1", "host-1", "Ready", "Active")
    assert (found.manager_status, found.engine_version, found.policy) == ("", "v1.36.1", "")


@pytest.mark.parametrize(
    ("ready", "status", "manager"),
    [("True", "Ready", "Reachable"), ("False", "NotReady", "Unreachable"), ("Unknown", "Down", "Unreachable")],
)
def test_a_manager(ready: str, status: str, manager: str) -> None:
    found = row(seen(node(labels=MANAGER), ready=ready))
    assert (found.status, found.manager_status, found.role) == (status, manager, "manager")


def test_availability_is_the_policys_or_that_of_a_cordon() -> None:
    held = policy("old-pool", nodes=["n1"], availability="drain")
    drained = patched(node(), claim(node(), marks(held.spec), policy=held.name, uid=held.uid))
    assert (row(drained).availability, row(drained).policy) == ("Drain", "old-pool")
    assert (row(node(cordoned=True)).availability, row(node(cordoned=True)).policy) == ("Pause", "")


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ([], ["db-1", "web-1", "web-2"]),
        (["role=manager"], ["db-1"]),
        (["name=web"], ["web-1", "web-2"]),
        (["id=web-2"], ["web-2"]),
        (["id=web-2", "id=db"], ["db-1", "web-2"]),
        (["name=web", "node.label=disk"], ["web-1"]),
        (["node.label=disk=ssd"], ["web-1"]),
        (["node.label=disk=hdd"], []),
        (["label=gpu"], ["web-2"]),
    ],
)
def test_filters_are_dockers(filters: list[str], expected: list[str]) -> None:
    nodes = [
        node("db-1", labels=MANAGER),
        node("web-1", labels={"disk": "ssd"}),
        node("web-2", labels={"engine.wharfinger.dev/gpu": ""}),
    ]
    chosen = wanted(filters)
    assert [each["metadata"]["name"] for each in nodes if chosen(read_node(each))] == expected


@pytest.mark.parametrize("text", ["role", "role=leader", "membership=accepted", "=x"])
def test_a_filter_that_is_none(text: str, capsys: pytest.CaptureFixture[Any]) -> None:
    with pytest.raises(BadInputError, match="--filter"):
        wanted([text])
    assert invoke(["nodes", "--filter", text]) == 2
    assert "--filter" in capsys.readouterr().err
