"""Services of one pod: `network_mode: service:…`, and what joins processes or memory (compose.md 1.4, 1.5)."""

from __future__ import annotations

from typing import Any

import pytest
from compose_cases import converted, objects, reasons, workloads
from hypothesis import given
from hypothesis import strategies as st

from wharfinger.compose.joining import hosts


def _pod(text: str) -> dict[str, Any]:
    """The only workload's pod."""
    found = converted(text)
    assert not found.refused, found.findings
    [spec] = workloads(found).values()
    pod: dict[str, Any] = spec["pod"]
    return pod


def _containers(pod: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {each["name"]: each for each in pod["containers"]}


def test_a_chain_of_services_is_one_pod_that_answers_to_all_their_names() -> None:
    """kompose merges them under one name, and loses the others (kompose#1846)."""
    found = converted("""
        services:
          a: {image: a}
          b: {image: b, network_mode: "service:a"}
          c: {image: c, network_mode: "service:b", ports: ["80:8080"]}
    """)
    [(name, spec)] = workloads(found).items()
    assert name == "a"
    assert list(_containers(spec["pod"])) == ["b", "c"]
    services = objects(found, "Service")
    assert set(services) == {"a", "b", "c", "c-published"}
    assert all(each["spec"]["selector"]["app.kubernetes.io/name"] == "a" for each in services.values())


def test_a_container_name_of_the_project_is_its_service() -> None:
    assert list(
        _containers(
            _pod("""
        services:
          a: {image: a, container_name: the-a}
          b: {image: b, network_mode: "container:the-a"}
    """)
        )
    ) == ["b"]


def test_memory_of_its_own_stays_its_own_and_a_volume_is_shared() -> None:
    pod = _pod("""
        services:
          a: {image: a, tmpfs: [/run], volumes: ["data:/one"]}
          b: {image: b, network_mode: "service:a", tmpfs: [/run], volumes: ["data:/two"]}
        volumes: {data: }
    """)
    mounts = {
        (name, mount["mountPath"]): mount["name"]
        for name, container in _containers(pod).items()
        for mount in container["volumeMounts"]
    }
    assert mounts["a", "/run"] != mounts["b", "/run"]
    assert mounts["a", "/one"] == mounts["b", "/two"]
    assert sorted(each["name"] for each in pod["volumes"]) == sorted(set(mounts.values()))


def test_what_a_pod_has_once_is_the_hosts_and_told() -> None:
    found = converted("""
        services:
          a: {image: a, restart: always}
          b: {image: b, restart: always, network_mode: "service:a", deploy: {replicas: 3}, hostname: b, scale: 3}
    """)
    assert "replicas" not in workloads(found)["a"]
    told = reasons(found)
    assert {told[f"services.b.{name}"] for name in ("deploy.replicas", "hostname", "scale")} == {"OneInPod"}
    assert "services.b.restart" not in told


@pytest.mark.parametrize(
    ("host", "guest", "shared"),
    [
        ("", "pid: 'service:a'", True),
        ("pid: host", "pid: 'service:a'", False),
        ("stop_signal: SIGINT", "pid: 'service:a'", False),
        ("", "ipc: 'service:a'", False),
    ],
)
def test_processes_are_shared_where_that_can_be(host: str, guest: str, shared: bool) -> None:
    """Kubernetes refuses hostPID with it, and a signal to process 1 would end the pod's own."""
    pod = _pod(f"services: {{a: {{image: a, {host}}}, b: {{image: b, {guest}}}}}")
    assert pod.get("shareProcessNamespace", False) is shared


def test_a_check_of_the_container_is_its_own() -> None:
    check = "{test: [CMD, /up], interval: 7s, timeout: 3s, retries: 4, start_interval: 2s}"
    pod = _pod(f"services: {{a: {{image: a}}, b: {{image: b, network_mode: 'service:a', healthcheck: {check}}}}}")
    probe = _containers(pod)["b"]["readinessProbe"]
    assert (probe["periodSeconds"], probe["timeoutSeconds"], probe["failureThreshold"]) == (7, 3, 4)
    assert _containers(pod)["b"]["startupProbe"]["periodSeconds"] == 2


def test_a_service_cannot_be_in_two_pods() -> None:
    found = converted("""
        services: {a: {image: a}, b: {image: b}, c: {image: c, network_mode: "service:a", pid: "service:b"}}
    """)
    assert found.refused
    assert reasons(found)["services.c.pid"] == "TwoPods"


@given(st.lists(st.integers(0, 7), min_size=1, max_size=8))
def test_every_guest_has_a_host_that_is_no_guest(joined: list[int]) -> None:
    """Whatever joins whatever, circles too."""
    services = {f"s{index}": {"network_mode": f"service:s{other}"} for index, other in enumerate(joined)}
    found = hosts(services)
    assert not set(found.values()) & set(found)
