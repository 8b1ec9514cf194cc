"""What counts as the same, and what does not."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wharfinger.engine.diff import covers, fingerprint, merge_patch, project


def _pod(**container: Any) -> dict[str, Any]:
    return {"spec": {"containers": [{"name": "main", "image": "a:1", **container}]}}


SAME = {
    "defaults of the server are nobody's business": (
        _pod(terminationMessagePath="/dev/termination-log", imagePullPolicy="Always"),
        _pod(),
    ),
    "an injected sidecar": (
        {"spec": {"containers": [{"name": "proxy"}, {"name": "main", "image": "a:1"}]}},
        _pod(),
    ),
    "an injected variable": (
        _pod(env=[{"name": "A", "value": "1"}, {"name": "THEIRS", "value": "2"}]),
        _pod(env=[{"name": "A", "value": "1"}]),
    ),
    "an empty value is an absent one": (_pod(), _pod(args=[], stdin=False, workingDir="", securityContext={})),
    "nothing but empty values in an absent block": (_pod(), _pod(securityContext={"capabilities": {"add": []}})),
    "quantities by value": (
        _pod(resources={"requests": {"cpu": "1", "memory": "1Gi"}}),
        _pod(resources={"requests": {"cpu": "1000m", "memory": "1024Mi"}}),
    ),
    "the default protocol of a port": (
        _pod(ports=[{"containerPort": 80, "protocol": "TCP"}]),
        _pod(ports=[{"containerPort": 80}]),
    ),
    "null": ({"a": {}}, {"a": {"b": None}}),
}

DIFFERENT = {
    "another value": (_pod(image="a:2"), _pod()),
    "a missing item": (_pod(env=[]), _pod(env=[{"name": "A", "value": "1"}])),
    "a missing field": ({"spec": {"containers": [{"name": "main"}]}}, _pod()),
    "a list without identity, longer": (_pod(args=["a", "b"]), _pod(args=["a"])),
    "a list without identity, another order": (_pod(args=["b", "a"]), _pod(args=["a", "b"])),
    "a rule that somebody added": (
        {"spec": {"ingress": [{"ports": [{"port": 80}]}, {}]}},
        {"spec": {"ingress": [{"ports": [{"port": 80}]}]}},
    ),
    "a toleration that somebody added": (
        {"tolerations": [{"key": "a"}, {"key": "b"}]},
        {"tolerations": [{"key": "a"}]},
    ),
    "what is a quantity elsewhere is text in an environment": (
        _pod(env=[{"name": "A", "value": "1"}]),
        _pod(env=[{"name": "A", "value": "1000m"}]),
    ),
    "zero instead of the wish": ({"spec": {"replicas": 1}}, {"spec": {"replicas": 0}}),
    "an object where a list should be": ({"a": {"b": 1}}, {"a": [1]}),
    "a wish in an absent block": (_pod(), _pod(securityContext={"runAsNonRoot": True})),
}


@pytest.mark.parametrize(("live", "desired"), SAME.values(), ids=SAME)
def test_covers(live: Any, desired: Any) -> None:
    assert covers(live, desired)


@pytest.mark.parametrize(("live", "desired"), DIFFERENT.values(), ids=DIFFERENT)
def test_does_not_cover(live: Any, desired: Any) -> None:
    assert not covers(live, desired)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "a", "1", "1Gi"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "env", "containers", "limits", "ports"]), inner, max_size=3)
    ),
    max_leaves=12,
)
OBJECTS = st.dictionaries(st.sampled_from(["spec", "env", "a", "b"]), JSON, max_size=4)


@given(JSON)
def test_everything_covers_itself(value: Any) -> None:
    assert covers(value, copy.deepcopy(value))


@given(OBJECTS, OBJECTS)
def test_more_than_was_wished_for_still_covers(live: Any, more: Any) -> None:
    added = {f"x-{name}": value for name, value in more.items()}
    assert covers({**added, **live}, live)


@given(JSON, JSON)
def test_a_projection_says_whether_anything_that_matters_changed(live: Any, desired: Any) -> None:
    """What is remembered of an object that does not cover is stable, and covers whatever the object covers."""
    assert project(live, desired) == project(copy.deepcopy(live), desired)
    if covers(live, desired):
        assert covers(project(live, desired), desired)


@given(OBJECTS, OBJECTS)
def test_a_merge_patch_leads_from_old_to_new(old: Any, new: Any) -> None:
    def without_nulls(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: without_nulls(inner) for name, inner in value.items() if inner is not None}
        return value

    old, new = without_nulls(old), without_nulls(new)
    assert _apply(old, merge_patch(old, new)) == new


def _apply(target: Any, patch: Any) -> Any:
    """RFC 7386, section 2, to the letter."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = _apply(result.get(name), value)
    return result


def test_equal_objects_need_no_patch() -> None:
    assert merge_patch({"a": {"b": 1}}, {"a": {"b": 1}}) == {}


def test_a_fingerprint_does_not_depend_on_order_of_keys() -> None:
    assert fingerprint({"a": 1, "b": {"c": 2, "d": 3}}) == fingerprint({"b": {"d": 3, "c": 2}, "a": 1})
    assert fingerprint({"a": [1, 2]}) != fingerprint({"a": [2, 1]})


def test_a_fingerprint_is_the_same_in_every_release() -> None:
    """It is written on objects: another value would make every child be written again after an upgrade."""
    assert fingerprint({"a": 1}) == "42a94dc65947f607cfed"
