"""The demo's words and documents; what it does to a cluster: tests/integration/test_demo_command.py."""

import io
import json
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from wharfinger.api.parse import parse
from wharfinger.cli.demo.scene import Scene, describe, is_ready, restarts
from wharfinger.cli.demo.setup import resource_of, samples
from wharfinger.cli.demo.stage import Place, foreign
from wharfinger.cli.demo.steps import STEPS
from wharfinger.cli.demo.tasking import TASK_STEPS
from wharfinger.cli.demo.view import View, took
from wharfinger.cli.demo.workloads import NAME, OWN, PUBLIC, Server, broken, hello, mended, orders, released, stack
from wharfinger.cli.errors import CommandError

IMAGE = "registry.example.com:5000/demo/web:1"

Object = dict[str, Any]


def merged(base: Object, patch: Object) -> Object:
    """JSON merge patch (RFC 7386), as far as the demo's patches need it."""
    result = dict(base)
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key, {}), value) if isinstance(value, dict) else value
    return result


def scene(*, real: bool, to: io.StringIO | None = None) -> Scene:
    view = View(Console(file=to or io.StringIO(), width=200))
    client: Any = None  # no step is played
    return Scene(client=client, namespace="ns", server=Server(image=IMAGE), real=real, view=view)


@pytest.mark.parametrize("real", [True, False])
def test_every_document_of_the_demo_is_valid(real: bool) -> None:
    for document in (hello, stack, orders):
        whole = document(Server(image=IMAGE, arguments=["netexec"], user=1000), "ns")
        bad = merged(whole, broken(IMAGE, real=real))
        assert parse(whole).spec.image == IMAGE
        assert parse(bad).spec.image != IMAGE
        assert merged(bad, mended(IMAGE)) == whole
        assert parse(merged(bad, released(IMAGE))).spec.image == IMAGE


@pytest.mark.parametrize("server", [OWN, PUBLIC])
def test_the_images_that_come_with_it_make_valid_documents(server: Server) -> None:
    for document in (hello, stack, orders):
        assert parse(document(server, "ns")).spec.args == list(server.arguments)


def test_every_sample_is_of_a_kind_that_the_demo_can_apply() -> None:
    found = samples("ns")
    assert {each["kind"] for each in found} >= {"ContainerWorkload", "Stack"}
    assert [resource_of(each).kind for each in found] == [each["kind"] for each in found]


@pytest.mark.parametrize("real", [True, False])
def test_every_step_has_a_command_with_all_names_filled_in(real: bool) -> None:
    for step in (*STEPS, *TASK_STEPS):
        command = scene(real=real).fill(step.command)
        assert command.startswith("kubectl ")
        assert "ns" in command


def test_the_patches_in_the_commands_are_those_that_are_sent() -> None:
    commands = [scene(real=True).fill(step.command) for step in (*STEPS, *TASK_STEPS) if "patch" in step.command]
    sent = [json.loads(command.split("'")[1]) for command in commands]
    bad = broken(IMAGE, real=True)
    assert sent == [bad, mended(IMAGE), bad, released(IMAGE), bad]


def test_a_killed_container_is_told_as_what_is_done() -> None:
    step = next(step for step in STEPS if "kill" in step.command)
    assert "proxy/exit" in scene(real=True).fill(step.command)
    assert "delete pod" in scene(real=False).fill(step.command)


def test_a_log_has_no_control_codes_and_a_line_for_each_change() -> None:
    written = io.StringIO()
    view = View(Console(file=written, width=200))
    workload: Object = {
        "metadata": {"name": NAME, "generation": 1},
        "spec": {"image": IMAGE},
        "status": {
            "observedGeneration": 1,
            "conditions": [{"type": "Reconciling", "status": "True", "reason": "RollingOut", "message": "0 of 3"}],
        },
    }
    with view.board() as board:
        board({NAME: workload})
        board({NAME: workload})
        workload["status"]["conditions"] = [{"type": "Ready", "status": "True", "reason": "AllReady", "message": "[3]"}]
        board({NAME: workload})
    view.seen("three [ready]", 0.0123)
    text = written.getvalue()
    assert "\x1b" not in text
    assert [line.split("s  ", 1)[-1] for line in text.splitlines()[:2]] == [
        "hello: Progressing  RollingOut: 0 of 3",
        "hello: Ready  AllReady: [3]",
    ]
    assert text.splitlines()[2] == "   ok  three [ready]  12 ms"


def test_times_are_told_in_a_unit_that_says_something() -> None:
    assert [took(seconds) for seconds in (0.0014, 0.999, 1.04, 75)] == ["1 ms", "999 ms", "1.0 s", "75.0 s"]


def test_a_pod_on_its_way_out_is_not_ready() -> None:
    ready = {"status": {"conditions": [{"type": "Ready", "status": "True"}]}, "metadata": {"name": "p"}}
    assert is_ready(ready)
    assert not is_ready({**ready, "metadata": {"name": "p", "deletionTimestamp": "2026-01-01T00:00:00Z"}})
    assert not is_ready({"metadata": {"name": "p"}})


def test_restarts_add_up_over_containers() -> None:
    assert restarts({"status": {"containerStatuses": [{"restartCount": 2}, {"restartCount": 1}]}}) == 3
    assert restarts({}) == 0


def test_a_failed_step_says_what_was_there_instead() -> None:
    pod = {"spec": {"containers": []}, "status": {"phase": "Pending"}, "metadata": {"name": "p"}}
    assert describe({"p": pod}) == "p Pending"
    assert describe({}) == "nothing there"


def test_how_to_go_on_names_the_cluster_that_was_used(tmp_path: Any) -> None:
    place = Place(
        kubeconfig=None,
        context="kind-kind",
        described="",
        real=True,
        server=PUBLIC,
        samples=False,
        log=tmp_path / "operator.log",
        cluster=None,
        passing=False,
    )
    assert place.options == ["--context", "kind-kind"]
    steps = place.next_steps()
    assert any(line.startswith("kubectl --context kind-kind ") for line in steps)
    assert all("KUBECONFIG" not in line for line in steps)
    assert place.new_start()[0].startswith("make demo CONTEXT=kind-kind KEEP=1")


@pytest.mark.parametrize(
    ("keep", "error", "stays"),
    [(False, None, False), (True, None, True), (False, KeyboardInterrupt(), False), (False, CommandError("x"), True)],
)
def test_the_operators_log_stays_where_someone_may_still_read_it(
    keep: bool, error: BaseException | None, stays: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with suppress(KeyboardInterrupt, CommandError), foreign(kubeconfig=None, context="c", image=None, keep=keep) as at:
        at.log.touch()
        if error:
            raise error
    assert any(tmp_path.iterdir()) is stays
