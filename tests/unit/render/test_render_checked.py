"""Whatever `spec.pod` holds: it is refused with a path, or it renders. Never a traceback."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st
from render_cases import workload

from wharfinger import render
from wharfinger.api.containerworkload import Workload
from wharfinger.api.parse import InvalidSpec

NUMBERS = st.none() | st.integers(-1, 40)
NAMES = st.sampled_from(["web", "proxy", "", None, 7])
LISTS = {"add": st.lists(st.sampled_from(["SYS_ADMIN", "NET_ADMIN"]), max_size=2)}


def _some(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """An object with some of the fields, now and then nothing or something else altogether."""
    well_formed = st.fixed_dictionaries({}, optional=fields | {"$patch": st.sampled_from(["delete", "replace"])})
    return st.integers(0, 9).flatmap(lambda dice: st.sampled_from([None, "x", [], 3]) if dice == 0 else well_formed)


CONTAINERS = _some(
    name=NAMES,
    image=st.just("proxy:1"),
    lifecycle=_some(preStop=_some(sleep=_some(seconds=NUMBERS))),
    securityContext=_some(privileged=st.booleans(), runAsUser=NUMBERS, capabilities=_some(**LISTS)),
)
PODS = st.fixed_dictionaries(
    {},
    optional={
        "containers": st.none() | st.lists(CONTAINERS, max_size=2),
        "initContainers": st.lists(CONTAINERS, max_size=1),
        "terminationGracePeriodSeconds": NUMBERS,
        "securityContext": _some(runAsUser=NUMBERS),
        "os": _some(name=st.sampled_from(["windows", "linux"])),
        "nodeSelector": _some(disk=st.just("ssd")),
        "typo": NUMBERS,
    },
)


def _refusal(made: Workload) -> InvalidSpec | None:
    try:
        render.checked(made)
    except InvalidSpec as invalid:
        return invalid
    return None


@settings(max_examples=500)
@given(PODS, st.sampled_from(["service", "pod", "job"]))
def test_refused_with_a_path_or_rendered(pod: dict[str, Any], mode: str) -> None:
    made = workload({"image": "web:1", "mode": mode, "ports": [{"name": "http", "containerPort": 80}], "pod": pod})
    refusal = _refusal(made)
    event("refused" if refusal else "rendered")
    if refusal is None:
        assert render.objects(made, render.template(made), options=render.Options(replicas=1))
    else:
        assert all(finding.path.startswith("spec.pod") for finding in refusal.findings)


def test_a_mistake_is_named_with_its_path() -> None:
    with pytest.raises(InvalidSpec) as raised:
        render.checked(workload({"image": "web:1", "pod": {"containers": [{"name": "web", "resorces": {}}]}}))
    assert [finding.path for finding in raised.value.findings] == ["spec.pod.containers[0].resorces"]


@pytest.mark.parametrize("pod", [None, {}, {"containers": [{"name": "web", "$patch": "delete"}]}])
def test_what_can_be_merged_passes(pod: dict[str, Any] | None) -> None:
    made = workload({"image": "web:1", "pod": pod})
    assert render.checked(made) is made
