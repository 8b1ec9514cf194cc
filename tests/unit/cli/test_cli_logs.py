"""Logs: which containers can be read, and how bytes become lines."""

from collections.abc import AsyncIterator, Iterable
from typing import Any

import pytest

from wharfinger.cli.podlogs.follow import over
from wharfinger.cli.podlogs.lines import COLOURS, Palette, newer, split
from wharfinger.cli.podlogs.reading import Options, query
from wharfinger.cli.podlogs.sources import Choice, chosen, ended, silence, sources

Object = dict[str, Any]

RUNNING = {"state": {"running": {}}}
ENDED = {"state": {"terminated": {"exitCode": 1}}}
WAITING = {"state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 10s"}}}
CRASHED = {**WAITING, "lastState": {"terminated": {"exitCode": 1}}, "restartCount": 2}


def pod(phase: str = "Running", **containers: Object) -> Object:
    """A pod of the workload web: an init container, and the containers given, in the states given."""
    statuses = [{"name": name, **state} for name, state in containers.items()]
    return {
        "metadata": {
            "name": "web-1",
            "namespace": "shop",
            "uid": "u",
            "labels": {"app.kubernetes.io/instance": "web"},
        },
        "spec": {"initContainers": [{"name": "setup"}], "containers": [{"name": name} for name in containers]},
        "status": {
            "phase": phase,
            "initContainerStatuses": [{"name": "setup", "state": {"terminated": {"exitCode": 0}}}],
            "containerStatuses": statuses,
        },
    }


def labels(found: Object, choice: Choice) -> list[str]:
    return [source.label for source in sources(found, choice)]


def test_the_main_container_is_read_unless_others_are_asked_for() -> None:
    both = pod(proxy=RUNNING, web=RUNNING)
    assert labels(both, Choice()) == ["web-1"]
    assert labels(both, Choice(container="proxy")) == ["web-1/proxy"]
    assert labels(both, Choice(every=True)) == ["web-1/setup", "web-1/proxy", "web-1/web"]
    assert chosen(pod(other=RUNNING), Choice()) == ["other"]


@pytest.mark.parametrize(
    ("state", "now", "before"),
    [(RUNNING, True, False), (ENDED, True, False), (WAITING, False, False), (CRASHED, True, True)],
)
def test_a_log_is_there_once_the_container_ran(state: Object, now: bool, before: bool) -> None:
    found = pod(web=state)
    assert (bool(sources(found, Choice())), bool(sources(found, Choice(previous=True)))) == (now, before)


def test_a_restarted_container_is_another_source() -> None:
    first, again = (sources(pod(web={**RUNNING, "restartCount": n}), Choice())[0] for n in (0, 1))
    assert first != again


def test_silence_has_a_reason() -> None:
    assert silence(pod(web=WAITING), Choice()) == "has not started yet: CrashLoopBackOff: back-off 10s"
    assert silence(pod(web=RUNNING), Choice(container="x")) == "has no container x; it has setup, web"
    assert "was not restarted" in silence(pod(web=RUNNING), Choice(previous=True))


def test_pods_end_in_words() -> None:
    assert ended(None) == "is gone"
    assert ended(pod(web=RUNNING)) == ""
    assert ended(pod("Failed", web=ENDED)) == "ended: Error, exit code 1"


def test_no_more_pods_come_once_bounded_work_is_done() -> None:
    def conditions(kind: str, status: str) -> Object:
        return {"status": {"conditions": [{"type": kind, "status": status}]}}

    assert [over(each) for each in (None, conditions("Complete", "True"), conditions("Failed", "True"))] == [True] * 3
    assert [over(each) for each in ({}, conditions("Ready", "True"), conditions("Complete", "False"))] == [False] * 3


async def lines_of(chunks: Iterable[bytes]) -> list[str]:
    async def arriving() -> AsyncIterator[bytes]:
        for chunk in chunks:
            yield chunk

    return [line async for lines in split(arriving()) for line in lines]


@pytest.mark.parametrize("size", [1, 2, 3, 100])
async def test_lines_are_whole_however_they_arrive(size: int) -> None:
    wire = "eins\n\nzw\u00f6lf\rnoch\u2028eins\nohne Ende".encode()
    chunks = [wire[start : start + size] for start in range(0, len(wire), size)]
    assert await lines_of(chunks) == ["eins", "", "zw\u00f6lf\rnoch\u2028eins", "ohne Ende"]


async def test_what_is_no_text_is_shown_all_the_same() -> None:
    assert await lines_of([b"a\xffb\n"]) == ["a\ufffdb"]


def test_a_log_that_is_begun_again_repeats_nothing() -> None:
    lines = [f"2026-01-01T12:00:{time}Z {text}" for time, text in (("04.9", "a"), ("05", "b"), ("05.1", "c d"))]
    assert [text for _, text in newer(lines, "")] == ["a", "b", "c d"]
    assert list(newer(lines, "2026-01-01T12:00:05Z")) == [("2026-01-01T12:00:05.1Z", "c d")]
    assert list(newer(lines, "2026-01-01T12:00:05.100000000Z")) == []


def test_what_is_asked_of_the_api_server() -> None:
    source = sources(pod(web=RUNNING), Choice())[0]
    plain = {"container": "web", "timestamps": "true"}
    assert query(source, Options(), follow=False) == plain
    asked = query(source, Options(since=600, tail=5), follow=True)
    assert asked == plain | {"follow": "true", "sinceSeconds": "600", "tailLines": "5"}
    again = query(source, Options(since=600, tail=5), follow=True, last="2026-01-01T12:00:05.123Z")
    assert again == plain | {"follow": "true", "sinceTime": "2026-01-01T12:00:05Z"}
    assert query(source, Options(previous=True), follow=False) == plain | {"previous": "true"}


def test_each_pod_keeps_its_colour() -> None:
    palette = Palette()
    given = [palette.of(f"pod-{number}") for number in range(len(COLOURS))]
    assert len(set(given)) == len(COLOURS)
    assert palette.of("pod-0") == given[0]
