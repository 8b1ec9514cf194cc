"""Tasks whose Pods cannot be made: said, and no hindrance to the others."""

from __future__ import annotations

from typing import Any

from tests.support.refusals import document

from wharfinger.api.parse import parse
from wharfinger.api.resource import Object
from wharfinger.placement import PodPlacement
from wharfinger.reconcilers.tasking.starting import Starting, program_findings, run_findings, start_findings, started
from wharfinger.render import Template, tasks_block
from wharfinger.rollout import RevisionRef
from wharfinger.rollout.tasks.machine import Start
from wharfinger.rollout.tasks.task import Place

OLD, NEW = RevisionRef(1, "old"), RevisionRef(2, "new")


def template(text: str) -> Template:
    """One whose container has that text in its environment."""
    pod: Object = {
        "metadata": {"labels": {}},
        "spec": {"containers": [{"name": "main", "image": "web:1", "env": [{"name": "TIER", "value": text}]}]},
    }
    return Template(pod=pod, claims=(), files={}, hash="0123456789")


def making(start_image: str = "", **tasks: Any) -> Starting:
    """Revision 1 asks for a label of the service that is not there any more."""
    obj = document({"image": "web:1", "mode": "tasks", "tasks": tasks})
    obj["metadata"] |= {"uid": "5f0c", "generation": 2}
    workload = parse(obj)
    block = tasks_block(workload)
    assert block is not None
    texts = {1: "{{.Service.Labels.tier}}", 2: "{{.Service.Name}}"}
    return Starting(
        workload=workload,
        block=block,
        placement=PodPlacement(selector={}),
        nodes=None,
        template=lambda ref: template(texts[ref.number]),
        start_image=start_image,
    )


def start(slot: int, revision: RevisionRef) -> Start:
    return Start(place=Place(slot=slot), revision=revision, iteration=1, cause="restart")


def test_a_revision_that_cannot_be_filled_in_any_more_is_told_once() -> None:
    """And the tasks of the others start: the update that replaces it goes on."""
    found = started(making(), [start(1, OLD), start(2, NEW), start(3, OLD)], ())
    (pod,) = found.pods
    assert pod.body["spec"]["containers"][0]["env"] == [{"name": "TIER", "value": "web"}]
    (finding,) = found.findings
    assert (finding.severity, finding.reason) == ("warning", "RevisionUnfilled")
    assert finding.message.startswith("no task of revision 1 can start")
    assert "there is no `.Service.Labels.tier`" in finding.message


def test_with_the_label_it_can_be_filled_in() -> None:
    found = started(making(serviceLabels={"tier": "front"}), [start(1, OLD)], ())
    assert (len(found.pods), found.findings) == (1, ())
    assert list(start_findings(making(serviceLabels={"tier": "front"}))) == []


def test_it_is_not_gone_back_to() -> None:
    """Else what runs would be stopped for what cannot start."""
    (finding,) = run_findings(making(), OLD)
    assert (finding.path, finding.severity, finding.reason) == ("spec.tasks", "error", "RevisionUnfilled")
    assert "there is no `.Service.Labels.tier`" in finding.message
    assert run_findings(making(), NEW) == run_findings(making(serviceLabels={"tier": "front"}), OLD) == ()
    assert run_findings(making(deployment={}), OLD) == ()


def test_by_ecs_rules_nothing_is_filled_in() -> None:
    found = started(making(deployment={}), [start(1, OLD)], ())
    assert found.pods[0].body["spec"]["containers"][0]["env"][0]["value"] == "{{.Service.Labels.tier}}"


def test_no_start_program_is_asked_for_where_none_is_needed() -> None:
    assert program_findings(making(), NEW) == ()
