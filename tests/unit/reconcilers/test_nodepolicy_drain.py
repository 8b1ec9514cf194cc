"""Which pods leave a drained node, how often they are asked, and what is told of those that remain."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.unit.reconcilers.nodes import node, pod, policy, stored

from wharfinger.api.nodepolicy import Drain, NodePolicyStatus, PolicyNode, RemainingPod
from wharfinger.api.resource import Object
from wharfinger.engine.errors import from_status
from wharfinger.reconcilers.nodepolicy.draining import drain
from wharfinger.reconcilers.nodepolicy.leaving import judge
from wharfinger.reconcilers.nodepolicy.memory import Memory
from wharfinger.reconcilers.nodepolicy.plan import plan
from wharfinger.reconcilers.nodepolicy.report import Draining, report
from wharfinger.reconcilers.nodepolicy.watching import WATCHES

NOW = datetime(2026, 1, 1, tzinfo=UTC)
EMPTY_DIR = {"volumes": [{"emptyDir": {}}]}
MIRROR = {"annotations": {"kubernetes.io/config.mirror": "x"}}
TASK = {"labels": {"wharfinger.dev/task": "t1"}}


@pytest.mark.parametrize(
    ("given", "options", "fate", "reason"),
    [
        (pod(), {}, "goes", ""),
        (pod(owner="DaemonSet"), {"force": True}, "stays", "DaemonSet"),
        (pod(owner="Node", metadata=MIRROR), {"force": True}, "stays", "Static"),
        (pod(owner=None), {}, "waits", "NoController"),
        (pod(owner=None), {"force": True}, "goes", ""),
        (pod(spec=EMPTY_DIR), {}, "goes", ""),
        (pod(spec=EMPTY_DIR), {"deleteEmptyDirData": False}, "waits", "EmptyDirData"),
        (pod(metadata={"deletionTimestamp": "2026-01-01T00:00:30Z"}), {}, "waits", "Terminating"),
        (pod(owner="ContainerWorkload", metadata=TASK), {"force": True}, "waits", "Task"),
        (pod(owner="ContainerWorkload"), {}, "goes", ""),
        (pod(owner=None, status={"phase": "Succeeded"}), {}, "ended", ""),
        (pod(status={"phase": "Failed"}), {}, "ended", ""),
    ],
)
def test_what_becomes_of_a_pod(given: Object, options: dict[str, Any], fate: str, reason: str) -> None:
    (verdict,) = judge([given], Drain.model_validate(options))
    assert (verdict.fate, verdict.reason) == (fate, reason)


def test_the_trimmed_pod_has_all_that_decides() -> None:
    (watch,) = [each for each in WATCHES if each.resource.kind == "Pod"]
    for given in (pod(), pod(owner=None, metadata=MIRROR), pod(spec=EMPTY_DIR), pod(owner="X", metadata=TASK)):
        whole = judge([given], Drain(delete_empty_dir_data=False))[0]
        trimmed = judge([watch.trim(given)], Drain(delete_empty_dir_data=False))[0]
        assert (whole.fate, whole.reason) == (trimmed.fate, trimmed.reason)


class Evictions:
    """An API server that answers each eviction as it is told to."""

    def __init__(self, *answers: Any) -> None:
        self._answers = list(answers)
        self.asked: list[tuple[str, int | None]] = []

    async def evict(self, evicted: Object, *, grace_period_seconds: int | None = None) -> None:
        self.asked.append((evicted["metadata"]["name"], grace_period_seconds))
        answer = self._answers.pop(0) if self._answers else None
        if answer is not None:
            raise answer


BUDGET = from_status(
    {
        "code": 429,
        "message": "Cannot evict pod as it would violate the pod's disruption budget.",
        "details": {"causes": [{"reason": "DisruptionBudget", "message": "The disruption budget web needs 2"}]},
    },
    429,
)


async def look(server: Evictions, memory: Memory, *pods: Object, after: float = 0, **options: Any) -> Draining:
    """One reconcile, so many seconds after the first."""
    chosen = Drain.model_validate(options)
    now = NOW + timedelta(seconds=after)
    found = await drain(server, chosen, {"n1": pods}, memory=memory, status=NodePolicyStatus(), now=now)  # type: ignore[arg-type]
    return found["n1"]


async def test_a_pod_is_asked_once_and_counted_once() -> None:
    server, memory = Evictions(), Memory()
    first = await look(server, memory, pod(), gracePeriod="90s")
    again = await look(server, memory, pod(), after=60, gracePeriod="90s")
    assert server.asked == [("web-1", 90)]
    assert (first.evicted, again.evicted) == (1, 1)
    assert [each.reason for each in again.waiting] == ["Terminating"]
    gone = await look(server, memory, after=61)
    assert (gone.evicted, gone.waiting) == (1, [])


async def test_part_of_a_second_to_end_in_is_not_none() -> None:
    """A grace period of 0 kills at once."""
    server = Evictions()
    await look(server, Memory(), pod(), gracePeriod="500ms")
    assert server.asked == [("web-1", 1)]


async def test_a_budget_is_named_and_asked_again_later_and_later() -> None:
    server, memory = Evictions(*[BUDGET] * 20), Memory()
    asked = []
    for second in range(100):
        before = len(server.asked)
        found = await look(server, memory, pod(), after=second)
        if len(server.asked) > before:
            asked.append(second)
    assert asked == [0, 1, 3, 7, 15, 31, 61, 91]
    (held,) = found.waiting
    assert (held.reason, held.message) == ("DisruptionBudget", "The disruption budget web needs 2")
    assert found.evicted == 0


async def test_one_pod_that_may_not_go_holds_up_no_other() -> None:
    server, memory = Evictions(BUDGET, None), Memory()
    found = await look(server, memory, pod("a"), pod("b"))
    assert [name for name, _ in server.asked] == ["a", "b"]
    assert [(each.pod, each.reason) for each in found.waiting] == [
        ("shop/a", "DisruptionBudget"),
        ("shop/b", "Terminating"),
    ]


async def test_an_answer_of_another_kind_is_told_and_tried_again() -> None:
    twice = from_status({"code": 500, "message": "This pod has more than one PodDisruptionBudget"}, 500)
    server, memory = Evictions(twice, None), Memory()
    found = await look(server, memory, pod())
    assert [(each.reason, each.message) for each in found.waiting] == [
        ("Refused", "This pod has more than one PodDisruptionBudget")
    ]
    assert (await look(server, memory, pod(), after=1)).evicted == 1


async def test_a_successor_goes_on_from_the_status() -> None:
    told = PolicyNode(name="n1", state="Draining", since="2025-12-31T23:00:00Z", evicted=3)
    status = NodePolicyStatus(nodes=[told])
    options = Drain(timeout="30m")
    found = await drain(
        Evictions(BUDGET),  # type: ignore[arg-type]
        options,
        {"n1": [pod()]},
        memory=Memory(),
        status=status,
        now=NOW,
    )
    assert found["n1"].evicted == 3
    assert found["n1"].since == datetime(2025, 12, 31, 23, tzinfo=UTC)
    assert found["n1"].late


# What is told


def waiting(reason: str) -> RemainingPod:
    return RemainingPod(pod="shop/web-1", reason=reason, message="because")


def standing(*reasons: str, late: bool = False) -> Draining:
    return Draining(since=NOW, evicted=1, waiting=[waiting(each) for each in reasons], staying=[], late=late)


def conditions(obj: Object) -> dict[str, tuple[str, str]]:
    return {each["type"]: (each["status"], each["reason"]) for each in obj["conditions"]}


DRAINED = {"nodes": ["n1"], "availability": "drain"}


@pytest.mark.parametrize(
    ("drains", "expected"),
    [
        (standing(), {"Ready": ("True", "Applied")}),
        (standing("DisruptionBudget"), {"Ready": ("False", "Draining"), "Reconciling": ("True", "Draining")}),
        (standing("NoController", "Task"), {"Ready": ("False", "Draining"), "Reconciling": ("True", "Draining")}),
        (standing("NoController"), {"Ready": ("False", "PodsRemain"), "Stalled": ("True", "PodsRemain")}),
        (
            standing("DisruptionBudget", late=True),
            {"Ready": ("False", "DrainTimedOut"), "Stalled": ("True", "DrainTimedOut")},
        ),
    ],
)
def test_conditions_of_a_drain(drains: Draining, expected: dict[str, tuple[str, str]]) -> None:
    chosen = policy(**DRAINED)
    found = report(
        stored(**DRAINED), chosen, plan(chosen, (chosen,), [node()]), drains={"n1": drains}, failures={}, now=NOW
    )
    assert conditions(found) == expected
    NodePolicyStatus.model_validate(found)


def test_a_conflict_names_the_other_policy() -> None:
    late, early = policy("late", created="2026-03-01T00:00:00Z", **DRAINED), policy("early", **DRAINED)
    found = report(
        stored("late", **DRAINED), late, plan(late, (early, late), [node()]), drains={}, failures={}, now=NOW
    )
    assert conditions(found)["Stalled"] == ("True", "Conflict")
    assert "NodePolicy early" in found["conditions"][0]["message"]
    assert (found["selected"], found["settled"]) == (1, 0)


def test_a_node_that_cannot_be_written_is_named() -> None:
    chosen = policy(**DRAINED)
    found = report(
        stored(**DRAINED), chosen, plan(chosen, (chosen,), [node()]), drains={}, failures={"n1": "no"}, now=NOW
    )
    assert conditions(found)["Stalled"] == ("True", "NodeNotWritten")
    assert found["nodes"] == [
        {"name": "n1", "state": "Failed", "message": "no", "evicted": 0, "waiting": [], "staying": []}
    ]


def test_no_node_is_no_reason_to_worry() -> None:
    chosen = policy(nodes=["n9"], availability="pause")
    found = report(stored(), chosen, plan(chosen, (chosen,), [node()]), drains={}, failures={}, now=NOW)
    assert conditions(found) == {"Ready": ("True", "NoNodes")}
    assert [each["reason"] for each in found["findings"]] == ["NodeNotFound"]


def test_a_status_stays_within_bounds() -> None:
    """Two hundred nodes with a hundred pods each, and those that need a look come first."""
    names = [f"n{number:03}" for number in range(200)]
    chosen = policy(nodeSelector={}, availability="drain")
    drains = {name: standing(*["DisruptionBudget"] * 100 if name > "n190" else []) for name in names}
    chosen_plan = plan(chosen, (chosen,), [node(name) for name in names])
    found = report(stored(), chosen, chosen_plan, drains=drains, failures={}, now=NOW)
    status = NodePolicyStatus.model_validate(found)
    assert (status.selected, status.settled, len(status.nodes)) == (200, 191, 64)
    assert [each.name for each in status.nodes[:9]] == names[191:]
    assert "100 pods to go" in (status.nodes[0].message or "")
