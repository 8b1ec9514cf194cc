"""A pod template in a workload's words: the short form where it says the same, `pod` for all the rest.

Nothing is translated by rules that could be wrong: each short form is rendered, and kept if the original comes out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pydantic import ValidationError

from wharfinger.api.containerworkload import ContainerWorkloadSpec, HealthCheck, Workload
from wharfinger.api.resource import Object
from wharfinger.cli.compare import differences
from wharfinger.cli.importing.defaults import plain_pod
from wharfinger.cli.importing.overlay import overlay
from wharfinger.render.pod_template import pod_spec
from wharfinger.render.probes import NEVER, probes
from wharfinger.render.values import present

PROBES = ("startupProbe", "readinessProbe", "livenessProbe")


def short_form(wanted: Object, name: str) -> Object:
    """What of a plain PodSpec the short form says, apart from ports. The first container is the main one."""
    main = wanted["containers"][0]
    account = wanted.get("serviceAccountName")
    return present(
        image=main.get("image"),
        containerName=None if main["name"] == name else main["name"],
        imagePullPolicy=main.get("imagePullPolicy"),
        imagePullSecrets=wanted.get("imagePullSecrets"),
        command=main.get("command"),
        args=main.get("args"),
        workingDir=main.get("workingDir"),
        env=main.get("env"),
        envFrom=main.get("envFrom"),
        resources=main.get("resources"),
        healthCheck=health_check({field: main[field] for field in PROBES if field in main}),
        serviceAccount={"name": account} if account else None,
    )


def completed(spec: Object, wanted: Object, *, name: str) -> tuple[Object, list[str]]:
    """`spec` with `pod` and whatever defaults it takes off, so that `wanted` comes out; and where it does not.

    Of our production defaults those stay on that change nothing.
    """
    *_, last = tried = [*_candidates(spec, wanted, name)]
    for candidate in tried:
        if rendered(candidate, name) == wanted:
            return candidate, []
    return last, [each.at("spec") for each in differences(wanted, rendered(last, name))]


def _candidates(spec: Object, wanted: Object, name: str) -> Iterator[Object]:
    spread = {} if spec.get("mode") == "cron" else {"spread": {"enabled": False}}
    for defaults in ({}, {"security": {"restricted": False}}):
        tried = spec | spread | defaults
        if over := overlay(rendered(tried, name), wanted):
            tried["pod"] = over
        yield tried


def rendered(spec: Object, name: str) -> Object:
    """The PodSpec that a workload's spec means, plain."""
    workload = Workload(
        name=name, namespace="", spec=ContainerWorkloadSpec.model_validate(spec), labels={}, annotations={}
    )
    return plain_pod(pod_spec(workload, {}))


def health_check(wanted: Mapping[str, Object]) -> Object | None:
    """The `healthCheck` that becomes exactly these probes; None where no one does."""
    for candidate in _checks(wanted):
        if _probes(candidate) == wanted:
            return candidate
    return None


def _probes(check: Object) -> Object | None:
    """The plain probes that a `healthCheck` means; None for one that is out of bounds."""
    try:
        made = probes(HealthCheck.model_validate(check))
    except ValidationError:
        return None
    return plain_pod(made)


def _checks(wanted: Mapping[str, Object]) -> Iterator[Object]:
    ready = wanted.get("readinessProbe")
    if ready is None:
        return
    handlers = {key: ready[key] for key in ("httpGet", "tcpSocket", "exec", "grpc") if key in ready}
    interval, retries = ready.get("periodSeconds", 10), ready.get("failureThreshold", 3)
    check = handlers | {"interval": f"{interval}s", "timeout": f"{ready.get('timeoutSeconds', 1)}s", "retries": retries}
    start = wanted.get("startupProbe")
    every = start.get("periodSeconds", 10) if start else interval
    if "livenessProbe" in wanted and start:
        period = start.get("failureThreshold", 3) * every - retries * interval
        if period >= 0:
            yield check | {"startInterval": f"{every}s", "startPeriod": f"{period}s", "onUnhealthy": "restart"}
    elif "livenessProbe" not in wanted and (start is None or start.get("failureThreshold") == NEVER):
        yield check | {"startInterval": f"{every}s"}
