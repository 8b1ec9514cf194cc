"""What is read of a Node, and what is kept."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

import pytest
from placement_cases import node, node_object

from wharfinger.placement import read_node, trim_node
from wharfinger.placement.attributes import attribute, instance_id, topology_key
from wharfinger.placement.node import architecture


def test_a_node_is_read() -> None:
    read = node("n1", labels={"zone": "a", "engine.wharfinger.dev/storage": "ssd"}, ips=("10.0.0.1", "fd00::1"))
    assert (read.name, read.hostname, read.role, read.os, read.arch) == ("n1", "n1", "worker", "linux", "amd64")
    assert read.ips == (ip_address("10.0.0.1"), ip_address("fd00::1"))
    assert read.engine_labels == {"storage": "ssd"}
    assert read.takes_new
    assert not read.lost


def test_a_node_that_is_trimmed_reads_the_same() -> None:
    whole = node_object(
        "n1",
        annotations={
            "wharfinger.dev/availability": "pause",
            "volumes.kubernetes.io/controller-managed-attach-detach": "true",
        },
        taints=[{"key": "gpu", "effect": "NoSchedule"}],
        providerID="aws:///eu-west-1a/i-1",
    )
    whole["status"]["images"] = [{"names": ["x"], "sizeBytes": 1}]
    whole["status"]["nodeInfo"] = {"kubeletVersion": "v1.36.1"}
    trimmed = trim_node(whole)
    assert read_node(trimmed) == read_node(whole)
    assert "images" not in trimmed["status"]
    assert trimmed["metadata"]["annotations"] == {"wharfinger.dev/availability": "pause"}
    assert trimmed["metadata"]["resourceVersion"] == "1"


def test_a_heartbeat_leaves_no_trace() -> None:
    before, after = node_object(), node_object()
    after["status"]["conditions"][0]["lastHeartbeatTime"] = "2030-01-01T00:00:00Z"
    assert trim_node(before) == trim_node(after)


@pytest.mark.parametrize(
    ("fields", "availability"),
    [
        ({}, "active"),
        ({"unschedulable": True}, "pause"),
        ({"annotations": {"wharfinger.dev/availability": "pause"}}, "pause"),
        ({"annotations": {"wharfinger.dev/availability": "active"}, "unschedulable": True}, "pause"),
        ({"annotations": {"wharfinger.dev/availability": "drain"}, "unschedulable": True}, "drain"),
        ({"annotations": {"wharfinger.dev/availability": "nonsense"}}, "active"),
    ],
)
def test_availability_is_the_policys_and_a_cordon_pauses(fields: dict[str, Any], availability: str) -> None:
    assert node(**fields).availability == availability


@pytest.mark.parametrize(
    ("ready", "lost", "takes_new"),
    [("True", False, True), ("False", False, False), ("Unknown", True, False), (None, False, False)],
)
def test_a_silent_node_is_lost_and_one_that_is_not_ready_takes_nothing_new(
    ready: str | None, lost: bool, takes_new: bool
) -> None:
    read = node(ready=ready)
    assert (read.lost, read.takes_new) == (lost, takes_new)


def test_the_control_plane_is_swarms_managers() -> None:
    assert node(manager=True).role == "manager"


def test_a_node_without_anything_is_read() -> None:
    read = read_node({"metadata": {"name": "bare"}})
    assert (read.hostname, read.ips, read.taints, read.ready) == ("bare", (), (), "False")


def test_an_address_that_is_none_is_left_out() -> None:
    assert node(ips=("nonsense", "10.0.0.2")).ips == (ip_address("10.0.0.2"),)


@pytest.mark.parametrize(
    ("name", "known"),
    [("x86_64", "amd64"), ("AMD64", "amd64"), ("aarch64", "arm64"), ("arm64", "arm64"), ("s390x", "s390x")],
)
def test_architectures_have_two_names(name: str, known: str) -> None:
    assert architecture(name) == known


LABELLED = {
    "topology.kubernetes.io/zone": "eu-west-1a",
    "node.kubernetes.io/instance-type": "t3.micro",
    "stack": "production",
}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ecs.availability-zone", "eu-west-1a"),
        ("ecs.instance-type", "t3.micro"),
        ("ecs.os-type", "linux"),
        ("ecs.os-family", "LINUX"),
        ("ecs.cpu-architecture", "x86_64"),
        ("stack", "production"),
        ("ecs.vpc-id", None),
    ],
)
def test_ecs_attributes_come_from_labels(name: str, value: str | None) -> None:
    assert attribute(name, node(labels=LABELLED)) == value


def test_a_windows_family_is_not_known() -> None:
    assert attribute("ecs.os-family", node(os="windows")) is None


@pytest.mark.parametrize(
    ("provider", "known"), [("aws:///eu-west-1a/i-0123", "i-0123"), ("kind://docker/kind/worker", "worker"), ("", "")]
)
def test_the_instance_id_is_the_end_of_the_providers(provider: str, known: str) -> None:
    assert instance_id(node(providerID=provider)) == known


@pytest.mark.parametrize(
    ("field", "key"),
    [
        ("instanceId", "kubernetes.io/hostname"),
        ("host", "kubernetes.io/hostname"),
        ("attribute:ecs.availability-zone", "topology.kubernetes.io/zone"),
        ("attribute:rack", "rack"),
        ("attribute:", ""),
        ("rack", ""),
        ("", ""),
    ],
)
def test_the_fields_of_spread(field: str, key: str) -> None:
    assert topology_key(field) == key
