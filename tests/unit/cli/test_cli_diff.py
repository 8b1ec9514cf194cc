"""What an apply would change: rendered twice, and written as a unified diff."""

from typing import Any

import pytest

from wharfinger.api import API_VERSION
from wharfinger.api.parse import parse
from wharfinger.cli.diff.meaning import Meaning, Surroundings, meaning
from wharfinger.cli.diff.text import Difference, style
from wharfinger.cli.documents import Document
from wharfinger.cli.errors import BadInputError
from wharfinger.cli.proposals import Proposal, conflicts, placed, refusal, substance
from wharfinger.engine.errors import Cause, Conflict, Invalid
from wharfinger.render import controller_revision, template
from wharfinger.rollout import Standing

Object = dict[str, Any]

PAUSED = {"wharfinger.dev/paused": "true"}


def workload(
    image: str = "web:1", *, rollout: Object | None = None, annotations: Object | None = None, **spec: Any
) -> Object:
    metadata = {"name": "web", "namespace": "shop", "uid": "u", "generation": 1, "annotations": annotations or {}}
    status = {"rollout": {"state": "Completed", **rollout}} if rollout else {}
    whole = {"apiVersion": API_VERSION, "kind": "ContainerWorkload", "metadata": metadata, "status": status}
    return {**whole, "spec": {"image": image, **spec}}


def kept(*workloads: Object) -> list[Object]:
    """A ControllerRevision of each."""
    read = [parse(each) for each in workloads]
    return [controller_revision(each, template(each), number) for number, each in enumerate(read, start=1)]


def meant(live: Object | None, result: Object, *records: Object, db: Standing | None = None) -> Meaning:
    there = {"db": db} if db else {}
    return meaning(live, result, Surroundings(records=list(records), digests={}, http_route=False, dependencies=there))


def image(objects: dict[str, Object]) -> str:
    found: str = objects["Deployment/web"]["spec"]["template"]["spec"]["containers"][0]["image"]
    return found


AT_1 = {"revision": 1, "runningRevision": 1}
BACK_AT_1 = {"revision": 2, "runningRevision": 1, "failedRevision": 2, "state": "RolledBack"}


def test_a_new_workload_means_new_objects() -> None:
    found = meant(None, workload(ports=[{"name": "http", "containerPort": 80}]))
    assert found.before == {}
    assert found.after.keys() >= {"Deployment/web", "Service/web"}


def test_the_same_means_the_same() -> None:
    found = meant(workload(rollout=AT_1), workload(), *kept(workload()))
    assert found.before == found.after
    assert found.remark == ""


def test_a_new_revision_replaces_pods() -> None:
    found = meant(workload(rollout=AT_1), workload("web:2"), *kept(workload()))
    assert (image(found.before), image(found.after)) == ("web:1", "web:2")
    assert found.remark == "pods are replaced: revision 1 runs, 2 will"


AFTER_DB: Object = {"dependsOn": [{"name": "db", "condition": "Healthy"}]}


def test_a_change_that_would_wait_for_a_dependency_is_said_to() -> None:
    live, wanted = workload(rollout=AT_1, **AFTER_DB), workload("web:2", **AFTER_DB)
    held = meant(live, wanted, *kept(workload()), db=Standing(current=True, desired=1))
    assert (image(held.before), image(held.after)) == ("web:1", "web:1")
    assert held.remark == "the rollout is held: revision 2 waits, 1 goes on running"
    free = meant(live, wanted, *kept(workload()), db=Standing(current=True, ready=True))
    assert free.remark == "pods are replaced: revision 1 runs, 2 will"


def test_what_was_not_started_yet_has_no_pods_to_replace() -> None:
    waiting = {"revision": 1, "waitingRevision": 1, "state": "Progressing"}
    found = meant(workload(rollout=waiting, **AFTER_DB), workload("web:2", **AFTER_DB))
    assert found.remark == "nothing runs yet: it waits for what it depends on"


def test_replicas_are_no_new_revision() -> None:
    found = meant(workload(rollout=AT_1), workload(replicas=3), *kept(workload()))
    assert found.after["Deployment/web"]["spec"]["replicas"] == 3
    assert found.remark == ""


def test_after_a_rollback_the_good_revision_goes_on_running() -> None:
    records = kept(workload(), workload("web:2"))
    found = meant(workload("web:2", rollout=BACK_AT_1), workload("web:2", replicas=2), *records)
    assert (image(found.before), image(found.after)) == ("web:1", "web:1")
    mended = meant(workload("web:2", rollout=BACK_AT_1), workload("web:3"), *records)
    assert (image(mended.before), image(mended.after)) == ("web:1", "web:3")
    assert mended.remark == "pods are replaced: revision 1 runs, 3 will"


def test_a_paused_workload_holds_a_new_revision_back() -> None:
    live = workload(rollout=AT_1, annotations=PAUSED)
    found = meant(live, workload("web:2", annotations=PAUSED), *kept(workload()))
    assert (image(found.before), image(found.after)) == ("web:1", "web:1")
    assert found.remark == "the rollout is held: revision 2 waits, 1 goes on running"


def test_a_pin_in_the_document_counts() -> None:
    live = workload("web:2", rollout={"revision": 2, "runningRevision": 2})
    pinned = workload("web:2", annotations={"wharfinger.dev/rollback-to": "1"})
    found = meant(live, pinned, *kept(workload(), workload("web:2")))
    assert (image(found.before), image(found.after)) == ("web:2", "web:1")
    assert found.remark == "pods are replaced: revision 2 runs, 1 will"


def test_replicas_that_an_autoscaler_has_are_not_shown() -> None:
    live = workload(rollout=AT_1, replicas=2)
    finding = {"path": "spec.replicas", "severity": "info", "reason": "ScaledElsewhere", "message": "m"}
    live["status"]["findings"] = [finding]
    found = meant(live, workload(replicas=3), *kept(workload()))
    assert found.before == found.after
    assert "replicas" not in found.after["Deployment/web"]["spec"]


def test_a_diff_shows_what_differs_whatever_the_order_of_keys() -> None:
    before = {"kind": "A", "spec": {"a": 1, "b": [1, 2]}}
    assert Difference("A/a", before, {"spec": {"b": [1, 2], "a": 1}, "kind": "A"}).lines == ()
    found = Difference("A/a", before, {"kind": "A", "spec": {"a": 2, "b": [1, 2]}})
    assert found.lines[:2] == ("--- live/A/a", "+++ applied/A/a")
    assert [line for line in found.lines[3:] if line[0] in "+-"] == ["-  a: 1", "+  a: 2"]


def test_what_comes_and_goes_is_compared_with_nothing() -> None:
    assert Difference("A/a", None, {"kind": "A"}).lines[:2] == ("--- /dev/null", "+++ applied/A/a")
    assert Difference("A/a", {"kind": "A"}, None).lines[:2] == ("--- live/A/a", "+++ /dev/null")


def test_lines_have_their_colours() -> None:
    lines = ("--- live/A/a", "@@ -1 +1 @@", "-a: 1", "+a: 2", " b: 1")
    assert [style(line) for line in lines] == ["bold", "cyan", "red", "green", ""]


def test_conflicts_name_managers_and_fields() -> None:
    causes = (
        Cause(".spec.image", 'conflict with "kubectl-edit" using wharfinger.dev/v1alpha1'),
        Cause(
            ".spec.replicas", 'conflict with "wharfinger-cli" with subresource "scale" using wharfinger.dev/v1alpha1'
        ),
        Cause(".spec.args", 'conflict with "kubectl-edit" using wharfinger.dev/v1alpha1'),
    )
    said = conflicts(Conflict("Apply failed with 3 conflicts", causes=causes))
    assert said.startswith(
        "kubectl-edit has set spec.image, spec.args; wharfinger-cli with subresource scale has set spec.replicas ("
    )
    assert conflicts(Conflict("the object has been modified")) == "the object has been modified"


def test_refusals_name_fields() -> None:
    assert refusal(Invalid("no", causes=(Cause("spec.mode", "mode cannot be changed"),))) == (
        "spec.mode: mode cannot be changed"
    )
    assert refusal(Invalid("no")) == "no"


def test_a_document_is_placed_where_it_says_or_where_it_is_told() -> None:
    def namespace(own: str | None, given: str | None) -> str:
        metadata = {"name": "web"} | ({"namespace": own} if own else {})
        document = Document("web.yaml", {"kind": "ContainerWorkload", "metadata": metadata})
        found: str = placed(document, given=given, default="context").content["metadata"]["namespace"]
        return found

    assert [namespace(None, None), namespace(None, "a"), namespace("b", None), namespace("b", "b")] == [
        "context",
        "a",
        "b",
        "b",
    ]
    with pytest.raises(BadInputError, match="its namespace is b, and --namespace says a"):
        namespace("b", "a")


def test_what_the_server_and_the_operator_keep_is_no_change() -> None:
    live = workload(rollout=AT_1)
    result = {**live, "metadata": {**live["metadata"], "resourceVersion": "9", "managedFields": []}, "status": {}}
    proposal = Proposal(source="web.yaml", body=live, live=live, result=result)
    assert not proposal.changes
    assert "status" not in substance(live)
