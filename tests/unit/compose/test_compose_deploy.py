"""`deploy` by Swarm's rules (swarm.md), and `replicas` in both dialects."""

from __future__ import annotations

from typing import Any

import pytest
from compose_cases import converted, reasons, workloads

from wharfinger.api.containerworkload import ContainerWorkloadSpec
from wharfinger.api.tasks import TasksBlock
from wharfinger.compose.convert import Conversion


def _found(deploy: str, **options: Any) -> Conversion:
    return converted(f"services: {{web: {{image: web, deploy: {deploy}}}}}", **options)


def _spec(deploy: str, **options: Any) -> ContainerWorkloadSpec:
    found = _found(deploy, **options)
    assert not found.refused, found.findings
    return ContainerWorkloadSpec.model_validate(workloads(found)["web"])


def _tasks(deploy: str) -> TasksBlock:
    tasks = _spec(deploy, dialect="stack").tasks
    assert tasks
    return tasks


@pytest.mark.parametrize("replicas", [0, 1, 5])
@pytest.mark.parametrize("dialect", ["compose", "stack"])
def test_replicas_are_as_many_as_are_written(dialect: str, replicas: int) -> None:
    """compose.md 1.7: kompose makes one of none, Compose Bridge one of five."""
    assert _spec(f"{{replicas: {replicas}}}", dialect=dialect).replicas == replicas


def test_scale_counts() -> None:
    """compose.md 1.2: kompose makes one pod of `scale: 3`."""
    found = converted("services: {web: {image: web, scale: 3}}")
    assert workloads(found)["web"]["replicas"] == 3


@pytest.mark.parametrize("mode", ["replicated", "global", "replicated-job", "global-job"])
def test_modes_are_swarms(mode: str) -> None:
    assert _tasks(f"{{mode: {mode}}}").scheduling == mode


def test_what_is_not_written_has_swarms_defaults() -> None:
    """swarm.md 4.1."""
    tasks = _tasks("{update_config: {order: stop-first}, restart_policy: {condition: any}}")
    assert tasks.update
    update, restart = tasks.update, tasks.restart
    assert (update.parallelism, update.delay, update.failure_action) == (1, "0s", "pause")
    assert (update.monitor, update.max_failure_ratio) == ("5s", 0)
    assert (restart.delay, restart.max_attempts, restart.window) == ("5s", 0, "0s")


def test_none_at_a_time_is_all_at_once() -> None:
    """swarm.md 4.1: parallelism 0."""
    tasks = _tasks("{update_config: {parallelism: 0}, rollback_config: {parallelism: 0}}")
    assert tasks.update
    assert tasks.rollback
    assert (tasks.update.parallelism, tasks.rollback.parallelism) == (0, 0)


def test_no_delay_is_not_the_default_delay() -> None:
    """swarm.md 4.1: `0s` is honoured."""
    assert _tasks("{restart_policy: {delay: 0s}}").restart.delay == "0s"


def test_managers_take_tasks() -> None:
    """swarm.md 4.4: unless a constraint keeps them away."""
    assert _tasks("{mode: global}").placement.control_plane


@pytest.mark.parametrize(
    ("deploy", "path", "reason"),
    [
        ("{mode: global, replicas: 2}", "replicas", "ReplicasOfGlobal"),
        ("{mode: replicated-job, update_config: {parallelism: 2}}", "update_config", "JobNotUpdated"),
        ("{mode: everywhere}", "mode", "ValueUnknown"),
        ("{restart_policy: {condition: always}}", "restart_policy.condition", "ValueUnknown"),
        ("{rollback_config: {failure_action: rollback}}", "rollback_config.failure_action", "ValueUnknown"),
        ("{placement: {constraints: ['a = b']}}", "placement.constraints[0]", "InvalidConstraint"),
    ],
)
def test_what_swarm_refuses_is_refused(deploy: str, path: str, reason: str) -> None:
    """swarm.md 4.2 (9), 4.4; compose.md 1.7."""
    found = _found(deploy, dialect="stack")
    assert found.refused
    assert reasons(found)[f"services.web.deploy.{path}"] == reason


def test_swarms_words_are_told_where_a_project_is_said_to_be_composes() -> None:
    found = _found(
        "{mode: global, update_config: {parallelism: 2}, placement: {constraints: ['a==b']}}", dialect="compose"
    )
    assert not found.refused
    assert workloads(found)["web"]["mode"] == "service"
    told = reasons(found)
    assert {told[f"services.web.deploy.{name}"] for name in ("mode", "update_config", "placement")} == {"SwarmOnly"}


def test_templates_reach_the_tasks_as_they_are_written() -> None:
    """swarm.md 4.5: Swarm expands them for each task, and so does mode tasks."""
    found = converted(
        "services: {web: {image: web, hostname: 'web-{{.Task.Slot}}', environment: {NODE: '{{.Node.Hostname}}'}}}",
        dialect="stack",
    )
    spec = workloads(found)["web"]
    assert spec["pod"]["hostname"] == "web-{{.Task.Slot}}"
    assert spec["env"] == [{"name": "NODE", "value": "{{.Node.Hostname}}"}]
    assert spec["tasks"]["serviceName"] == "shop_web"
