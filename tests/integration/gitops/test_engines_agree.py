"""Each state of a workload means to kstatus, Argo CD and Flux what we claim, live and as recorded."""

from __future__ import annotations

import os
import re

import pytest
import yaml
from tests.integration.gitops.recordings import (
    HEALTH_TEST,
    TESTDATA,
    essence,
    path_of,
    record,
    record_health_test,
    recording,
)
from tests.integration.gitops.states import EXPECTED, Lived
from tests.support.verdicts import ROOT, verdicts
from tests.support.world import condition

from wharfinger.api.kinds import STACK
from wharfinger.api.resource import Object

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("engines")]

UPDATE = bool(os.environ.get("UPDATE_GOLDEN"))


def reached(lived: dict[str, Lived], state: str) -> Object:
    found = lived[state]
    assert found.object is not None, found.failure
    return found.object


@pytest.mark.parametrize("state", EXPECTED)
def test_live(lived: dict[str, Lived], state: str) -> None:
    found = reached(lived, state)
    (verdict,) = verdicts([found])
    assert verdict.statuses == EXPECTED[state]
    if UPDATE:
        record(state, found)
    assert essence(found) == essence(recording(state)), "the recording is not what an operator does now"


@pytest.mark.parametrize("state", EXPECTED)
def test_recorded(state: str) -> None:
    (verdict,) = verdicts([recording(state)])
    assert verdict.statuses == EXPECTED[state]


STACK_STATES = {
    "ready": ({"Ready": ("True", "AllServicesReady")}, ("Current", "Healthy")),
    "moving": (
        {"Ready": ("False", "ServicesNotReady"), "Reconciling": ("True", "ServicesNotReady")},
        ("InProgress", "Progressing"),
    ),
    "stalled": ({"Ready": ("False", "InvalidSpec"), "Stalled": ("True", "InvalidSpec")}, ("Failed", "Degraded")),
    "suspended": ({"Ready": ("False", "Suspended")}, ("InProgress", "Suspended")),
}
"""By what a Stack says: what kstatus and Argo CD make of it."""


@pytest.mark.parametrize("state", STACK_STATES)
def test_a_stack_is_judged_by_the_same_rules(state: str) -> None:
    said, expected = STACK_STATES[state]
    conditions = [
        {"type": kind, "status": status, "reason": reason, "message": "so it is", "observedGeneration": 2}
        for kind, (status, reason) in said.items()
    ]
    stack = {
        "apiVersion": STACK.api_version,
        "kind": STACK.kind,
        "metadata": {"name": "shop", "namespace": "default", "generation": 2},
        "spec": {"compose": "services: {}"},
        "status": {"observedGeneration": 2, "conditions": conditions},
    }
    (verdict,) = verdicts([stack])
    assert (verdict.kstatus, verdict.argo) == expected


def test_every_state_of_a_rollout_and_every_condition_is_recorded() -> None:
    """What the API can say, some recording says."""
    recordings = [recording(state) for state in EXPECTED]
    conditions = {each["type"] for found in recordings for each in found["status"].get("conditions", ())}
    assert conditions == {"Ready", "Reconciling", "Stalled", "Complete", "Failed"}
    states = {found["status"].get("rollout", {}).get("state") for found in recordings}
    assert states >= {"Progressing", "Completed", "Paused", "RolledBack", "Failed"}


def test_nothing_is_recorded_that_is_not_expected() -> None:
    assert {path.stem for path in TESTDATA.iterdir()} == set(EXPECTED)


def test_argo_cd_health_test() -> None:
    """As Argo CD's own repository tests its scripts: a file, and the status and message that it must give."""
    if UPDATE:
        found = verdicts([recording(state) for state in EXPECTED])
        record_health_test(dict(zip(EXPECTED, found, strict=True)))
    tests = yaml.safe_load(HEALTH_TEST.read_text())["tests"]
    assert {path_of(test).stem for test in tests} == set(EXPECTED)
    found = verdicts([yaml.safe_load(path_of(test).read_text()) for test in tests])
    said = [{"status": verdict.argo, "message": verdict.argo_message} for verdict in found]
    assert said == [test["healthStatus"] for test in tests]


def test_argo_cd_shows_the_operators_own_words() -> None:
    """Of a workload that it has seen: those that tell a person what to do."""
    seen = [found for found in map(recording, EXPECTED) if essence(found)[:2] == (True, False)]
    for found, verdict in zip(seen, verdicts(seen), strict=True):
        assert verdict.argo_message in {each["message"] for each in found["status"]["conditions"]}
        if condition(found, "Stalled"):
            assert verdict.argo_message == condition(found, "Stalled")["message"]


def test_documented() -> None:
    """The table in docs/gitops.md is what is tested here."""
    text = (ROOT / "docs/gitops.md").read_text()
    rows = re.findall(r"^\| `([a-z-]+)` \|.*\| (\w+) \| (\w+) \| (\w+) \|$", text, re.MULTILINE)
    assert {state: (kstatus, argo, flux) for state, kstatus, argo, flux in rows} == EXPECTED
