"""What holds of workloads that depend on one another, in whatever order they come, change, fail, and operators die."""

from __future__ import annotations

from typing import Any

from dependency_simulator import Cluster, Sim
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wharfinger.api.resource import Object

NAMES = ("a", "b", "c", "d")
LONG = 30
"""Ticks: longer than the progress deadline."""

names = st.sampled_from(NAMES)
deaths = st.sampled_from(("at once", "persisted", "written"))
images = st.sampled_from(("good-1", "good-2", "good-3"))
steps = st.one_of(
    st.tuples(st.just("apply"), names, st.none()),
    st.tuples(st.just("apply"), names, images),
    st.tuples(st.just("dies"), names, deaths),
    st.tuples(st.just("sick"), names, st.booleans()),
    st.tuples(st.just("tick"), st.permutations(NAMES), st.none()),
)
schedules = st.lists(steps, max_size=25)
quiet = settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow], deadline=None)


@st.composite
def clusters(draw: Any, *, required: bool | None = None) -> Cluster:
    """Each may depend on those before it: any graph without a cycle."""
    sims = {}
    for index, name in enumerate(NAMES):
        chosen = draw(st.sets(st.sampled_from(NAMES[:index]))) if index else set()
        sims[name] = Sim(name, [draw(_need(each, required)) for each in sorted(chosen)])
    return Cluster(sims)


def _need(name: str, required: bool | None) -> st.SearchStrategy[Object]:
    return st.fixed_dictionaries(
        {
            "name": st.just(name),
            "condition": st.sampled_from(("Started", "Healthy")),
            "restart": st.booleans(),
            "required": st.booleans() if required is None else st.just(required),
        }
    )


def play(cluster: Cluster, schedule: list[tuple[str, Any, Any]]) -> None:
    for what, who, how in schedule:
        if what == "apply":
            cluster.apply(who, how)
        elif what == "dies":
            cluster.reconcile(who, how)
        elif what == "sick":
            cluster.sims[who].sick = how
        else:
            cluster.tick(who)


def said(sim: Sim, kind: str) -> bool:
    return any(each["type"] == kind and each["status"] == "True" for each in sim.status.get("conditions", ()))


@given(clusters(required=True), schedules)
@quiet
def test_nothing_is_started_for_the_first_time_before_what_it_depends_on(cluster, schedule):
    play(cluster, schedule)
    for sim in cluster.sims.values():
        assert all(there for _, there in sim.starts[:1])


@given(clusters(), schedules)
@quiet
def test_in_the_end_all_of_it_runs_as_it_was_asked_for(cluster, schedule):
    """No deadlock, wherever an operator died and in whatever order they were applied."""
    play(cluster, [step for step in schedule if step[0] != "sick"])
    for name in NAMES:
        cluster.apply(name)
    for _ in range(LONG):
        cluster.tick()
    for sim in cluster.sims.values():
        assert said(sim, "Ready"), sim.status
        assert sim.runs() == sim.image


@given(clusters(), schedules)
@quiet
def test_at_rest_nothing_changes_any_more(cluster, schedule):
    play(cluster, schedule)
    for _ in range(LONG):
        cluster.tick()
    before = [(sim.status, sim.live, sim.records, sim.starts[:]) for sim in cluster.sims.values()]
    for _ in range(3):
        cluster.tick()
    assert [(sim.status, sim.live, sim.records, sim.starts) for sim in cluster.sims.values()] == before


@given(clusters(required=True), schedules)
@quiet
def test_what_cannot_start_holds_all_that_comes_after_it_and_says_so(cluster, schedule):
    cluster.sims["a"].image = "bad-1"
    play(cluster, [step for step in schedule if step[:2] != ("apply", "a")])
    for name in NAMES:
        cluster.apply(name)
    for _ in range(LONG):
        cluster.tick()
    for sim in cluster.sims.values():
        after = [each for each in sim.needs if each["name"] == "a" and each["condition"] == "Healthy"]
        if after:
            assert sim.live is None
            assert said(sim, "Stalled" if said(cluster.sims["a"], "Stalled") else "Reconciling")


@given(clusters(), schedules, st.sampled_from(NAMES))
@quiet
def test_what_runs_is_left_alone_when_another_falls_sick(cluster, schedule, victim):
    play(cluster, [step for step in schedule if step[0] != "sick"])
    for name in NAMES:
        cluster.apply(name)
    for _ in range(LONG):
        cluster.tick()
    running = {name: (sim.live, sim.made) for name, sim in cluster.sims.items()}
    cluster.sims[victim].sick = True
    for _ in range(LONG):
        cluster.tick()
    assert {name: (sim.live, sim.made) for name, sim in cluster.sims.items()} == running
