"""Docker's health check, as probes."""

from __future__ import annotations

from typing import Any

import pytest

from wharfinger.api.containerworkload import HealthCheck
from wharfinger.render.probes import NEVER, probes


def _probes(**fields: Any) -> dict[str, Any]:
    return probes(HealthCheck.model_validate({"tcpSocket": {"port": 80}, **fields}))


def test_no_check_is_no_probe() -> None:
    assert probes(None) == {}
    assert probes(HealthCheck(enabled=False)) == {}


def test_unready_never_restarts() -> None:
    made = _probes(onUnhealthy="unready", startPeriod="0s", retries=1)
    assert "livenessProbe" not in made
    assert made["startupProbe"]["failureThreshold"] == NEVER


def test_restart_restarts_once_started() -> None:
    made = _probes(onUnhealthy="restart", interval="5s", retries=4)
    assert made["livenessProbe"] == made["readinessProbe"]
    assert (made["livenessProbe"]["periodSeconds"], made["livenessProbe"]["failureThreshold"]) == (5, 4)


@pytest.mark.parametrize(
    ("start_period", "interval", "retries", "start_interval", "failures"),
    [
        ("30s", "10s", 3, "5s", 12),  # 30 s that do not count, then three checks 10 s apart
        ("0s", "10s", 3, "10s", 3),
        ("1s", "1s", 1, "2s", 1),
        ("31s", "10s", 1, "4s", 11),  # rounded up: never before Docker would
    ],
)
def test_restart_of_what_never_started_comes_when_docker_says_unhealthy(
    start_period: str, interval: str, retries: int, start_interval: str, failures: int
) -> None:
    made = _probes(
        onUnhealthy="restart",
        startPeriod=start_period,
        interval=interval,
        retries=retries,
        startInterval=start_interval,
    )
    assert made["startupProbe"]["failureThreshold"] == failures


def test_first_checks_come_at_a_fifth_of_the_interval() -> None:
    assert _probes(interval="10s")["startupProbe"]["periodSeconds"] == 2


def test_no_startup_probe_where_it_would_check_no_sooner() -> None:
    assert set(_probes(interval="1s")) == {"readinessProbe"}


def test_fractions_of_a_second_are_rounded_up() -> None:
    made = _probes(interval="1500ms", timeout="200ms")["readinessProbe"]
    assert (made["periodSeconds"], made["timeoutSeconds"]) == (2, 1)
