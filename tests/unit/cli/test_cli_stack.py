"""``wharfinger stack``: docker's flags, and its columns from the status of Stacks and from pods."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import typer
from tests.support.composing import program

from wharfinger.cli.console import Format
from wharfinger.cli.errors import BadInputError, CommandError
from wharfinger.cli.goals import Outcome
from wharfinger.cli.main import invoke
from wharfinger.cli.names import is_stack, plain_stack
from wharfinger.cli.stack.filtering import wanted
from wharfinger.cli.stack.listing import _SERVICES, _stacks, service_rows, stack_row
from wharfinger.cli.stack.logs import workloads_of
from wharfinger.cli.stack.options import DockerCommand
from wharfinger.cli.stack.printing import show
from wharfinger.cli.stack.ps import name_of, pod_rows
from wharfinger.cli.stack.standing import made
from wharfinger.cli.stack.up import found_files, replicas

Object = dict[str, Any]

NOW = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)
WEB = {
    "name": "web",
    "workload": "web",
    "image": "web:1",
    "mode": "replicated",
    "running": 1,
    "wanted": 2,
    "state": "Progressing",
    "update": "updating",
    "ports": ["*:80->8080/tcp"],
}
DB = {"name": "My_Db", "workload": "my-db", "image": "db:1", "mode": "global", "running": 1, "wanted": 1}


def stack(*services: Object, ready: str = "False", generation: int = 2, **status: Any) -> Object:
    return {
        "metadata": {
            "namespace": "prod",
            "name": "shop",
            "generation": generation,
            "creationTimestamp": "2026-01-01T11:59:00Z",
        },
        "status": {
            "observedGeneration": 2,
            "conditions": [{"type": "Ready", "status": ready, "reason": "R", "message": "m", "observedGeneration": 2}],
            "services": list(services),
            **status,
        },
    }


# Flags


def flags() -> Any:
    app = typer.Typer()
    seen: list[tuple[bool, bool]] = []

    @app.command(cls=DockerCommand)
    def command(
        name: str,
        detach: bool = typer.Option(True, "--detach/--no-detach", "-d"),
        prune: bool = typer.Option(False, "--prune"),
    ) -> None:
        seen.append((detach, prune))

    return app, seen


@pytest.mark.parametrize(
    ("arguments", "detach", "prune"),
    [
        (["shop"], True, False),
        (["--detach=false", "shop"], False, False),
        (["shop", "--detach=true", "--prune=true"], True, True),
        (["-d=false", "shop"], False, False),
        (["--prune=false", "--no-detach", "shop"], False, False),
        (["-d", "--prune", "shop"], True, True),
    ],
)
def test_flags_may_have_a_value_as_dockers(arguments: Sequence[str], detach: bool, prune: bool) -> None:
    app, seen = flags()
    app(list(arguments), standalone_mode=False)
    assert seen == [(detach, prune)]


def test_a_flag_takes_no_other_value(capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["stack", "deploy", "-c", "x.yaml", "--prune=maybe", "shop"]) == 2
    assert "--prune" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["shop", "stack/shop", "stk/shop", "stack.wharfinger.dev/shop"])
def test_names_of_stacks(name: str) -> None:
    assert plain_stack(name) == "shop"
    assert is_stack(name) is ("/" in name)


@pytest.mark.parametrize("name", ["cw/shop", "stack/"])
def test_what_is_no_name_of_a_stack(name: str) -> None:
    with pytest.raises(BadInputError):
        plain_stack(name)


def test_scale_is_a_number_for_a_service() -> None:
    assert replicas(["web=3", "a=b=0"]) == {"web": 3, "a=b": 0}
    for wrong in ("web", "web=", "=3", "web=-1", "web=x"):
        with pytest.raises(BadInputError, match="SERVICE=N"):
            replicas([wrong])


def test_the_compose_file_is_looked_for_here_and_above(tmp_path: Path) -> None:
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    for name in ("docker-compose.yml", "compose.override.yaml"):
        (tmp_path / name).touch()
    assert found_files(below) == [str(tmp_path / "docker-compose.yml"), str(tmp_path / "compose.override.yaml")]
    (tmp_path / "a" / "compose.yml").touch()
    assert found_files(below) == [str(tmp_path / "a" / "compose.yml")]


# Lists


def test_a_stack_is_a_line() -> None:
    row = stack_row(stack(serviceCount=2, readyServices=1, dialect="stack"), now=NOW)
    assert (row.name, row.services, row.running, row.state, row.message) == ("shop", 2, 1, "NotReady", "R: m")
    assert (row.dialect, row.age) == ("stack", 60.0)


def test_what_nobody_has_looked_at_has_no_counts(capsys: pytest.CaptureFixture[str]) -> None:
    unseen = {**stack(), "status": {}}
    row = stack_row(unseen, now=NOW)
    assert (row.services, row.running, row.state) == (None, None, "Unseen")
    show([row], _stacks(everywhere=False), Format.table)
    assert capsys.readouterr().out.splitlines()[1].split() == ["shop", "-", "-", "Unseen", "60s"]


def test_stacks_of_all_namespaces_say_theirs(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [stack_row(stack(serviceCount=2, readyServices=1), now=NOW)]
    for everywhere, first in ((True, ["NAMESPACE", "NAME"]), (False, ["NAME", "SERVICES"])):
        show(rows, _stacks(everywhere=everywhere), Format.table)
        assert capsys.readouterr().out.split()[:2] == first
    show(rows, _stacks(everywhere=False), Format.name)
    assert capsys.readouterr().out == "stack.wharfinger.dev/shop\n"


def test_services_have_dockers_columns(capsys: pytest.CaptureFixture[str]) -> None:
    show(service_rows(stack(WEB, DB)), _SERVICES, Format.table)
    header, *lines = capsys.readouterr().out.splitlines()
    assert header.split() == ["ID", "NAME", "MODE", "REPLICAS", "IMAGE", "PORTS"]
    assert [line.split() for line in lines] == [
        ["my-db", "shop_My_Db", "global", "1/1", "db:1"],
        ["web", "shop_web", "replicated", "1/2", "web:1", "*:80->8080/tcp"],
    ]


def test_that_there_are_none_is_no_row(capsys: pytest.CaptureFixture[str]) -> None:
    show([], _SERVICES, Format.table)
    out, err = capsys.readouterr()
    assert (out, err) == ("", "No services found.\n")


def test_filters_are_or_of_a_key_and_and_of_several() -> None:
    known = {"a": lambda row, text: text in row["a"], "b": lambda row, text: row["b"] == text}
    chosen = wanted(["a=x", "a=y", "b=1"], known)
    assert [chosen({"a": a, "b": b}) for a, b in (("x", "1"), ("y", "1"), ("z", "1"), ("x", "2"))] == [
        *(True, True, False, False)
    ]
    for wrong in ("c=1", "a"):
        with pytest.raises(BadInputError, match="the keys are a, b"):
            wanted([wrong], known)


# Pods


def pod(name: str = "web-7d9f-x2x4k", *, phase: str = "Running", image: str = "web:1", **more: Any) -> Object:
    return {
        "metadata": {"name": name, "creationTimestamp": "2026-01-01T11:58:00Z", **more},
        "spec": {
            "nodeName": "n1",
            "containers": [
                {"name": "sidecar", "image": "s"},
                {"name": "web", "image": image, "ports": [{"containerPort": 80, "hostPort": 8080}]},
            ],
        },
        "status": {"phase": phase, "startTime": "2026-01-01T11:59:00Z"},
    }


def workload(mode: str = "service") -> Object:
    return {"metadata": {"name": "web"}, "spec": {"mode": mode}}


def test_a_pod_is_a_line_with_dockers_words() -> None:
    (row,) = pod_rows(workload(), [pod()], "shop_web", now=NOW)
    assert (row.id, row.name, row.image, row.node) == ("web-7d9f-x2x4k", "shop_web.7d9f-x2x4k", "web:1", "n1")
    assert (row.desired_state, row.current_state, row.error) == ("Running", "Running About a minute ago", "")
    assert (row.ports, row.well) == ("*:8080->80/tcp", True)


def test_a_pod_that_ends_is_to_be_shut_down_and_a_jobs_to_complete() -> None:
    ending = pod("web-2", deletionTimestamp="2026-01-01T12:00:00Z")
    first, second = pod_rows(workload(), [ending, pod("web-1")], "shop_web", now=NOW)
    assert (first.id, first.desired_state) == ("web-1", "Running")
    assert (second.desired_state, second.current_state.split()[0]) == ("Shutdown", "Terminating")
    (done,) = pod_rows(workload("job"), [pod(phase="Succeeded")], "shop_web", now=NOW)
    assert (done.desired_state, done.current_state.split()[0], done.well) == ("Complete", "Completed", True)


def test_a_workload_is_called_as_its_service() -> None:
    assert name_of(stack(DB), {"metadata": {"name": "my-db"}}) == "shop_My_Db"
    assert name_of(stack(DB), {"metadata": {"name": "orphan"}}) == "shop_orphan"


# Logs and waiting


def test_logs_are_those_of_the_services_that_are_named() -> None:
    assert workloads_of(stack(WEB, DB), []) == ["web", "my-db"]
    assert workloads_of(stack(WEB, DB), ["My_Db"]) == ["my-db"]
    with pytest.raises(CommandError, match="has no service api; it has web, My_Db"):
        workloads_of(stack(WEB, DB), ["api"])
    with pytest.raises(CommandError, match="none of its services"):
        workloads_of(stack(WEB | {"workload": ""}), [])


@pytest.mark.parametrize(
    ("found", "outcome"),
    [
        (None, Outcome.failed),
        (stack(WEB, DB), Outcome.reached),
        (stack(WEB, DB | {"workload": ""}), Outcome.waiting),
        (stack(), Outcome.waiting),
        (stack(WEB, generation=3), Outcome.waiting),
        (stack(WEB, conditions=[{"type": "Stalled", "status": "True", "reason": "DocumentInvalid"}]), Outcome.failed),
    ],
)
def test_a_stack_is_made_when_each_service_has_its_workload(found: Object | None, outcome: Outcome) -> None:
    assert made(found).outcome is outcome


# Config


def test_config_prints_the_documents_as_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WHARFINGER_COMPOSE_PROGRAM", str(program()))
    one, two = tmp_path / "compose.yaml", tmp_path / "over.yaml"
    one.write_text("services: {web: {image: 'web:${TAG}'}, db: {image: db}}")
    two.write_text("services: {web: {ports: ['80:8080']}}")
    command = ["stack", "config", "-c", str(one), "-c", str(two), "-e", "TAG=2"]
    assert invoke(command) == 0
    told = capsys.readouterr().out
    assert "image: web:2" in told
    assert "published: '80'" in told
    assert invoke([*command, "-o", "name"]) == 0
    assert capsys.readouterr().out == "db\nweb\n"
    assert invoke([*command, "-o", "table"]) == 0
    assert capsys.readouterr().out.split() == ["SERVICE", "IMAGE", "db", "db", "web", "web:2"]
