"""``depends_on``: what is waited for, what is only said, in both dialects and without an operator."""

from __future__ import annotations

from typing import Any

from compose_cases import converted, reasons, workloads

DB = "{image: db}"


def document(depends_on: str, *, db: str = DB, more: str = "") -> str:
    return f"services:\n  web: {{image: web, depends_on: {depends_on}}}\n  db: {db}\n{more}"


def ordered(text: str, **options: Any) -> Any:
    return workloads(converted(text, **options))["web"].get("dependsOn")


def told(text: str, **options: Any) -> str:
    """The reason of what is said about ``depends_on.db``; empty if nothing is."""
    return reasons(converted(text, **options)).get("services.web.depends_on.db", "")


def test_the_short_form_waits_for_the_start() -> None:
    assert ordered(document("[db]")) == [{"name": "db"}]


def test_conditions_restart_and_required() -> None:
    form = "{db: {condition: service_healthy, restart: true, required: false}}"
    expected = {"name": "db", "condition": "Healthy", "restart": True, "required": False}
    assert ordered(document(form)) == [expected]


def test_names_are_those_of_the_workloads() -> None:
    assert ordered("services:\n  web: {image: web, depends_on: [my_db]}\n  my_db: {image: db}\n") == [{"name": "my-db"}]


def test_who_is_waited_for_to_its_end_is_a_job() -> None:
    form = "{db: {condition: service_completed_successfully}}"
    limits = {'"no"': 0, "on-failure:3": 3, "on-failure": 2**31 - 1}
    for restart, limit in limits.items():
        found = workloads(converted(document(form, db=f"{{image: db, restart: {restart}}}")))
        assert found["web"]["dependsOn"] == [{"name": "db", "condition": "Completed"}]
        assert (found["db"]["mode"], found["db"]["job"]) == ("job", {"backoffLimit": limit})


def test_what_is_restarted_for_ever_never_completes() -> None:
    form = "{db: {condition: service_completed_successfully}}"
    assert told(document(form, db="{image: db, restart: always}")) == "NeverCompletes"


def test_a_dependency_whose_profile_is_off_is_left_out() -> None:
    text = document("{db: {condition: service_started, required: false}}", db="{image: db, profiles: [dev]}")
    assert ordered(text) is None
    assert told(text) == "DependencyAbsent"
    assert ordered(text, profiles=["dev"]) == [{"name": "db", "required": False}]


def test_a_stack_has_no_order_as_in_swarm_unless_it_asks_for_one() -> None:
    assert ordered(document("[db]"), dialect="stack") is None
    assert told(document("[db]"), dialect="stack") == "NotOrdered"
    swarm = "  other: {image: other, deploy: {update_config: {parallelism: 2}}}\n"
    asked = document("{db: {condition: service_healthy}}", more=swarm)
    assert ordered(asked) == [{"name": "db", "condition": "Healthy"}]
    assert told(asked) == ""


def test_without_an_operator_nothing_waits_and_that_is_said() -> None:
    assert ordered(document("[db]"), operator=False) is None
    assert told(document("[db]"), operator=False) == "NotWaitedFor"
