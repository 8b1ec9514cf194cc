"""What to tell of a Stack: service by service, and as conditions. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from wharfinger.api.resource import Object
from wharfinger.api.stack import MAX_SERVICES, StackService
from wharfinger.compose.convert import ConvertedService
from wharfinger.engine.outcome import WriteError
from wharfinger.reconcilers.report import judged
from wharfinger.reconcilers.stack.conversion import Converted
from wharfinger.rollout import Verdict, stalled

Standing = Literal["well", "moving", "stuck"]
"""Of one workload, by the rules of kstatus."""

_NAMED: Final = 3
"""Services that a message names."""
_MESSAGE: Final = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """What there is of a Stack's objects, by name."""

    workloads: Mapping[str, Object]
    addresses: Mapping[str, Sequence[str]]
    """By workload: where load balancers publish it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What is not carried out while the Stack is suspended."""

    objects: int


def report(
    obj: Object,
    converted: Converted,
    live: Live,
    *,
    errors: Sequence[WriteError] = (),
    held: Held | None = None,
    now: datetime,
) -> Object:
    """The status of a Stack whose documents could be read."""
    services = [_service(each, live) for each in converted.services]
    standings = {each.name: standing(live.workloads.get(each.workload)) for each in converted.services}
    told = (
        sorted(services, key=lambda each: standings[each.name] == "well") if len(services) > MAX_SERVICES else services
    )
    return {
        "dialect": converted.dialect,
        "serviceCount": len(services),
        "readyServices": sum(each == "well" for each in standings.values()),
        "services": [each.to_json() for each in told[:MAX_SERVICES]],
    } | judged(obj, _verdicts(services, standings, errors, held), converted.findings, now=now)


def standing(workload: Object | None) -> Standing:
    """How a workload is, by its conditions at its present generation."""
    if workload is None or "deletionTimestamp" in workload["metadata"]:
        return "moving"
    status = workload.get("status") or {}
    if status.get("observedGeneration") != workload["metadata"]["generation"]:
        return "moving"
    said = {each["type"]: each["status"] for each in status.get("conditions") or ()}
    if said.get("Stalled") == "True":
        return "stuck"
    return "well" if said.get("Ready") == "True" else "moving"


def _service(service: ConvertedService, live: Live) -> StackService:
    workload = live.workloads.get(service.workload)
    if workload is None:
        return StackService(name=service.name, image=service.image, ports=_ports(service, live))
    status = workload.get("status") or {}
    ready = _condition(status, "Ready")
    well = ready.get("status") == "True"
    return StackService(
        name=service.name,
        workload=service.workload,
        image=service.image,
        mode=mode_of(workload),
        running=status.get("readyReplicas") or 0,
        wanted=status.get("desiredReplicas") or 0,
        state=ready.get("reason", ""),
        update=((status.get("tasks") or {}).get("update") or {}).get("state"),
        message=None if well else ready.get("message", "")[:_MESSAGE] or None,
        ports=_ports(service, live),
    )


def mode_of(workload: Object) -> str:
    """Swarm's word for how a workload runs."""
    spec = workload["spec"]
    if spec.get("mode") == "tasks":
        return str((spec.get("tasks") or {}).get("scheduling") or "replicated")
    return {"daemon": "global", "job": "replicated-job", "cron": "replicated-job"}.get(spec.get("mode"), "replicated")


def _ports(service: ConvertedService, live: Live) -> list[str]:
    addresses = live.addresses.get(service.workload) or ["*"]
    return [f"{address}:{port}" for port in service.published for address in addresses][:128]


def _condition(status: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    return next((each for each in status.get("conditions") or () if each["type"] == kind), {})


# Conditions


def _verdicts(
    services: Sequence[StackService], standings: Mapping[str, Standing], errors: Sequence[WriteError], held: Held | None
) -> tuple[Verdict, ...]:
    """Ready, and why not: what a person must see to comes before what time will bring."""
    if errors:
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        return stalled(errors[0].reason, errors[0].message + more)
    if held is not None and held.objects:
        message = f"Suspended: {_count(held.objects, 'object')} would change; set spec.suspend to false to go on"
        return (Verdict("Ready", "False", "Suspended", message),)
    stuck = [each for each in services if standings[each.name] == "stuck"]
    if stuck:
        return stalled("ServiceStalled", f"{_of(services, standings)}; {_naming(stuck)}")
    moving = [each for each in services if standings[each.name] == "moving"]
    if moving:
        message = f"{_of(services, standings)}; {_naming(moving)}"
        return (
            Verdict("Ready", "False", "ServicesNotReady", message),
            Verdict("Reconciling", "True", "ServicesNotReady", message),
        )
    return (Verdict("Ready", "True", "AllServicesReady", f"{_of(services, standings)}"),)


def _of(services: Sequence[StackService], standings: Mapping[str, Standing]) -> str:
    ready = sum(each == "well" for each in standings.values())
    return f"{ready} of {_count(len(services), 'service')} ready"


def _naming(services: Iterable[StackService]) -> str:
    every = list(services)
    named = [f"{each.name}: {each.message or 'not there yet'}" for each in every[:_NAMED]]
    return "; ".join(named) + (f"; and {len(every) - _NAMED} more" if len(every) > _NAMED else "")


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
