"""Health checks: a Docker check as a ContainerWorkload's, which counts it as Docker does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from wharfinger.api.resource import Object
from wharfinger.api.status import Finding
from wharfinger.compose.durations import given
from wharfinger.compose.part import Part, Service
from wharfinger.compose.rows import Row

_DEFAULTS: Final = (
    ("interval", "interval", "30s"),
    ("timeout", "timeout", "30s"),
    ("startPeriod", "start_period", "0s"),
    ("startInterval", "start_interval", "5s"),
)
"""Field, Docker's name, Docker's default. 0 is taken for the default too, as Docker does."""

ROWS: Final = (
    Row(
        "services.*.healthcheck.test",
        "honoured",
        "`spec.healthCheck.exec`: `CMD` as it is, `CMD-SHELL` and a text by `/bin/sh -c`; `NONE` turns checks off. "
        "In a stack an unhealthy task ends, as Swarm has it; else it is taken out of what is published",
    ),
    Row("services.*.healthcheck.disable", "honoured", "no checks"),
    Row("services.*.healthcheck.interval", "honoured", "`interval`; 30s if absent"),
    Row("services.*.healthcheck.timeout", "honoured", "`timeout`; 30s if absent"),
    Row("services.*.healthcheck.retries", "honoured", "`retries`; 3 if absent"),
    Row("services.*.healthcheck.start_period", "honoured", "`startPeriod`: failures in it do not count; 0s if absent"),
    Row("services.*.healthcheck.start_interval", "honoured", "`startInterval`; 5s if absent"),
    Row(
        "services.*.healthcheck",
        "partly",
        "`spec.healthCheck`; without a `test` it speaks of the image's own, which Kubernetes cannot see: a finding",
    ),
)


def part(service: Service) -> Part:
    """The check."""
    check: Object = service.data.get("healthcheck") or {}
    if not check:
        return Part()
    test: list[str] = check.get("test") or []
    if check.get("disable") or test[:1] == ["NONE"]:
        return Part(spec={"healthCheck": {"enabled": False}})
    if not test:
        return Part(findings=tuple(_findings(service)))
    return Part(spec={"healthCheck": _check(check, test, restart=service.context.dialect == "stack")})


def _check(check: Object, test: list[str], *, restart: bool) -> Object:
    made: Object = {"exec": {"command": _command(test)}, "retries": int(check.get("retries") or 3)}
    made |= {field: given(check, name) or default for field, name, default in _DEFAULTS}
    return made | ({"onUnhealthy": "restart"} if restart else {})


def _command(test: list[str]) -> list[str]:
    kind, *words = test
    if kind == "CMD":
        return words
    return ["/bin/sh", "-c", " ".join(words) if kind == "CMD-SHELL" else " ".join(test)]


def _findings(service: Service) -> Iterator[Finding]:
    message = "has no `test`, and Kubernetes does not see the image's HEALTHCHECK: write the test here"
    yield service.finding("healthcheck", "warning", "CheckOfImage", message)
