"""Mistakes in `spec.pod` are found before anything is made of it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wharfinger.api.containerworkload import Mode
from wharfinger.render.pod_checks import validate


def found(pod: dict[str, Any], mode: Mode = "service") -> list[tuple[str, str]]:
    """Path within the pod and reason of each finding."""
    return [(finding.path.removeprefix("spec.pod"), finding.reason) for finding in validate(pod, mode=mode)]


@pytest.mark.parametrize(
    "pod",
    [
        {},
        {"terminationGracePeriodSeconds": 45},
        {"containers": [{"name": "proxy", "image": "p:1", "resources": {"limits": {"cpu": 1, "memory": "64Mi"}}}]},
        {"containers": [{"name": "web", "livenessProbe": {"httpGet": None, "periodSeconds": 3}}]},
        {"volumes": [{"$patch": "replace"}, {"name": "a", "emptyDir": {"sizeLimit": 1000}}]},
        {"nodeSelector": {"$patch": "delete"}},
        {"serviceAccountName": {"$patch": "delete"}, "volumes": {"$patch": "delete"}},
        {"containers": [{"name": "web", "lifecycle": {"$patch": "delete"}, "tty": {"$patch": "delete"}}]},
        {"containers": [{"name": "web", "$deleteFromPrimitiveList/args": ["x"], "$retainKeys": ["args"]}]},
        {"containers": [{"name": "web", "ports": [{"containerPort": 53}, {"containerPort": 53, "protocol": "UDP"}]}]},
        {"restartPolicy": "Always"},
    ],
)
def test_right(pod: dict[str, Any]) -> None:
    assert found(pod) == []


@pytest.mark.parametrize(
    ("pod", "path", "reason"),
    [
        ({"hostNetwrk": True}, ".hostNetwrk", "UnknownField"),
        ({"host_network": True}, ".host_network", "UnknownField"),
        ({"containers": [{"name": "a", "resorces": {}}]}, ".containers[0].resorces", "UnknownField"),
        ({"terminationGracePeriodSeconds": "45"}, ".terminationGracePeriodSeconds", "InvalidType"),
        ({"containers": {}}, ".containers", "InvalidType"),
        ({"volumes": ["a"]}, ".volumes[0]", "InvalidType"),
        ({"containers": [{"image": "a"}]}, ".containers[0].name", "MissingField"),
        ({"volumes": [{"name": "a"}, {"name": "b"}, {"name": "a"}]}, ".volumes[2]", "Duplicate"),
        ({"nodeSelector": {"$patch": "remove"}}, ".nodeSelector.$patch", "InvalidValue"),
        ({"nodeSelector": {"$retainKeys": "a"}}, ".nodeSelector.$retainKeys", "InvalidType"),
        ({"$setElementOrder/volumes": []}, '["$setElementOrder/volumes"]', "UnknownField"),
        ({"overhead": {"cpu": "1x"}}, ".overhead.cpu", "InvalidValue"),
    ],
)
def test_wrong(pod: dict[str, Any], path: str, reason: str) -> None:
    assert found(pod) == [(path, reason)]


def test_suggestion() -> None:
    (finding,) = validate({"containers": [{"name": "web", "resorces": {}}]})
    assert finding.message == "unknown field; did you mean `resources`?"
    assert finding.severity == "error"


@pytest.mark.parametrize(
    ("mode", "policy"),
    [
        ("service", "Never"),
        ("stateful", "OnFailure"),
        ("daemon", "Never"),
        ("job", "Always"),
        ("cron", "Always"),
        ("pod", "Sometimes"),
    ],
)
def test_restart_policy_that_the_owner_refuses(mode: Mode, policy: str) -> None:
    assert found({"restartPolicy": policy}, mode) == [(".restartPolicy", "NotAllowed")]


@pytest.mark.parametrize(
    ("mode", "policy"), [("service", "Always"), ("job", "OnFailure"), ("cron", "Never"), ("pod", "OnFailure")]
)
def test_restart_policy_that_the_owner_takes(mode: Mode, policy: str) -> None:
    assert found({"restartPolicy": policy}, mode) == []


@pytest.mark.parametrize(("mode", "allowed"), [("service", False), ("daemon", False), ("job", True), ("pod", True)])
def test_deadline_is_for_what_ends(mode: Mode, allowed: bool) -> None:
    assert found({"activeDeadlineSeconds": 60}, mode) == ([] if allowed else [(".activeDeadlineSeconds", "NotAllowed")])


def test_ephemeral_containers_are_no_part_of_a_template() -> None:
    assert found({"ephemeralContainers": [{"name": "debug"}]}) == [(".ephemeralContainers", "NotAllowed")]


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(
    pod=st.dictionaries(
        st.sampled_from(["containers", "volumes", "restartPolicy", "ephemeralContainers", "affinity", "$patch", "x"]),
        _JSON,
        max_size=4,
    )
)
def test_nothing_but_findings_comes_of_nonsense(pod: dict[str, Any]) -> None:
    assert all(finding.path.startswith("spec.pod") and finding.message for finding in validate(pod))


def test_a_pod_without_end_is_refused() -> None:
    """Walking it would exhaust the stack."""
    pod: dict[str, Any] = {}
    for _ in range(5_000):
        pod = {"affinity": pod}
    (found,) = validate(pod)
    assert (found.path, found.reason, found.severity) == ("spec.pod", "TooDeep", "error")


def test_of_very_many_mistakes_the_first_are_told() -> None:
    """Looking for what each of them was meant to be takes its time."""
    assert len(validate({f"k{index}": 1 for index in range(1_000)})) == 128
