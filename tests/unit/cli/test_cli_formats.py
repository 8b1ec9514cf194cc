"""Every verb that lists or acts takes -o, and what it prints so can be read by a program."""

from __future__ import annotations

import json
from typing import Any

import pytest
import typer.main
import yaml

from wharfinger.cli.console import Format
from wharfinger.cli.diff.text import Difference, show
from wharfinger.cli.main import app, invoke
from wharfinger.cli.objects import print_objects
from wharfinger.cli.podlogs.printing import Printer, Style
from wharfinger.cli.podlogs.sources import Source
from wharfinger.cli.verbs import Call

Object = dict[str, Any]

WITHOUT = {"completion", "demo", "run", "version"}
"""They neither list nor act on resources: a script, a show, the operator itself, a line."""

WEB: Object = {
    "apiVersion": "wharfinger.dev/v1alpha1",
    "kind": "ContainerWorkload",
    "metadata": {"namespace": "shop", "name": "web", "managedFields": []},
}
SHOWN = {**WEB, "metadata": {"namespace": "shop", "name": "web"}}
DB = {**WEB, "metadata": {"namespace": "shop", "name": "db"}}
SERVICE = {"apiVersion": "v1", "kind": "Service", "metadata": {"namespace": "shop", "name": "web"}}
NAME = "containerworkload.wharfinger.dev/web"

SOURCE = Source(namespace="shop", pod="web-1", uid="u", container="web", run=0, label="web-1")
LINES = [("2026-01-01T12:00:00Z", 'says "hello": {'), ("2026-01-01T12:00:01Z", "")]


def verbs() -> list[list[str]]:
    root: Any = typer.main.get_command(app)
    return [verb for name, command in root.commands.items() if name not in WITHOUT for verb in _verbs(name, command)]


def _verbs(name: str, command: Any) -> list[list[str]]:
    """The command, or those of a group. Of those of `cluster`, one prints something about a cluster."""
    within = ["status"] if name == "cluster" else getattr(command, "commands", None)
    return [[name, each] for each in within] if within else [[name]]


def loaded(text: str, output: Format) -> Any:
    return json.loads(text) if output is Format.json else yaml.safe_load(text)


@pytest.mark.parametrize("verb", verbs(), ids=" ".join)
def test_every_verb_takes_each_format(verb: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke([*verb, "-o", "xml"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "'xml' is not one of " + ", ".join(f"'{each}'" for each in Format) in err


@pytest.mark.parametrize(
    ("output", "said"),
    [
        (Format.table, f"{NAME} restarted\n"),
        (Format.wide, f"{NAME} restarted\n"),
        (Format.name, f"{NAME}\n"),
    ],
)
def test_what_was_done_is_told_at_once(output: Format, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    call = Call(output=output)
    call.report(WEB, "restarted")
    assert capsys.readouterr().out == said
    call.end()
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("output", [Format.json, Format.yaml])
def test_as_data_one_is_itself_and_several_are_a_list(output: Format, capsys: pytest.CaptureFixture[str]) -> None:
    one, two = Call(output=output), Call(output=output)
    one.report(WEB, "restarted")
    one.end()
    assert loaded(capsys.readouterr().out, output) == SHOWN
    two.report(WEB, "restarted")
    two.report(DB, "restarted")
    two.end()
    assert loaded(capsys.readouterr().out, output) == {"apiVersion": "v1", "kind": "List", "items": [SHOWN, DB]}


def test_lines_of_logs_are_an_object_each(capsys: pytest.CaptureFixture[str]) -> None:
    wanted = [{"pod": "web-1", "container": "web", "timestamp": time, "message": text} for time, text in LINES]
    Printer(Style(output=Format.json)).print(SOURCE, LINES)
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == wanted
    Printer(Style(output=Format.yaml)).print(SOURCE, LINES)
    assert list(yaml.safe_load_all(capsys.readouterr().out)) == wanted


def test_lines_of_logs_are_wide_with_container_and_time(capsys: pytest.CaptureFixture[str]) -> None:
    Printer(Style(output=Format.wide)).print(SOURCE, LINES[:1])
    assert capsys.readouterr().out == 'web-1/web  2026-01-01T12:00:00Z says "hello": {\n'
    Printer(Style()).print(SOURCE, LINES[:1])
    assert capsys.readouterr().out == 'web-1  says "hello": {\n'


@pytest.mark.parametrize("output", [Format.json, Format.yaml])
def test_differences_are_changes_with_their_fields(output: Format, capsys: pytest.CaptureFixture[str]) -> None:
    before, after = {**SHOWN, "spec": {"image": "web:1"}}, {**SHOWN, "spec": {"image": "web:2", "replicas": 2}}
    found = [Difference("a", before, after), Difference("b", None, SERVICE), Difference("c", SERVICE, None)]
    show(found, output)
    changed, created, deleted = loaded(capsys.readouterr().out, output)["changes"]
    assert changed == {
        "kind": "ContainerWorkload",
        "namespace": "shop",
        "name": "web",
        "change": "changed",
        "fields": [
            {"path": "spec.image", "before": "web:1", "after": "web:2"},
            {"path": "spec.replicas", "before": None, "after": 2},
        ],
    }
    assert [(each["change"], each["object"]) for each in (created, deleted)] == [
        ("created", SERVICE),
        ("deleted", SERVICE),
    ]


def test_differences_by_name_and_whole(capsys: pytest.CaptureFixture[str]) -> None:
    spec = {"list": list(range(30))}
    found = [Difference("x", {**SHOWN, "spec": spec | {"a": 1}}, {**SHOWN, "spec": spec | {"a": 2}})]
    show(found, Format.name)
    assert capsys.readouterr().out == f"{NAME}\n"
    show(found, Format.table)
    assert "- 29" not in capsys.readouterr().out
    show(found, Format.wide)
    assert "- 29" in capsys.readouterr().out


def test_objects_are_printed_in_each_format(capsys: pytest.CaptureFixture[str]) -> None:
    def printed(output: Format, *objects: Object, alone: bool = False) -> str:
        print_objects(objects, output, alone=alone)
        return capsys.readouterr().out

    assert printed(Format.name, SHOWN, SERVICE) == f"{NAME}\nservice/web\n"
    assert list(yaml.safe_load_all(printed(Format.yaml, SHOWN, SERVICE))) == [SHOWN, SERVICE]
    assert json.loads(printed(Format.json, SHOWN, SERVICE))["items"] == [SHOWN, SERVICE]
    assert json.loads(printed(Format.json, SHOWN, alone=True)) == SHOWN
    assert printed(Format.table, SERVICE).split() == ["KIND", "NAME", "Service", "web"]
    assert printed(Format.wide, SERVICE).splitlines()[1].split() == ["shop", "Service", "web", "v1"]
