"""What runs in a service: image, command, environment, terminal."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from wharfinger.api.resource import Object
from wharfinger.api.status import Finding
from wharfinger.compose.building.plan import build_of, builds, built_by_another
from wharfinger.compose.part import Part, Service
from wharfinger.compose.reporting import Report, reported, rows
from wharfinger.compose.rows import Row

_TABLE: Final = (
    Report(
        "develop",
        "NothingToWatch",
        "is for a developer's machine: there are no sources on a cluster to watch",
        "info",
    ),
    Report("attach", "NotAttached", "is for the terminal of `docker compose up`; read logs with kubectl logs", "info"),
    Report(
        "provider",
        "ProviderNotRun",
        "nothing on a cluster runs a provider; write a service with an image, or an ExternalName Service",
        "error",
    ),
    Report(
        "models",
        "NoModelRunner",
        "no model is run, and its variables are not set; run a server of models as a service, and set them by "
        "`environment`",
    ),
    Report(
        "use_api_socket",
        "NoEngineSocket",
        "there is no Docker Engine on the nodes; what needs its API does not work",
    ),
    Report(
        "pull_refresh_after",
        "NotPulledByAge",
        "images are not pulled by their age; write `pull_policy: always`, or a tag for each version",
    ),
    Report("umask", "UmaskOfImage", "Kubernetes sets no umask; call umask in the command"),
)

_PULL: Final = {"always": "Always", "never": "Never", "missing": "IfNotPresent", "if_not_present": "IfNotPresent"}

ROWS: Final = (
    Row("services.*.image", "honoured", "`spec.image`"),
    Row("services.*.command", "honoured", "`spec.args`; a `$` that Kubernetes would expand is escaped"),
    Row("services.*.entrypoint", "honoured", "`spec.command`, likewise; an empty one makes `command` the whole"),
    Row("services.*.environment", "honoured", "`spec.env`, likewise; a variable without a value is left out"),
    Row("services.*.env_file", "honoured", "`spec.env`; `environment` wins, then the later file", whole=True),
    Row("services.*.working_dir", "honoured", "`spec.workingDir`"),
    Row("services.*.stdin_open", "honoured", "`stdin` of the container"),
    Row("services.*.tty", "honoured", "`tty` of the container"),
    Row(
        "services.*.init",
        "partly",
        "`shareProcessNamespace: true`: the pod's own init is process 1, reaps what is left, and signals act as usual; "
        "with a `stop_signal`, which goes to process 1, a finding",
    ),
    Row(
        "services.*.pull_policy",
        "partly",
        "`spec.imagePullPolicy`; what goes by age (`daily`, `every_…`) is IfNotPresent with a finding; "
        "Kubernetes' own default if absent",
    ),
    *rows(_TABLE),
)


def part(service: Service) -> Part:
    """Image, command, environment, terminal."""
    data = service.data
    spec: Object = {"image": image(service)}
    command, args = _command(data)
    pull = _PULL.get(data.get("pull_policy", ""))
    spec |= _given(command=command, args=args, env=_environment(data), imagePullPolicy=pull)
    directory = data.get("working_dir")
    container = _given(stdin=data.get("stdin_open"), tty=data.get("tty"))
    if directory == "/":
        container["workingDir"] = directory
    elif directory:
        spec["workingDir"] = directory
    return Part(
        spec=spec,
        pod={"shareProcessNamespace": True} if _needs_init(data) else {},
        container=container,
        findings=(*_image_findings(service), *_process_findings(service), *reported(service, _TABLE)),
    )


def image(service: Service) -> str:
    """The image; one that is built in the cluster by its content; else the name that Compose gives it: ``shop-web``."""
    if build := build_of(service):
        return build.image
    if another := built_by_another(service):
        return another
    if named := service.data.get("image"):
        return str(named)
    registry = service.context.defaults.registry
    built = f"{service.context.project.get('name')}-{service.name}".lower()
    return f"{registry.rstrip('/')}/{built}" if registry else built


def _needs_init(data: Object) -> bool:
    """Whether the pod's init has to be process 1, and may: a hook that sends a signal sends it to process 1."""
    return bool(data.get("init")) and data.get("pid") != "host" and not signal_name(data)


def literal(text: str) -> str:
    """`text`, so that Kubernetes leaves it as it is: it replaces ``$(NAME)``, and makes ``$$`` a single dollar."""
    return re.sub(r"\$(?=[$(])", "$$", text)


def signal_name(data: Object) -> str:
    """``INT`` of ``SIGINT``; empty for SIGTERM, which Kubernetes sends anyway."""
    signal = str(data.get("stop_signal") or "").upper().removeprefix("SIG")
    return "" if signal in ("", "TERM", "15") or not signal.isalnum() else signal


def _given(**fields: object) -> Object:
    return {name: value for name, value in fields.items() if value}


def _command(data: Object) -> tuple[list[str], list[str]]:
    """Kubernetes' command and args. An empty entrypoint means that there is none: the command is all that runs."""
    entrypoint, command = data.get("entrypoint"), data.get("command") or []
    args = [literal(word) for word in command]
    return (args, []) if entrypoint == [] else ([literal(word) for word in entrypoint or []], args)


def _environment(data: Object) -> list[Object]:
    given: Object = data.get("environment") or {}
    return [{"name": name, "value": literal(value)} for name, value in given.items() if value is not None]


def _image_findings(service: Service) -> Iterator[Finding]:
    data = service.data
    if data.get("build") and not builds(service):
        message = f"is not built here: build it, and push it as {image(service)} before the workload is applied"
        yield service.finding("build", "warning", "NotBuilt", message)
    policy = data.get("pull_policy")
    if policy and policy not in _PULL and not (policy == "build" and builds(service)):
        message = f"`{policy}` is not known to Kubernetes, whose default counts; write always, missing or never"
        yield service.finding("pull_policy", "warning", "PullPolicyUnknown", message)


def _process_findings(service: Service) -> Iterator[Finding]:
    data = service.data
    directory = data.get("working_dir") or "/"
    if not directory.startswith("/") or ":" in directory:
        message = f"`{directory}` is no absolute path; write it from /"
        yield service.finding("working_dir", "error", "PathNotAbsolute", message)
    if data.get("entrypoint") == [] and not data.get("command"):
        message = "an empty entrypoint needs a `command`: Kubernetes cannot take the image's away"
        yield service.finding("entrypoint", "error", "NothingToRun", message)
    if data.get("init") and signal_name(data):
        message = "is left out, since `stop_signal` has to reach process 1; write tini into the image's entrypoint"
        yield service.finding("init", "warning", "NoInit", message)
    for name, value in (data.get("environment") or {}).items():
        if value is None:
            message = f"{name} has no value, and is not set; an ENV of the image stays, where Docker would take it away"
            yield service.finding(f"environment.{name}", "info", "VariableUnset", message)
