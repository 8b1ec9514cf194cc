"""Revisions that are kept: what they say, and which one a rollback means."""

from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from wharfinger.cli.errors import CommandError
from wharfinger.cli.rollouts.history import rows
from wharfinger.cli.rollouts.kept import listed, revisions
from wharfinger.cli.rollouts.pause import not_paused
from wharfinger.cli.rollouts.rollback import chosen
from wharfinger.cli.rollouts.steering import Subject

Object = dict[str, Any]

NOW = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)


def record(number: int, *, owner: str = "u", annotations: Object | None = None, images: tuple[str, ...] = ()) -> Object:
    containers = [{"name": f"c{place}", "image": image} for place, image in enumerate(images or (f"web:{number}",))]
    return {
        "metadata": {
            "name": f"web-{number}",
            "creationTimestamp": f"2026-01-01T11:0{number}:00Z",
            "labels": {"wharfinger.dev/revision": f"hash{number}"},
            "annotations": annotations or {},
            "ownerReferences": [{"uid": owner, "controller": True}],
        },
        "revision": number,
        "data": {"hash": f"hash{number}", "pod": {"spec": {"containers": containers}}, "claims": [], "files": {}},
    }


def workload(annotations: Object | None = None, **rollout: Any) -> Object:
    metadata = {"name": "web", "namespace": "shop", "uid": "u", "annotations": annotations or {}}
    return {"metadata": metadata, "spec": {}, "status": {"rollout": rollout}}


ROLLED_BACK = {"revision": 3, "runningRevision": 1, "lastGoodRevision": 1, "failedRevision": 3}


def test_each_says_what_it_is() -> None:
    found = revisions(workload(**ROLLED_BACK), [record(3), record(1), record(2), record(9, owner="other")], now=NOW)
    assert [(each.number, each.images, each.states, each.age) for each in found] == [
        (1, ("web:1",), ("running", "last good"), 3540.0),
        (2, ("web:2",), (), 3480.0),
        (3, ("web:3",), ("wanted", "failed"), 3420.0),
    ]
    assert listed(found) == "1 (web:1, running, last good), 2 (web:2), 3 (web:3, wanted, failed)"
    assert listed([]) == "none"


def test_a_cause_is_the_revisions_own_or_the_workloads_about_what_it_asks_for() -> None:
    said, own = ({"kubernetes.io/change-cause": text} for text in ("of the workload", "of the revision"))
    asking = workload(said, revision=2)
    found = revisions(asking, [record(1, annotations=own), record(2), record(3)], now=NOW)
    assert [each.cause for each in found] == ["of the revision", "of the workload", ""]


def test_the_table_has_a_column_for_causes_only_where_there_are_some() -> None:
    found = revisions(workload(**ROLLED_BACK), [record(1, images=("web:1", "proxy:1")), record(3)], now=NOW)
    narrow, wide = (printed(rows(found, wide=wide)) for wide in (False, True))
    assert narrow.splitlines()[0].split() == ["REVISION", "AGE", "HASH", "IMAGE", "STATE"]
    assert "web:1 +1" in narrow
    assert "web:1, proxy:1" in wide


def printed(what: Any) -> str:
    written = StringIO()
    Console(file=written, width=300).print(what)
    return written.getvalue()


def test_a_rollback_without_a_number_goes_to_the_newest_but_the_one_asked_for() -> None:
    kept = revisions(workload(), [record(1), record(2), record(3)], now=NOW)
    assert chosen(kept, 3, None, "web").number == 2
    assert chosen(kept, 2, None, "web").number == 3
    assert chosen(kept, 3, 1, "web").number == 1
    for wanted, number in ((3, 7), (None, None)):
        with pytest.raises(CommandError, match=r"web has no .*; kept are 1 \(web:1\), 2 \(web:2\), 3 \(web:3\)"):
            chosen(kept, wanted, number, "web")


def test_what_holds_a_rollout_is_told() -> None:
    def subject(**annotations: str) -> Subject:
        return Subject(
            workload=workload({f"wharfinger.dev/{key}": value for key, value in annotations.items()}), kept=[]
        )

    assert subject().held == ""
    assert "until `wharfinger resume`" in subject(paused="true").held
    assert "pinned to revision 4" in Subject(workload=workload({"wharfinger.dev/rollback-to": "4"}), kept=[]).held
    assert not subject(paused="false").paused


def test_a_stop_by_failure_is_not_a_pause_by_hand() -> None:
    stopped = Subject(workload=workload(state="Paused", failedRevision=2), kept=[])
    assert "stopped by the failure of revision 2" in not_paused(stopped)
    assert not_paused(Subject(workload=workload(state="Completed"), kept=[])) == "is not paused: nothing to do"
