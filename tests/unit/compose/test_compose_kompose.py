"""Labels that people gave their services for kompose (kompose.io/user-guide/#labels)."""

from __future__ import annotations

from typing import Any

import pytest
from compose_cases import converted, objects, reasons, workloads

from wharfinger.api.containerworkload import ContainerWorkloadSpec
from wharfinger.compose.convert import Conversion


def _found(labels: str, more: str = "restart: always", **options: Any) -> Conversion:
    return converted(f"services: {{web: {{image: w, {more}, labels: {{{labels}}}}}}}", **options)


def _spec(labels: str, more: str = "restart: always") -> dict[str, Any]:
    found = _found(labels, more)
    assert not found.refused, found.findings
    assert "KomposeLabel" not in reasons(found).values()
    spec = workloads(found)["web"]
    ContainerWorkloadSpec.model_validate(spec)
    return spec


@pytest.mark.parametrize(
    ("label", "mode"), [("deployment", "service"), ("DaemonSet", "daemon"), ("statefulset", "stateful")]
)
def test_a_controller_is_a_mode(label: str, mode: str) -> None:
    assert _spec(f"kompose.controller.type: {label}")["mode"] == mode


def test_a_schedule_makes_a_cron_job_whatever_is_restarted() -> None:
    labels = "kompose.cronjob.schedule: '*/5 * * * *', kompose.cronjob.backoff_limit: '1'"
    for restart in ('restart: "no"', "restart: on-failure", "restart: always"):
        spec = _spec(labels, restart)
        assert (spec["mode"], spec["cron"]["schedule"], spec["job"]) == ("cron", "*/5 * * * *", {"backoffLimit": 1})


def test_a_schedule_that_is_none_is_refused() -> None:
    found = _found("kompose.cronjob.schedule: nightly")
    assert found.refused
    assert reasons(found)["services.web.labels.kompose.cronjob.schedule"] == "ValueUnknown"


@pytest.mark.parametrize(
    ("written", "command"),
    [
        ('["/a", "b c"]', ["/a", "b c"]),
        ("['/a', 'b c']", ["/a", "b c"]),
        ('/a "b c"', ["/a", "b c"]),
        ("a 'b", ["a", "'b"]),
    ],
)
def test_a_command_of_an_init_container_is_a_list_or_words(written: str, command: list[str]) -> None:
    quoted = written.replace("'", "''")
    labels = f"kompose.init.containers.image: i, kompose.init.containers.command: '{quoted}'"
    [container] = _spec(labels)["pod"]["initContainers"]
    assert container == {"name": "init", "image": "i", "command": command}


@pytest.mark.parametrize(
    ("label", "kind"), [("nodeport", "NodePort"), ("ClusterIP", "ClusterIP"), ("loadbalancer", "LoadBalancer")]
)
def test_the_type_is_that_of_what_is_published(label: str, kind: str) -> None:
    found = _found(f"kompose.service.type: {label}", "restart: always, ports: ['80:80']")
    assert objects(found, "Service")["web-published"]["spec"]["type"] == kind
    assert objects(found, "Service")["web"]["spec"]["clusterIP"] == "None"


@pytest.mark.parametrize(
    "label",
    [
        "service.type: nodeport",
        "service.nodeport.port: '30080'",
        "service.external-traffic-policy: local",
        "image-pull-policy: sometimes",
        "security-context.fsgroup: staff",
        "controller.type: replicaset",
        "service.expose: 'true'",
    ],
)
def test_what_cannot_be_done_is_told(label: str) -> None:
    """Here: nothing is published, or the value is none that is known."""
    found = _found(f"kompose.{label}")
    assert reasons(found)[f"services.web.labels.kompose.{label.partition(':')[0]}"] == "KomposeLabel"


def test_swarms_rules_win_over_a_controller() -> None:
    found = _found("kompose.controller.type: daemonset", "restart: always", dialect="stack")
    assert workloads(found)["web"]["mode"] == "tasks"
    assert reasons(found)["services.web.labels.kompose.controller.type"] == "KomposeLabel"


@pytest.mark.parametrize(
    ("written", "rules"),
    [
        ("true", [(None, "/")]),
        ("shop.example.com", [("shop.example.com", "/")]),
        ("a.example.com/api, *.example.com", [("a.example.com", "/api"), ("*.example.com", "/")]),
    ],
)
def test_what_is_exposed_has_an_ingress(written: str, rules: list[tuple[str | None, str]]) -> None:
    labels = f"kompose.service.expose: '{written}', kompose.service.expose.tls-secret: tls"
    found = _found(labels, "restart: always, ports: ['80:8080']", defaults={"ingress_class": "nginx"})
    assert "KomposeLabel" not in reasons(found).values()
    spec = objects(found, "Ingress")["web"]["spec"]
    assert [(rule.get("host"), rule["http"]["paths"][0]["path"]) for rule in spec["rules"]] == rules
    assert {rule["http"]["paths"][0]["backend"]["service"]["name"] for rule in spec["rules"]} == {"web-published"}
    assert (spec["ingressClassName"], spec["tls"][0]["secretName"]) == ("nginx", "tls")
    assert objects(found, "Service")["web-published"]["spec"]["type"] == "ClusterIP"


def test_a_class_of_its_own_wins_and_a_host_that_is_none_is_told() -> None:
    more = "restart: always, ports: ['80:8080']"
    own = "kompose.service.expose: 'true', kompose.service.expose.ingress-class-name: own"
    assert (
        objects(_found(own, more, defaults={"ingress_class": "n"}), "Ingress")["web"]["spec"]["ingressClassName"]
        == "own"
    )
    wrong = _found("kompose.service.expose: 'Not A Host'", more)
    assert not objects(wrong, "Ingress")
    assert reasons(wrong)["services.web.labels.kompose.service.expose"] == "KomposeLabel"
