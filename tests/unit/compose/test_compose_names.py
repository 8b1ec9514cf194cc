"""Any legal name of Compose gives a legal name of Kubernetes, always the same, and never that of another service."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from wharfinger.compose import names

LEGAL = re.compile(r"[a-z]([-a-z0-9]{0,50}[a-z0-9])?")
NAMES = st.from_regex(r"[a-zA-Z0-9._-]{1,80}", fullmatch=True)
ALIKE = st.lists(st.text(alphabet="aA._-1", min_size=1, max_size=4), min_size=1, max_size=12, unique=True)


@given(st.one_of(ALIKE, st.lists(NAMES, min_size=1, max_size=8, unique=True)))
@example(["web_app", "web-app", "Web.App", "web-app-1c5db5"])
@example(["a" * 70, "a" * 71])
def test_names_are_legal_and_of_one_service_each(services: list[str]) -> None:
    made = names.workloads(services)
    assert list(made) == services
    assert all(LEGAL.fullmatch(name) for name in made.values())
    assert len(set(made.values())) == len(services)


@given(st.lists(NAMES, min_size=1, max_size=8, unique=True))
def test_names_do_not_depend_on_the_order(services: list[str]) -> None:
    assert names.workloads(services) == names.workloads(reversed(services))


@pytest.mark.parametrize(
    ("service", "workload"),
    [("web", "web"), ("Web_App.1", "web-app-1"), ("1st", "s-1st"), ("_", "x"), ("a" * 52, "a" * 52)],
)
def test_a_name_stays_as_near_as_it_can(service: str, workload: str) -> None:
    assert names.workloads([service]) == {service: workload}


def test_a_name_that_looks_like_a_hash_is_left_to_its_service() -> None:
    [hashed] = {names.workloads(["web_app", "web-app"])["web_app"]}
    made = names.workloads(["web_app", "web-app", hashed])
    assert made[hashed] == hashed
    assert len(set(made.values())) == 3


def test_a_name_that_is_legal_already_is_left_to_its_service() -> None:
    made = names.workloads(["web_app", "web-app"])
    assert made["web-app"] == "web-app"
    assert made["web_app"].startswith("web-app-")
