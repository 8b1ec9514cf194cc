"""Processes that are started apart, found again, and signalled only if they are still the same."""

import os
import select
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from wharfinger.cluster import process
from wharfinger.cluster.process import Process


@pytest.fixture
def sleeper(tmp_path: Path) -> Iterator[Process]:
    """A process that does nothing for a minute."""
    started = process.spawn(["sleep", "60"], log=tmp_path / "log")
    yield started
    process.stop(started, grace=0)


def test_started_process_lives_in_a_session_of_its_own(sleeper: Process) -> None:
    assert process.is_alive(sleeper)
    assert os.getsid(sleeper.pid) == sleeper.pid


def test_both_outputs_go_to_the_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("before\n")
    started = process.spawn(["sh", "-c", "echo out; echo err >&2"], log=log)
    assert process.wait_ended(started, timeout=10)
    assert log.read_text() == "before\nout\nerr\n"


def test_nothing_that_its_starter_was_given_stays_open(tmp_path: Path) -> None:
    """A lock of a shell script (``exec 9>lock; flock 9``) would otherwise be held until the cluster is taken down."""
    reader, writer = os.pipe()
    os.set_inheritable(writer, True)
    started = process.spawn(["sleep", "60"], log=tmp_path / "log")
    try:
        os.close(writer)
        ready, _, _ = select.select([reader], [], [], 10)
        assert ready, "the other end of the pipe is open"
        assert os.read(reader, 1) == b""
        assert process.is_alive(started)
    finally:
        os.close(reader)
        process.stop(started, grace=0)


def test_same_pid_with_another_start_is_another_process(sleeper: Process) -> None:
    impostor = Process(sleeper.pid, "another boot/1")
    assert not process.is_alive(impostor)
    assert not process.send(impostor, signal.SIGKILL)
    process.stop(impostor, grace=0)
    assert process.is_alive(sleeper), "a signal reached a process that it was not for"


def test_terminated_within_grace(sleeper: Process) -> None:
    process.stop(sleeper, grace=30)
    assert not process.is_alive(sleeper)


def test_killed_after_grace(tmp_path: Path) -> None:
    log = tmp_path / "log"
    stubborn = process.spawn(["sh", "-c", "trap '' TERM; echo trapped; while :; do sleep 0.1; done"], log=log)
    while "trapped" not in log.read_text():
        assert process.is_alive(stubborn)
    process.stop(stubborn, grace=0.2)
    assert not process.is_alive(stubborn)


def test_paused_process_is_alive_and_can_be_stopped(sleeper: Process) -> None:
    process.send(sleeper, signal.SIGSTOP)
    assert _eventually_paused(sleeper)
    assert process.is_alive(sleeper)
    process.stop(sleeper, grace=30)
    assert not process.is_alive(sleeper)


def test_ended_process_uses_no_memory(tmp_path: Path) -> None:
    ended = process.spawn(["true"], log=tmp_path / "log")
    assert process.wait_ended(ended, timeout=10)
    assert process.resident_bytes(ended) == 0
    assert process.identify(ended.pid) is None or process.identify(ended.pid) != ended


def _eventually_paused(running: Process) -> bool:
    from wharfinger.cluster.supervisor import wait_until

    return wait_until(lambda: process.is_paused(running), timeout=10)
