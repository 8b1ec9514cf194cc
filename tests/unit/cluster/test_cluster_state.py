"""What is remembered of a cluster, and who may change it."""

import threading
from pathlib import Path

import pytest

from wharfinger.cluster import state
from wharfinger.cluster.errors import ClusterError
from wharfinger.cluster.options import NodeKind, Options
from wharfinger.cluster.process import Process
from wharfinger.cluster.state import State


def test_state_is_read_as_it_was_written(tmp_path: Path) -> None:
    options = Options(node=NodeKind.SIMULATED, nodes=3, extra_args={"etcd": {"a": "b"}})
    kept = State(options=options, host="h", ports={"etcd": 1}, processes={"etcd": Process(7, "boot/1")})
    state.save(tmp_path, kept)
    assert state.load(tmp_path) == kept


def test_no_file_is_no_cluster(tmp_path: Path) -> None:
    assert state.load(tmp_path) is None


def test_broken_file_is_named(tmp_path: Path) -> None:
    (tmp_path / state.FILE).write_text("{}")
    with pytest.raises(ClusterError, match=r"cluster\.json"):
        state.load(tmp_path)


def test_lock_goes_with_the_cluster(tmp_path: Path) -> None:
    with state.lock(tmp_path / "a"):
        assert list(tmp_path.iterdir())
    assert not list(tmp_path.iterdir())


def test_one_at_a_time_even_while_the_lock_file_comes_and_goes(tmp_path: Path) -> None:
    inside = 0
    overlaps = 0

    def change() -> None:
        nonlocal inside, overlaps
        for _ in range(50):
            with state.lock(tmp_path / "a"):
                inside += 1
                overlaps += inside > 1
                inside -= 1

    threads = [threading.Thread(target=change) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert overlaps == 0
