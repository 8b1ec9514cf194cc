"""Metrics: their names, what is there from the beginning, and the census of states."""

from __future__ import annotations

from wharfinger.engine.census import NAMED, STATES, State
from wharfinger.engine.metrics import Metrics

READY, STALLED = State("ready", "AllReplicasReady"), State("stalled", "Conflict")


def by_state(metrics: Metrics, namespace: str) -> dict[str, float | None]:
    """How many Widgets of a namespace are in each state; None where there is no series."""
    labels = {"kind": "Widget", "workload_namespace": namespace}
    return {
        state: metrics.registry.get_sample_value("wharfinger_workloads", labels | {"state": state}) for state in STATES
    }


def stalled(metrics: Metrics) -> list[tuple[str, str]]:
    """Name and reason of each object that is shown as stalled, in the order shown."""
    return [
        (sample.labels["workload"], sample.labels["reason"])
        for family in metrics.registry.collect()
        for sample in family.samples
        if sample.name == "wharfinger_workload_stalled"
    ]


def test_names_follow_the_rules() -> None:
    for family in Metrics().registry.collect():
        assert family.name.startswith("wharfinger_")
        assert family.documentation.endswith(".")
        assert family.type != "histogram" or family.name.endswith("_seconds")
        for sample in family.samples:
            taken = {"namespace", "pod", "job", "instance", "service", "container", "endpoint"}
            assert not taken & sample.labels.keys(), "Prometheus gives these to what it scrapes"


def test_build_is_told() -> None:
    shown = Metrics().text().decode()
    assert 'wharfinger_build_info{python="' in shown
    assert 'version="' in shown


def test_census_follows_objects_that_move_and_vanish() -> None:
    metrics = Metrics()
    metrics.census.note("Widget", ("shop", "a"), READY)
    metrics.census.note("Widget", ("shop", "b"), READY)
    metrics.census.note("Widget", ("shop", "a"), STALLED)
    assert by_state(metrics, "shop") == {"ready": 1, "stalled": 1, "reconciling": 0, "not-ready": 0}
    assert stalled(metrics) == [("a", "Conflict")]
    metrics.census.forget("Widget", ("shop", "b"))
    assert by_state(metrics, "shop") == {"ready": 0, "stalled": 1, "reconciling": 0, "not-ready": 0}
    metrics.census.forget("Widget", ("shop", "a"))
    assert set(by_state(metrics, "shop").values()) == {None}, "an empty namespace has no series"
    assert stalled(metrics) == []


def test_census_shows_only_what_this_process_answers_for() -> None:
    """Two replicas with a shard each would otherwise count what moved between them twice."""
    mine = {"shop"}
    metrics = Metrics(ours=lambda namespace: namespace in mine)
    metrics.census.note("Widget", ("shop", "a"), READY)
    metrics.census.note("Widget", ("bank", "a"), STALLED)
    assert by_state(metrics, "bank")["stalled"] is None
    assert stalled(metrics) == []
    mine.add("bank")
    assert by_state(metrics, "bank")["stalled"] == 1
    assert stalled(metrics) == [("a", "Conflict")]


def test_census_names_no_more_than_a_limit() -> None:
    metrics = Metrics()
    for number in range(NAMED + 1):
        metrics.census.note("Widget", ("shop", f"w{number:04}"), STALLED)
    assert [name for name, _ in stalled(metrics)] == [f"w{number:04}" for number in range(NAMED)]
    assert by_state(metrics, "shop")["stalled"] == NAMED + 1, "the count knows all of them"
