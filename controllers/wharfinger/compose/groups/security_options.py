"""`security_opt`: Docker's profiles, as the fields of a security context."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from wharfinger.api.resource import Object
from wharfinger.api.status import Finding
from wharfinger.compose.part import Service

_SELINUX: Final = ("user", "role", "type", "level")


def options(data: Object) -> Object:
    """Fields of a container's security context; what none of them can say is left out."""
    context: Object = {}
    for written in data.get("security_opt") or ():
        for name, value in (_field(data, written) or {}).items():
            context[name] = {**context[name], **value} if isinstance(context.get(name), dict) else value
    return context


def _field(data: Object, written: str) -> Object | None:
    """What one option becomes; None where nothing says the same."""
    name, value = _split(written)
    match name:
        case "no-new-privileges":
            return None if _escalates(data) else {"allowPrivilegeEscalation": value == "false"}
        case "seccomp":
            return {"seccompProfile": {"type": "Unconfined"}} if value == "unconfined" else None
        case "apparmor":
            return {"appArmorProfile": _apparmor(value)}
        case "label":
            return _selinux(value)
        case _:
            return None


def _split(written: str) -> tuple[str, str]:
    """``label=type:x``, ``label:type:x`` and ``no-new-privileges``."""
    name, *value = re.split(r"[=:]", written, maxsplit=1)
    return name, value[0] if value else ""


def _escalates(data: Object) -> bool:
    """Where Kubernetes refuses allowPrivilegeEscalation: false."""
    return bool(data.get("privileged")) or any(
        name.upper().removeprefix("CAP_") == "SYS_ADMIN" for name in data.get("cap_add") or ()
    )


def _apparmor(profile: str) -> Object:
    if profile == "unconfined":
        return {"type": "Unconfined"}
    if profile in ("docker-default", "runtime/default"):
        return {"type": "RuntimeDefault"}
    return {"type": "Localhost", "localhostProfile": profile}


def _selinux(value: str) -> Object | None:
    if value == "disable":
        return {"seLinuxOptions": {"type": "spc_t"}}
    name, _, what = value.partition(":")
    return {"seLinuxOptions": {name: what}} if name in _SELINUX else None


def option_findings(service: Service) -> Iterator[Finding]:
    """For each option that becomes nothing."""
    for index, written in enumerate(service.data.get("security_opt") or ()):
        if _field(service.data, written) is None:
            yield service.finding(f"security_opt[{index}]", "warning", "SecurityOptionUnknown", _why(written))


def _why(written: str) -> str:
    name, _ = _split(written)
    if name == "no-new-privileges":
        return "has no effect beside privileged or SYS_ADMIN, as Kubernetes has it; leave those out"
    if name == "seccomp":
        return (
            "a profile is read from the node; put it there, and write seccompProfile {type: Localhost, "
            "localhostProfile: …} in spec.pod.securityContext"
        )
    return f"`{written}` has no equal in Kubernetes, and has no effect; leave it out"
