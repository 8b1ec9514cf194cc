"""A partial PodSpec merges over a whole one as Kubernetes' strategic merge patch would have it."""

from __future__ import annotations

from copy import deepcopy
from time import process_time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wharfinger.api.pod_keys import key_value, merge_keys
from wharfinger.api.resource import Object
from wharfinger.render.pod_overlay import merge

WEB: Object = {
    "containers": [
        {
            "name": "web",
            "image": "web:1",
            "args": ["--a", "--b"],
            "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
            "ports": [
                {"containerPort": 53, "name": "dns"},
                {"containerPort": 53, "name": "dns-udp", "protocol": "UDP"},
            ],
            "readinessProbe": {"httpGet": {"path": "/", "port": 80}, "periodSeconds": 5},
            "resources": {"limits": {"memory": "1Gi"}},
        }
    ],
    "volumes": [{"name": "tmp", "emptyDir": {"sizeLimit": "1Gi"}}],
    "topologySpreadConstraints": [
        {"topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway", "maxSkew": 1},
    ],
    "securityContext": {"runAsNonRoot": True},
}


def container(overlay: Object, name: str = "web") -> Object:
    """The container, after `overlay` on it."""
    merged = merge(WEB, {"containers": [{"name": name, **overlay}]})
    return next(item for item in merged["containers"] if item["name"] == name)


# Objects


def test_fields_are_set_and_others_stay() -> None:
    merged = merge(WEB, {"hostNetwork": True, "securityContext": {"fsGroup": 1}})
    assert merged["hostNetwork"] is True
    assert merged["securityContext"] == {"runAsNonRoot": True, "fsGroup": 1}


def test_null_deletes() -> None:
    assert "securityContext" not in merge(WEB, {"securityContext": None})
    assert container({"resources": {"limits": {"memory": None, "cpu": "1"}}})["resources"] == {"limits": {"cpu": "1"}}


def test_a_directive_deletes_any_value() -> None:
    gone = {"$patch": "delete"}
    base = {"hostname": "a", "containers": [{"name": "web", "tty": True, "args": ["x"]}], "volumes": [{"name": "v"}]}
    overlay = {"hostname": gone, "volumes": gone, "containers": [{"name": "web", "tty": gone, "args": gone}]}
    assert merge(base, overlay) == {"containers": [{"name": "web"}]}
    assert merge({}, overlay) == {"containers": [{"name": "web"}]}


def test_null_in_a_new_object_leaves_nothing_behind() -> None:
    assert merge({}, {"securityContext": {"fsGroup": None}}) == {"securityContext": {}}


def test_object_is_replaced() -> None:
    merged = merge(WEB, {"securityContext": {"$patch": "replace", "fsGroup": 1}})
    assert merged["securityContext"] == {"fsGroup": 1}


def test_object_is_deleted() -> None:
    assert "securityContext" not in merge(WEB, {"securityContext": {"$patch": "delete"}})


def test_only_retained_keys_stay() -> None:
    merged = merge({"a": {"x": 1, "y": 2}}, {"a": {"$retainKeys": ["x", "z"], "z": 3}})
    assert merged == {"a": {"x": 1, "z": 3}}


# Lists


def test_items_merge_by_key() -> None:
    web = container({"env": [{"name": "B", "value": "3"}, {"name": "C", "value": "4"}]})
    assert [(variable["name"], variable["value"]) for variable in web["env"]] == [("A", "1"), ("B", "3"), ("C", "4")]
    assert web["image"] == "web:1"


def test_new_items_come_last() -> None:
    merged = merge(WEB, {"containers": [{"name": "proxy", "image": "proxy:1"}, {"name": "web", "tty": True}]})
    assert [item["name"] for item in merged["containers"]] == ["web", "proxy"]


def test_atomic_lists_are_replaced() -> None:
    assert container({"args": ["--c"]})["args"] == ["--c"]


def test_item_is_deleted() -> None:
    assert [item["name"] for item in container({"env": [{"name": "A", "$patch": "delete"}]})["env"]] == ["B"]


def test_deleting_what_is_not_there_is_nothing() -> None:
    assert merge(WEB, {"containers": [{"name": "ghost", "$patch": "delete"}]}) == WEB


def test_list_is_replaced() -> None:
    web = container({"env": [{"$patch": "replace"}, {"name": "C", "value": "1"}]})
    assert web["env"] == [{"name": "C", "value": "1"}]


def test_item_is_replaced() -> None:
    assert container({"$patch": "replace", "image": "web:2"}) == {"name": "web", "image": "web:2"}


def test_scalars_are_removed() -> None:
    assert container({"$deleteFromPrimitiveList/args": ["--a", "--c"]})["args"] == ["--b"]


def test_ports_are_told_apart_by_protocol() -> None:
    ports = container({"ports": [{"containerPort": 53, "protocol": "UDP", "hostPort": 53}]})["ports"]
    assert ports[0] == {"containerPort": 53, "name": "dns"}
    assert ports[1] == {"containerPort": 53, "name": "dns-udp", "protocol": "UDP", "hostPort": 53}


def test_protocol_is_tcp_where_it_is_left_out() -> None:
    ports = container({"ports": [{"containerPort": 53, "protocol": "TCP", "hostPort": 53}]})["ports"]
    assert [port.get("hostPort") for port in ports] == [53, None]


def test_constraint_without_the_second_key_is_the_one_of_the_first() -> None:
    merged = merge(WEB, {"topologySpreadConstraints": [{"topologyKey": "zone", "maxSkew": 3}]})
    assert merged["topologySpreadConstraints"] == [
        {"topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway", "maxSkew": 3}
    ]


def test_constraint_with_another_second_key_is_another() -> None:
    strict = {"topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule", "maxSkew": 1}
    merged = merge(WEB, {"topologySpreadConstraints": [strict]})
    assert merged["topologySpreadConstraints"] == [*WEB["topologySpreadConstraints"], strict]


# Unions


def test_a_volume_has_one_source() -> None:
    merged = merge(WEB, {"volumes": [{"name": "tmp", "hostPath": {"path": "/tmp"}}]})
    assert merged["volumes"] == [{"name": "tmp", "hostPath": {"path": "/tmp"}}]


def test_the_same_source_merges() -> None:
    merged = merge(WEB, {"volumes": [{"name": "tmp", "emptyDir": {"medium": "Memory"}}]})
    assert merged["volumes"] == [{"name": "tmp", "emptyDir": {"sizeLimit": "1Gi", "medium": "Memory"}}]


def test_naming_a_volume_changes_nothing() -> None:
    assert merge(WEB, {"volumes": [{"name": "tmp"}]}) == WEB


def test_a_probe_has_one_handler() -> None:
    probe = container({"readinessProbe": {"tcpSocket": {"port": 80}}})["readinessProbe"]
    assert probe == {"tcpSocket": {"port": 80}, "periodSeconds": 5}


def test_a_variable_has_one_value() -> None:
    source = {"secretKeyRef": {"name": "s", "key": "k"}}
    assert container({"env": [{"name": "A", "valueFrom": source}]})["env"][0] == {"name": "A", "valueFrom": source}


# Properties

_NAMES = st.sampled_from(["a", "b", "c"])
_ENV = st.lists(
    st.builds(lambda name, value: {"name": name, "value": value}, _NAMES, st.text(max_size=3)),
    max_size=3,
    unique_by=lambda item: item["name"],
)
_CONTAINERS = st.lists(
    st.fixed_dictionaries(
        {"name": _NAMES},
        optional={
            "image": st.text(max_size=3),
            "env": _ENV,
            "args": st.lists(st.text(max_size=2), max_size=3),
            "livenessProbe": st.sampled_from([{"exec": {"command": ["x"]}}, {"httpGet": {"port": 1}}, {}]),
        },
    ),
    max_size=3,
    unique_by=lambda item: item["name"],
)
_VOLUMES = st.lists(
    st.builds(
        lambda name, source: {"name": name, **source},
        _NAMES,
        st.sampled_from([{"emptyDir": {}}, {"configMap": {"name": "x"}}, {"secret": {"secretName": "x"}}, {}]),
    ),
    max_size=3,
    unique_by=lambda item: item["name"],
)
PODS = st.fixed_dictionaries(
    {},
    optional={
        "containers": _CONTAINERS,
        "initContainers": _CONTAINERS,
        "volumes": _VOLUMES,
        "hostNetwork": st.booleans(),
        "nodeSelector": st.dictionaries(_NAMES, st.text(max_size=2), max_size=2),
    },
)


@given(base=PODS, overlay=PODS)
def test_merging_twice_is_merging_once(base: Object, overlay: Object) -> None:
    once = merge(base, overlay)
    assert merge(once, overlay) == once


@given(base=PODS)
def test_nothing_changes_nothing(base: Object) -> None:
    assert merge(base, {}) == base


@given(pod=PODS)
def test_over_nothing_it_is_itself(pod: Object) -> None:
    assert merge({}, pod) == pod


@given(base=PODS, overlay=PODS)
def test_inputs_are_left_alone(base: Object, overlay: Object) -> None:
    before = deepcopy((base, overlay))
    merge(base, overlay)
    assert (base, overlay) == before


@given(base=PODS, overlay=PODS)
def test_no_item_is_there_twice(base: Object, overlay: Object) -> None:
    assert twins(merge(base, overlay)) == []


def twins(value: Any) -> list[str]:
    """Fields whose items cannot be told apart."""
    if isinstance(value, list):
        return [field for item in value for field in twins(item)]
    if not isinstance(value, dict):
        return []
    found = [field for inner in value.values() for field in twins(inner)]
    for field, items in value.items():
        if keys := merge_keys(field):
            identities = [tuple(key_value(item, key) for key in keys) for item in items]
            found += [field] if len(set(identities)) < len(identities) else []
    return found


@pytest.mark.parametrize("directive", ["delete", "replace"])
@given(base=PODS)
def test_directives_leave_no_trace(base: Object, directive: str) -> None:
    merged = merge(base, {"containers": [{"name": "a", "$patch": directive}], "nodeSelector": {"$patch": directive}})
    assert "$patch" not in repr(merged)


def test_long_lists_merge_in_proportion_to_their_length() -> None:
    """One document must not keep the operator from all others. Looked through for each item, this takes 15 s of CPU."""
    env = [{"name": f"V{index}", "value": "1"} for index in range(5_000)]
    began = process_time()
    merged = container({"env": [*env, *env]})["env"]
    assert process_time() - began < 3
    assert [item["name"] for item in merged] == ["A", "B", *(item["name"] for item in env)]
