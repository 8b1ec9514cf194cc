"""The start program by itself: processes in the place of containers, with the ECS agent's own cases and exit codes."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.support.starting import DEADLINE, EXIT, POLITE, SLEEP, STUBBORN, Task, heeding, program, python


@pytest.fixture
def task(tmp_path: Path) -> Iterator[Task]:
    """A task of the test's own."""
    made = Task(tmp_path)
    yield made
    made.end()


def wait_for(look: Callable[[], object], what: str) -> None:
    """Until it is so."""
    until = time.monotonic() + DEADLINE
    while not look():
        assert time.monotonic() < until, what
        time.sleep(0.02)


def _on(name: str, condition: str, **more: float) -> dict[str, object]:
    return {"name": name, "condition": condition, **more}


# The ECS agent's integration tests (ecs.md 2.7): ordering-success, -complete, -timedout, granular-stop-timeout


def test_success_waits_for_an_end_with_0(task: Task) -> None:
    task.essential = ["main"]
    task.add("main", python(EXIT.format(0)), dependsOn=[_on("first", "SUCCESS")])
    task.add("first", python("import time; time.sleep(0.3)"), dependents=["main"])
    assert task.codes() == {"main": 0, "first": 0}
    assert task.record("main")["startedAt"] > task.record("first")["startedAt"]


def test_complete_bears_any_exit_code(task: Task) -> None:
    task.essential = ["main"]
    task.add("main", python(EXIT.format(0)), dependsOn=[_on("first", "COMPLETE")])
    task.add("first", python(EXIT.format(1)), dependents=["main"])
    assert task.codes() == {"main": 0, "first": 1}


def test_a_dependency_that_takes_longer_than_its_start_timeout_ends_the_task(task: Task) -> None:
    task.essential = ["main"]
    task.add("main", python(SLEEP), dependsOn=[_on("first", "SUCCESS", timeout=0.5)])
    task.add("first", python(STUBBORN), dependents=["main"], stopTimeout=0.5)
    assert task.codes() == {"main": 143, "first": 137}
    assert not task.record("main")["ran"]


def test_each_container_has_its_own_time_to_stop_and_dependents_stop_first(task: Task) -> None:
    task.essential = ["parent"]
    task.up("one", python(STUBBORN), dependents=["parent"], stopTimeout=0.5)
    task.up("two", python(POLITE), dependents=["parent"], stopTimeout=30)
    task.add("parent", python(EXIT.format(0)), dependsOn=[_on("one", "START"), _on("two", "START")])
    assert task.codes() == {"one": 137, "two": 0, "parent": 0}


# Conditions


@pytest.mark.parametrize("condition", ["SUCCESS", "HEALTHY"])
def test_what_can_never_be_met_is_not_waited_for(task: Task, condition: str) -> None:
    task.essential = ["main"]
    task.add("main", python(SLEEP), dependsOn=[_on("first", condition)])
    task.add("first", python(EXIT.format(3)), dependents=["main"])
    assert task.codes() == {"main": 143, "first": 3}


def test_start_is_met_by_a_container_that_has_ended_already(task: Task) -> None:
    task.add("first", python(EXIT.format(1))).wait(DEADLINE)
    task.add("main", python(EXIT.format(0)), dependsOn=[_on("first", "START")])
    assert task.codes() == {"first": 1, "main": 0}


def test_a_dependency_that_never_ran_ends_the_waiting(task: Task) -> None:
    task.add("first", ["/does/not/exist"])
    task.add("main", python(SLEEP), dependsOn=[_on("first", "COMPLETE")])
    assert task.codes() == {"first": 127, "main": 143}


def test_healthy_waits_for_the_check(task: Task, tmp_path: Path) -> None:
    flag = tmp_path / "well"
    check = {"exec": ["test", "-e", str(flag)], "interval": 0.1, "timeout": 5}
    task.add("first", python(SLEEP), check=check)
    main = task.add("main", python(EXIT.format(0)), dependsOn=[_on("first", "HEALTHY")])
    wait_for(lambda: task.record("first").get("ran"), "the dependency runs")
    assert main.poll() is None
    flag.touch()
    assert main.wait(DEADLINE) == 0
    assert task.record("first")["healthy"]


def test_a_container_that_is_not_healthy_is_waited_for_until_its_start_timeout(task: Task) -> None:
    """However often its check failed (ecs.md 2.7: the task stays PENDING)."""
    check = {"exec": ["false"], "interval": 0.05, "timeout": 5}
    first = task.add("first", python(SLEEP), check=check)
    main = task.add("main", python(SLEEP), dependsOn=[_on("first", "HEALTHY", timeout=2)])
    wait_for(lambda: task.record("first").get("ran"), "the dependency runs")
    began = time.monotonic()
    assert main.wait(DEADLINE) == 143
    assert time.monotonic() - began > 1, "at least twenty checks have failed by then"
    assert first.poll() is None, "an unhealthy container is not stopped by that"


def test_a_check_may_connect(task: Task) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        check = {"tcp": f"127.0.0.1:{server.getsockname()[1]}", "interval": 0.1, "timeout": 5}
        task.add("first", python(SLEEP), check=check)
        assert task.add("main", python(EXIT.format(0)), dependsOn=[_on("first", "HEALTHY")]).wait(DEADLINE) == 0


def test_a_check_may_ask_by_http(task: Task, tmp_path: Path) -> None:
    serve = (
        "import http.server, sys\n"
        "class Handler(http.server.BaseHTTPRequestHandler):\n"
        "    def do_GET(self):\n"
        "        self.send_response(204 if self.headers['X-Who'] == 'me' and self.path == '/up' else 500)\n"
        "        self.end_headers()\n"
        "server = http.server.HTTPServer(('127.0.0.1', 0), Handler)\n"
        "open(sys.argv[1], 'w').write(str(server.server_port))\n"
        "server.serve_forever()\n"
    )
    port = tmp_path / "port"
    server = subprocess.Popen([*python(serve), port], stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: port.exists() and port.read_text(), "the server listens")
        url = f"http://127.0.0.1:{port.read_text()}/up"
        check = {"http": url, "headers": {"X-Who": "me"}, "interval": 0.1, "timeout": 5}
        task.add("first", python(SLEEP), check=check)
        assert task.add("main", python(EXIT.format(0)), dependsOn=[_on("first", "HEALTHY")]).wait(DEADLINE) == 0
    finally:
        server.kill()
        server.wait()


# The end of a task


def test_the_end_of_an_essential_container_ends_the_task(task: Task) -> None:
    task.essential = ["main", "other"]
    task.up("sidecar", python(POLITE))
    task.up("other", python(POLITE))
    task.add("main", python(EXIT.format(7)))
    assert task.codes() == {"sidecar": 0, "other": 0, "main": 7}


def test_the_end_of_another_container_ends_nothing(task: Task) -> None:
    task.essential = ["main"]
    main = task.add("main", python(SLEEP))
    assert task.add("sidecar", python(EXIT.format(1))).wait(DEADLINE) == 1
    wait_for(lambda: task.record("main")["phase"] == "running", "it runs")
    with pytest.raises(subprocess.TimeoutExpired):
        main.wait(0.5)


def test_a_container_that_lingers_ends_with_the_task(task: Task) -> None:
    """With its own exit code: until then its pod stays Ready."""
    task.essential = ["web"]
    once = task.add("once", python(EXIT.format(4)), linger=True)
    task.add("web", python(EXIT.format(0)), dependsOn=[{"name": "once", "condition": "COMPLETE"}])
    assert task.processes["web"].wait(DEADLINE) == 0
    assert once.wait(DEADLINE) == 4

    alone = task.add("alone", python(EXIT.format(5)), essential=[], linger=True)
    task.add("next", python(EXIT.format(0)), essential=[], dependsOn=[{"name": "alone", "condition": "COMPLETE"}])
    assert task.processes["next"].wait(DEADLINE) == 0
    assert alone.poll() is None
    alone.send_signal(signal.SIGTERM)
    assert alone.wait(DEADLINE) == 5


def test_an_essential_container_that_is_killed_whole_ends_the_task(task: Task) -> None:
    task.essential = ["main"]
    sidecar = task.up("sidecar", python(POLITE))
    main = task.add("main", ["sleep", "600"])
    wait_for(lambda: task.record("main").get("ran"), "it runs")
    [child] = Path(f"/proc/{main.pid}/task/{main.pid}/children").read_text().split() or [""]
    main.kill()
    if child:
        os.kill(int(child), signal.SIGKILL)
    assert sidecar.wait(DEADLINE) == 0


def test_a_stop_reaches_those_who_wait(task: Task) -> None:
    main = task.add("main", python(SLEEP), dependsOn=[_on("never", "START")])
    wait_for((task.directory / "main.json").exists, "it waits")
    task.stop()
    assert main.wait(DEADLINE) == 143


def test_dependents_that_were_never_started_do_not_hold_up_the_stop(task: Task) -> None:
    task.up("first", python(POLITE), dependents=["main"])
    task.stop()
    assert task.codes() == {"first": 0}


def test_the_signal_that_stops_is_the_one_that_came(task: Task) -> None:
    main = task.up("main", python(heeding("SIGQUIT", 9)))
    main.send_signal(signal.SIGQUIT)
    assert main.wait(DEADLINE) == 9


def test_other_signals_are_passed_on(task: Task) -> None:
    main = task.up("main", python(heeding("SIGHUP", 5)))
    main.send_signal(signal.SIGHUP)
    assert main.wait(DEADLINE) == 5


# Restart in place, limits, exit codes


def test_a_container_is_restarted_in_place_when_it_ran_long_enough(task: Task, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    counts = f"import sys; open({str(runs)!r}, 'a').write('x'); sys.exit(min(len(open({str(runs)!r}).read()), 3))"
    main = task.add("main", python(counts), restart={"attemptPeriod": 0, "ignoredExitCodes": [3]})
    assert main.wait(DEADLINE) == 3
    assert runs.read_text() == "xxx"


def test_a_container_that_ended_too_soon_is_not_restarted(task: Task) -> None:
    assert task.add("main", python(EXIT.format(4)), restart={"attemptPeriod": 60}).wait(DEADLINE) == 4


def test_limits_are_the_commands(task: Task) -> None:
    show = (
        "import resource; print(resource.getrlimit(resource.RLIMIT_NOFILE), resource.getrlimit(resource.RLIMIT_CORE))"
    )
    limits = [{"name": "nofile", "soft": 100, "hard": 200}, {"name": "core", "soft": 0, "hard": 0}]
    main = task.add("main", python(show), limits=limits)
    assert main.communicate(timeout=DEADLINE)[0] == "(100, 200) (0, 0)\n"


@pytest.mark.parametrize(
    ("command", "code"),
    [(["/does/not/exist"], 127), (["/etc/hostname"], 126), (python("import os; os.kill(os.getpid(), 9)"), 137)],
)
def test_exit_codes_are_dockers(task: Task, command: list[str], code: int) -> None:
    assert task.add("main", command).wait(DEADLINE) == code


def test_the_record_of_a_probe(task: Task) -> None:
    def started() -> int:
        return subprocess.run([program(), "started", task.directory, "main"], check=False).returncode

    assert started() == 1
    task.add("main", python(SLEEP))
    wait_for(lambda: started() == 0, "it has started")


def test_it_installs_itself(tmp_path: Path) -> None:
    subprocess.run([program(), "install", tmp_path], check=True)
    copy = tmp_path / "wharfinger-start"
    assert copy.read_bytes() == program().read_bytes()
    assert os.access(copy, os.X_OK)


@pytest.mark.parametrize("settings", ["", "{", json.dumps({"directory": "/tmp", "name": "a", "unknown": 1}), "{}"])
def test_bad_settings_are_refused_in_one_line(settings: str) -> None:
    answer = subprocess.run([program(), "run", settings, "true"], capture_output=True, text=True, check=False)
    assert answer.returncode == 2
    assert answer.stderr.startswith("wharfinger-start: settings: ")
    assert answer.stderr.count("\n") == 1


def test_orphans_of_process_1_are_buried(tmp_path: Path) -> None:
    """In a PID namespace of its own it is process 1; a grandchild whose parent is gone must not stay as a zombie."""
    script = (
        "import os, time\n"
        "if os.fork() == 0:\n"
        "    os.fork() or os._exit(0)\n"  # the grandchild ends, its parent has ended or will not wait
        "    os._exit(0)\n"
        "os.wait()\n"
        "until = time.monotonic() + 30\n"
        "def stat(pid):\n"
        "    try: return open(f'/proc/{pid}/stat').read()\n"
        "    except OSError: return ''\n"
        "def dead(): return [p for p in os.listdir('/proc') if p.isdigit() and ') Z 1 ' in stat(p)]\n"
        "while dead() and time.monotonic() < until: time.sleep(0.05)\n"
        "raise SystemExit(len(dead()))\n"
    )
    settings = json.dumps({"directory": str(tmp_path), "name": "main", "stopTimeout": 1})
    unshare = ["unshare", "--pid", "--fork", "--mount-proc", "--mount"]
    if subprocess.run([*unshare, "true"], check=False, capture_output=True).returncode:
        pytest.skip("needs the right to make a PID namespace")
    command = [*unshare, str(program()), "run", settings, *python(script)]
    assert subprocess.run(command, check=False, timeout=DEADLINE).returncode == 0
