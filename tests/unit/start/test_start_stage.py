"""A task's pod with its containers in their order, and what is said of an order that cannot be."""

from __future__ import annotations

import json
from typing import Any

import pytest

from wharfinger.api.containerworkload import ContainerWorkloadSpec, HealthCheck, Workload
from wharfinger.api.labels import SPARE_ANNOTATION, UNHEALTHY_AFTER_ANNOTATION
from wharfinger.api.resource import Object
from wharfinger.render import Template, template
from wharfinger.render.findings.containers import order_findings
from wharfinger.render.probes import NEVER, unhealthy_after
from wharfinger.render.start import needs_program, staged, supplied

IMAGE = "registry.example.com/wharfinger:1"
CHECK = {"readinessProbe": {"exec": {"command": ["true"]}, "periodSeconds": 5, "failureThreshold": 2}}


def _workload(containers: list[Object], **spec: Any) -> Workload:
    given = {"mode": "tasks", "image": "web:1", "tasks": {"containers": containers}, **spec}
    return Workload(
        name="web", namespace="shop", spec=ContainerWorkloadSpec.model_validate(given), labels={}, annotations={}
    )


def _pod(*names: str, **more: Object) -> Object:
    containers = [{"name": name, "image": f"{name}:1", "command": ["run", name], "args": ["-v"]} for name in names]
    return {"containers": [each | more.get(each["name"], {}) for each in containers]}


def _on(name: str, condition: str) -> Object:
    return {"containerName": name, "condition": condition}


def _settings(pod: Object, name: str) -> Object:
    [container] = [each for each in pod["containers"] if each["name"] == name]
    told: Object = json.loads(container["command"][2].replace("$$(", "$("))
    return told


def _said(containers: list[Object], pod: Object) -> list[tuple[str, str]]:
    return [(each.reason, each.path) for each in order_findings(_workload(containers), pod)]


def test_a_pod_that_asks_for_nothing_is_left_alone() -> None:
    pod = _pod("web", "helper")
    assert staged(_workload([{"name": "helper", "essential": False}]), pod) == pod


def test_what_all_others_need_to_have_succeeded_is_a_native_init_container() -> None:
    pod = _pod("web", "migrate", "seed", migrate=CHECK)
    order = [
        {"name": "web", "dependsOn": [_on("migrate", "SUCCESS"), _on("seed", "SUCCESS")]},
        {"name": "migrate", "essential": False},
        {"name": "seed", "essential": False, "dependsOn": [_on("migrate", "SUCCESS")]},
    ]
    made = staged(_workload(order), pod)
    assert [each["name"] for each in made["initContainers"]] == ["migrate", "seed"]
    assert "readinessProbe" not in made["initContainers"][0]
    assert [each["name"] for each in made["containers"]] == ["web"]
    assert made["containers"][0]["command"] == ["run", "web"]
    assert _said(order, pod) == []


@pytest.mark.parametrize(
    "other",
    [
        {"name": "migrate", "essential": False, "stopTimeout": "5s"},
        {"name": "migrate", "essential": False, "startTimeout": "5s"},
        {"name": "migrate", "essential": False, "restartPolicy": {}},
        {"name": "migrate", "essential": False, "ulimits": [{"name": "core", "softLimit": 0, "hardLimit": 0}]},
    ],
)
def test_what_an_init_container_cannot_do_is_done_by_the_start_program(other: Object) -> None:
    order = [{"name": "web", "dependsOn": [_on("migrate", "SUCCESS")]}, other]
    made = staged(_workload(order), _pod("web", "migrate"))
    assert [each["name"] for each in made["initContainers"]] == ["wharfinger-start"]
    assert _settings(made, "web")["dependsOn"][0]["condition"] == "SUCCESS"


def test_an_init_container_must_come_before_every_other_container() -> None:
    """`helper` does not wait for it, so that Kubernetes' order would be another one than the document's."""
    order = [{"name": "web", "dependsOn": [_on("migrate", "SUCCESS")]}, {"name": "migrate", "essential": False}]
    made = staged(_workload(order), _pod("web", "migrate", "helper"))
    assert [each["name"] for each in made["containers"]] == ["web", "migrate", "helper"]
    assert made["containers"][2] == _pod("helper")["containers"][0]


def test_the_start_program_is_told_all_that_a_container_must_know() -> None:
    order = [
        {"name": "web", "dependsOn": [_on("db", "HEALTHY"), _on("log", "COMPLETE")], "stopTimeout": "1m"},
        {"name": "db", "stopTimeout": "20s", "startTimeout": "90s"},
        {
            "name": "log",
            "essential": False,
            "restartPolicy": {"ignoredExitCodes": [3], "restartAttemptPeriod": "60s"},
            "ulimits": [{"name": "nofile", "softLimit": 10, "hardLimit": -1}],
        },
    ]
    made = staged(_workload(order), _pod("web", "db", "log", db=CHECK))
    assert _settings(made, "web") == {
        "directory": "/wharfinger/start",
        "name": "web",
        "dependsOn": [
            {"name": "db", "condition": "HEALTHY", "timeout": 90.0},
            {"name": "log", "condition": "COMPLETE"},
        ],
        "essential": ["web", "db"],
        "stopTimeout": 60,
    }
    assert _settings(made, "db") == {
        "directory": "/wharfinger/start",
        "name": "db",
        "dependents": ["web"],
        "essential": ["web", "db"],
        "stopTimeout": 20,
        "check": {"exec": ["true"], "interval": 5, "timeout": 1},
    }
    log = _settings(made, "log")
    assert log["restart"] == {"ignoredExitCodes": [3], "attemptPeriod": 60.0}
    assert log["limits"] == [{"name": "nofile", "soft": 10, "hard": -1}]
    assert made["containers"][0]["args"] == ["run", "web", "-v"]
    assert made["terminationGracePeriodSeconds"] == 60 + 30 + 2, "the longest chain: web, then log, in their own times"


def test_probes_do_not_end_a_container_that_waits() -> None:
    order = [{"name": "web", "dependsOn": [_on("db", "START")]}]
    live = {"livenessProbe": {"tcpSocket": {"port": 80}}}
    [web, db] = staged(_workload(order), _pod("web", "db", web=live, db=live))["containers"]
    asked = ["/wharfinger/start/wharfinger-start", "started", "/wharfinger/start", "web"]
    assert web["startupProbe"]["exec"]["command"] == asked
    assert web["startupProbe"]["failureThreshold"] == NEVER
    assert "startupProbe" not in db

    own = {"startupProbe": {"tcpSocket": {"port": 80}, "failureThreshold": 3}}
    [web, _] = staged(_workload(order), _pod("web", "db", web=own))["containers"]
    assert web["startupProbe"] == {"tcpSocket": {"port": 80}, "failureThreshold": NEVER}
    assert _said(order, _pod("web", "db", web=own)) == [("ChecksWait", "spec.tasks.containers[0].dependsOn")]


def test_checks_by_http_and_named_ports_are_resolved() -> None:
    probe = {
        "readinessProbe": {"httpGet": {"path": "/up", "port": "http", "httpHeaders": [{"name": "Host", "value": "a"}]}},
        "ports": [{"name": "http", "containerPort": 8080}],
    }
    order = [{"name": "web", "dependsOn": [_on("db", "HEALTHY")]}]
    told = _settings(staged(_workload(order), _pod("web", "db", db=probe)), "db")["check"]
    assert told["http"] == "http://localhost:8080/up"
    assert told["headers"] == {"Host": "a"}
    assert told["interval"] == 10


def test_kubernetes_expands_nothing_in_the_settings() -> None:
    check_ = {"readinessProbe": {"exec": {"command": ["test", "$(HOME)"]}}}
    order = [{"name": "web", "dependsOn": [_on("db", "HEALTHY")]}]
    made = staged(_workload(order), _pod("web", "db", db=check_))
    assert "$$(HOME)" in made["containers"][1]["command"][2]
    assert _settings(made, "db")["check"]["exec"] == ["test", "$(HOME)"]


@pytest.mark.parametrize(
    ("containers", "pod", "reason", "path"),
    [
        ([{"name": "nope"}], _pod("web"), "UnknownContainer", "spec.tasks.containers[0].name"),
        (
            [{"name": "web", "dependsOn": [_on("nope", "START")]}],
            _pod("web"),
            "UnknownContainer",
            "spec.tasks.containers[0].dependsOn[0].containerName",
        ),
        (
            [{"name": "web", "dependsOn": [_on("web", "START")]}],
            _pod("web"),
            "DependencyCycle",
            "spec.tasks.containers[0].dependsOn[0].containerName",
        ),
        (
            [{"name": "web", "dependsOn": [_on("db", "START")]}, {"name": "db", "dependsOn": [_on("web", "START")]}],
            _pod("web", "db"),
            "DependencyCycle",
            "spec.tasks.containers",
        ),
        (
            [{"name": "web", "dependsOn": [_on("db", "SUCCESS")]}],
            _pod("web", "db"),
            "EssentialDependency",
            "spec.tasks.containers[0].dependsOn[0]",
        ),
        (
            [{"name": "web", "dependsOn": [_on("db", "HEALTHY")]}],
            _pod("web", "db"),
            "NoHealthCheck",
            "spec.tasks.containers[0].dependsOn[0]",
        ),
        ([{"name": "web", "essential": False}], _pod("web"), "NothingEssential", "spec.tasks.containers"),
        (
            [{"name": "web", "ulimits": [{"name": "core", "softLimit": 2, "hardLimit": 1}]}],
            _pod("web"),
            "InvalidUlimit",
            "spec.tasks.containers[0].ulimits[0].softLimit",
        ),
        (
            [{"name": "web", "dependsOn": [_on("db", "START")]}],
            _pod("web", "db", db={"command": []}),
            "CommandNeeded",
            "spec.tasks.containers",
        ),
    ],
)
def test_an_order_that_cannot_be_is_named(containers: list[Object], pod: Object, reason: str, path: str) -> None:
    assert (reason, path) in _said(containers, pod)


def test_todays_image_is_put_in_when_a_task_is_made() -> None:
    order = [{"name": "web", "dependsOn": [_on("db", "START")]}]
    made = staged(_workload(order), _pod("web", "db"))
    assert needs_program(made)
    ready = supplied(made, IMAGE)
    assert [each["image"] for each in ready["initContainers"]] == [IMAGE]
    assert not needs_program(ready)

    plain = _pod("web", "db")
    assert not needs_program(plain)
    assert supplied(plain, IMAGE) is plain


def test_the_order_is_part_of_a_revision_and_the_image_is_not() -> None:
    """A rollback goes back to the order that was, and an upgrade of the operator replaces no task."""
    waiting = _template([{"name": "web", "dependsOn": [_on("db", "START")]}])
    other = _template([{"name": "web", "dependsOn": [_on("db", "COMPLETE")]}, {"name": "db", "essential": False}])
    assert (
        len({waiting.hash, other.hash, _template([]).hash, _template([{"name": "db", "essential": False}]).hash}) == 4
    )
    assert needs_program(waiting.pod["spec"])
    assert other.pod["metadata"]["annotations"] == {SPARE_ANNOTATION: "db"}


def test_a_main_container_that_waits_is_not_unhealthy_by_the_clock() -> None:
    check = {"exec": {"command": ["true"]}}
    waits = _template([{"name": "web", "dependsOn": [_on("db", "START")]}], healthCheck=check)
    starts = _template([{"name": "db", "dependsOn": [_on("web", "START")]}], healthCheck=check)
    said = [each.pod["metadata"]["annotations"][UNHEALTHY_AFTER_ANNOTATION] for each in (waits, starts)]
    assert said == ["never", str(unhealthy_after(HealthCheck.model_validate(check)))]


def test_time_to_drain_is_beside_the_time_to_stop() -> None:
    drains = {"lifecycle": {"preStop": {"sleep": {"seconds": 5}}}}
    order = [
        {"name": "web", "dependsOn": [_on("db", "START")], "stopTimeout": "60s"},
        {"name": "db", "stopTimeout": "7s"},
    ]
    made = staged(_workload(order), _pod("web", "db", web=drains))
    assert made["terminationGracePeriodSeconds"] == 5 + 60 + 7 + 2


def _template(containers: list[Object], **spec: Any) -> Template:
    db = {"name": "db", "image": "db:1", "command": ["db"]}
    return template(_workload(containers, command=["web"], pod={"containers": [db]}, **spec))
