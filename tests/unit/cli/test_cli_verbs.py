"""Small parts of the everyday verbs: names, durations, completion, events, lines of change."""

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from wharfinger.cli.completion import kubectl_answer
from wharfinger.cli.errors import BadInputError
from wharfinger.cli.events import Happening, happenings, news
from wharfinger.cli.main import invoke
from wharfinger.cli.names import plain
from wharfinger.cli.scale import obstacle
from wharfinger.cli.status.changes import Ledger
from wharfinger.cli.status.detail import Detail, EventLine, PodLine
from wharfinger.cli.status.gather import Family
from wharfinger.cli.status.summary import summarise

Object = dict[str, Any]

NOW = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "name", ["web", "cw/web", "containerworkload/web", "containerworkloads/web", "containerworkload.wharfinger.dev/web"]
)
def test_a_workload_is_named_as_kubectl_names_it(name: str) -> None:
    assert plain(name) == "web"


@pytest.mark.parametrize("name", ["deploy/web", "cw/", ""])
def test_what_is_no_workload_is_refused(name: str) -> None:
    with pytest.raises(BadInputError):
        plain(name)


@pytest.mark.parametrize("text", ["soon", "-5s", "5 m"])
def test_what_is_no_duration_is_wrong_usage(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["wait", "web", f"--timeout={text}"]) == 2
    assert repr(text) in capsys.readouterr().err


@pytest.mark.parametrize(
    ("shell", "mark"),
    [
        ("bash", "complete -o default -F"),
        ("zsh", "#compdef wharfinger"),
        ("fish", "complete --command wharfinger"),
        ("powershell", "Register-ArgumentCompleter"),
    ],
)
def test_completion_is_printed_for_each_shell(shell: str, mark: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["completion", shell]) == 0
    out = capsys.readouterr().out
    assert mark in out
    assert f"complete_{shell}" in out
    assert invoke(["version", "--short"]) == 0  # and the next command line is no completion


def completed(words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """What bash is told after these words."""
    asked = {"_WHARFINGER_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
    return subprocess.run(
        [sys.executable, "-c", "import sys; sys.argv[0] = 'wharfinger'; from wharfinger.cli.main import main; main()"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", **asked, **environment},
    )


def test_commands_are_completed() -> None:
    assert set(completed("wharfinger re").stdout.split()) == {"render", "restart", "resume"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["statu"], ["status", ":4"]),
        (["status", "-o", "n"], ["name", ":4"]),
        (["render", ""], [":0"]),  # files, by the shell
    ],
)
def test_kubectl_is_told_candidates_and_a_directive(words: list[str], said: list[str]) -> None:
    assert kubectl_answer(words) == said


def test_names_that_cannot_be_had_are_completed_to_nothing_in_silence(tmp_path: Path) -> None:
    done = completed("wharfinger status w", KUBECONFIG=str(tmp_path / "absent"))
    assert (done.stdout.strip(), done.stderr) == ("", "")


@pytest.mark.parametrize(
    ("spec", "status", "said"),
    [
        ({"replicas": 2}, {}, ""),
        ({"mode": "stateful"}, {}, ""),
        ({"mode": "tasks"}, {}, ""),
        ({"mode": "tasks", "tasks": {"scheduling": "global"}}, {}, "web has a task on each node"),
        ({"autoscale": {"enabled": False, "maxReplicas": 3}}, {}, ""),
        ({"mode": "job"}, {}, "web is of mode job, which has no replicas; the modes service, stateful, tasks have"),
        ({"autoscale": {"maxReplicas": 3}}, {}, "web is scaled by its autoscaler: change spec.autoscale"),
        (
            {},
            {"findings": [{"reason": "ScaledElsewhere", "path": "spec.replicas", "message": "not applied: an HPA"}]},
            "web: spec.replicas is not applied: an HPA",
        ),
    ],
)
def test_replicas_are_set_where_they_count(spec: Object, status: Object, said: str) -> None:
    found = obstacle({"metadata": {"name": "web"}, "spec": spec, "status": status})
    assert found.startswith(said) if said else found == ""


# Events

WEB = {"metadata": {"name": "web", "namespace": "shop", "uid": "u-web"}, "spec": {}}


def owned(kind: str, name: str, uid: str, owner: str) -> Object:
    return {
        "kind": kind,
        "metadata": {"name": name, "uid": uid, "ownerReferences": [{"uid": owner, "controller": True}]},
    }


def event(reason: str, kind: str, name: str, uid: str = "", time: str = "2026-01-01T11:00:00Z") -> Object:
    about = {"kind": kind, "name": name, "uid": uid}
    return {"metadata": {"name": f"{name}.{reason}"}, "reason": reason, "involvedObject": about, "lastTimestamp": time}


def family(*events: Object) -> Family:
    objects = [owned("Deployment", "web", "u-dep", "u-web"), owned("ReplicaSet", "web-7d9f", "u-rs", "u-dep")]
    pods = [owned("Pod", "web-7d9f-x2x4k", "u-pod", "u-rs")]
    return Family(workload=WEB, objects=objects, pods=pods, events=list(events), unread=[])


def test_events_of_all_that_is_under_a_workload_come_in_order() -> None:
    found = happenings(
        family(
            event("Pulled", "Pod", "web-7d9f-x2x4k", "u-pod", "2026-01-01T11:03:00Z"),
            event("Unrelated", "Pod", "db-0", "u-db"),
            event("RolloutStarted", "ContainerWorkload", "web", "u-web", "2026-01-01T11:01:00Z"),
            event("SuccessfulCreate", "ReplicaSet", "web-7d9f", "u-rs", "2026-01-01T11:02:00Z"),
        )
    )
    assert [each.reason for each in found] == ["RolloutStarted", "SuccessfulCreate", "Pulled"]


@pytest.mark.parametrize(
    ("kind", "name", "mine"),
    [
        ("Pod", "web-5b8c-zzzzz", True),
        ("Pod", "web-0", True),
        ("Pod", "web-x2x4k", True),
        ("ReplicaSet", "web-5b8c", True),
        ("Pod", "web-two-5b8c-zzzzz", False),
        ("Pod", "webs-5b8c-zzzzz", False),
        ("ReplicaSet", "web-two", False),
        ("ConfigMap", "web-5b8c", False),
    ],
)
def test_pods_that_are_gone_are_known_by_the_names_that_kubernetes_gives(kind: str, name: str, mine: bool) -> None:
    assert bool(happenings(family(event("Killing", kind, name, "u-gone")))) is mine


def test_an_event_is_told_once_and_again_when_it_happens_again() -> None:
    def happening(count: int) -> Happening:
        return Happening(time="t", type="Normal", reason="r", about="a", message="m", count=count, name="e")

    told: dict[str, Happening] = {}
    assert [len(list(news([happening(count)], told))) for count in (1, 1, 2)] == [1, 0, 1]


# Lines of change


def detail(reason: str, *pods: str) -> Detail:
    conditions = [{"type": "Ready", "status": "True", "reason": reason, "message": "m"}]
    status = {"observedGeneration": 1, "conditions": conditions}
    summary = summarise({"metadata": {"name": "web", "namespace": "shop", "generation": 1}, "status": status}, now=NOW)
    lines = tuple(
        PodLine(
            name=name, state="Running", message="", ready=1, containers=1, restarts=0, node="", revision="", age=0.0
        )
        for name in pods
    )
    return Detail(summary=summary, status={}, pods=lines)


def test_only_what_is_new_is_told() -> None:
    ledger = Ledger()
    looks = [detail("A", "p"), detail("A", "p"), detail("B", "p", "q"), detail("B", "q")]
    assert [list(ledger.lines([look], full=True)) for look in looks] == [
        ["shop/web  Ready  A: m", "shop/web Pod/p  Running 1/1"],
        [],
        ["shop/web  Ready  B: m", "shop/web Pod/q  Running 1/1"],
        ["shop/web Pod/p  gone"],
    ]
    assert list(ledger.lines([], full=True)) == ["shop/web  gone", "shop/web Pod/q  gone"]


def test_what_happened_is_told_and_never_gone() -> None:
    ledger = Ledger()
    about: Object = {"type": "Normal", "reason": "Pulled", "about": "Pod/p", "message": "m", "age": 1.0}
    once, again = (replace(detail("A"), events=(EventLine(**about, count=count),)) for count in (1, 2))
    looks = [list(ledger.lines([look], full=True)) for look in (once, again, detail("A"))]
    assert looks == [["shop/web  Ready  A: m", "shop/web Pod/p Pulled  m"], [], []]


def test_a_list_tells_of_workloads_only() -> None:
    assert list(Ledger().lines([detail("A", "p")], full=False)) == ["shop/web  Ready  A: m"]
