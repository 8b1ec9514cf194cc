"""What runs in a container right after its start and before its end, and before it in containers of their own."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Final

from wharfinger.api.resource import Object
from wharfinger.api.status import Finding
from wharfinger.compose.groups.identity import numbers
from wharfinger.compose.groups.process import image, literal, signal_name
from wharfinger.compose.part import Part, Service
from wharfinger.compose.rows import Row

ROWS: Final = (
    Row(
        "services.*.post_start",
        "partly",
        "`lifecycle.postStart`; several, or one with a directory or variables, by /bin/sh of the image; `user` and "
        "`privileged` have a finding",
        whole=True,
    ),
    Row("services.*.pre_stop", "partly", "`lifecycle.preStop`, likewise", whole=True),
    Row(
        "services.*.stop_signal",
        "partly",
        "another than SIGTERM: a `preStop` that sends it and waits, by /bin/sh of the image, as a finding says",
    ),
    Row(
        "services.*.pre_start",
        "partly",
        "`initContainers`, with image, command, entrypoint, environment, working_dir, user and privileged; for each "
        "pod, which has a finding where there are several and `per_replica` is not true",
        whole=True,
    ),
)

_OURS: Final = ("image", "command", "entrypoint", "environment", "working_dir", "user", "privileged", "per_replica")
_MOUNTED: Final = ("volumes", "configs", "secrets", "tmpfs")


def part(service: Service) -> Part:
    """Hooks, the signal that stops, and init containers."""
    data = service.data
    lifecycle: Object = {}
    if after := data.get("post_start"):
        lifecycle["postStart"] = {"exec": {"command": _commands(after)}}
    if stop := [*_stop_words(data.get("pre_stop") or []), *_signal_words(data)]:
        lifecycle["preStop"] = {"exec": {"command": _as_one(stop)}}
    before = [_init_container(service, index, hook) for index, hook in enumerate(data.get("pre_start") or ())]
    return Part(
        container={"lifecycle": lifecycle} if lifecycle else {},
        pod={"initContainers": before} if before else {},
        findings=tuple(_findings(service)),
    )


def _commands(hooks: list[Object]) -> list[str]:
    return _as_one(_stop_words(hooks))


def _as_one(steps: list[list[str] | str]) -> list[str]:
    """One command for all steps: a lone list of words as it is, else all of them in a shell, until one fails."""
    if len(steps) == 1 and isinstance(steps[0], list):
        return steps[0]
    return ["/bin/sh", "-ec", "\n".join(shlex.join(step) if isinstance(step, list) else step for step in steps)]


def _stop_words(hooks: list[Object]) -> list[list[str] | str]:
    return [_step(hook) for hook in hooks]


def _step(hook: Object) -> list[str] | str:
    """The words of a hook, or, with a directory or variables, a line for a shell."""
    words: list[str] = hook.get("command") or []
    pairs = [f"{name}={value}" for name, value in (hook.get("environment") or {}).items() if value is not None]
    directory = hook.get("working_dir")
    if not pairs and not directory:
        return words
    line = shlex.join(["env", *pairs, *words] if pairs else words)
    return f"(cd {shlex.quote(directory)} && {line})" if directory else line


def _signal_words(data: Object) -> list[list[str] | str]:
    """Send the signal to process 1 and wait for its end: Kubernetes sends SIGTERM when this is over, or time is up."""
    signal = signal_name(data)
    return [f"kill -s {signal} 1\nwhile kill -0 1 2>/dev/null; do sleep 1; done"] if signal else []


def _init_container(service: Service, index: int, hook: Object) -> Object:
    made: Object = {"name": f"pre-start-{index + 1}", "image": hook.get("image") or image(service)}
    if hook.get("entrypoint"):
        made["command"] = [literal(word) for word in hook["entrypoint"]]
    if hook.get("command"):
        made["args"] = [literal(word) for word in hook["command"]]
    if hook.get("working_dir"):
        made["workingDir"] = hook["working_dir"]
    env: Object = hook.get("environment") or {}
    if given := [{"name": name, "value": literal(value)} for name, value in env.items() if value is not None]:
        made["env"] = given
    security = (numbers(hook.get("user") or "") or {}) | ({"privileged": True} if hook.get("privileged") else {})
    return made | ({"securityContext": security} if security else {})


def _findings(service: Service) -> Iterator[Finding]:
    data = service.data
    for attribute in ("post_start", "pre_stop"):
        for index, hook in enumerate(data.get(attribute) or ()):
            if hook.get("user") or hook.get("privileged"):
                message = "runs as the container does: Kubernetes has no user or privilege for a hook"
                yield service.finding(f"{attribute}[{index}]", "warning", "HookAsContainer", message)
    if signal := signal_name(data):
        message = f"SIG{signal} is sent by a preStop hook, which needs /bin/sh and kill in the image; SIGTERM follows"
        yield service.finding("stop_signal", "info", "SignalByHook", message)
    for index, hook in enumerate(data.get("pre_start") or ()):
        yield from _init_findings(service, index, hook)


def _init_findings(service: Service, index: int, hook: Object) -> Iterator[Finding]:
    where = f"pre_start[{index}]"
    other = [
        name
        for name, value in hook.items()
        if value and name not in _OURS and (name in _MOUNTED or value != service.data.get(name))
    ]
    if other:
        message = f"{', '.join(sorted(other))}: not passed on to the init container; add it to spec.pod.initContainers"
        yield service.finding(where, "warning", "HookInPart", message)
    if not hook.get("per_replica"):
        message = "runs in every pod before the service, not once for all; write `per_replica: true` to say so"
        yield service.finding(where, "info", "HookForEachPod", message)
    if numbers(hook.get("user") or "") is None:
        message = (
            f"`{hook['user']}` is a name, which Kubernetes cannot look up: the image's own user runs; write numbers"
        )
        yield service.finding(f"{where}.user", "warning", "UserByName", message)
