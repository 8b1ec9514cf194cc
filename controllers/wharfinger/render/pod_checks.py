"""Check `spec.pod`, a partial PodSpec, before anything is made of it: each mistake is a finding with its path.

Shapes come from the official client's PodSpec model. A part may be missing, since the rest of the pod fills it in; what
a merge needs may not. Fields that Kubernetes refuses in the object that owns the pods are refused here, with a reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from pydantic import ValidationError

from wharfinger.api.containerworkload import Mode
from wharfinger.api.core import partial_pod_spec
from wharfinger.api.depth import deeper_than
from wharfinger.api.findings import Path, error_at, findings, text, unknown_field
from wharfinger.api.pod_keys import key_value, merge_keys
from wharfinger.api.resource import Object
from wharfinger.api.schema import structural
from wharfinger.api.status import Finding
from wharfinger.render.pod_overlay import DELETE_FROM_LIST, PATCH, RETAIN_KEYS

ROOT = "spec.pod"
_REMOVED = {PATCH: "delete"}

_OWNERS: dict[Mode, str] = {
    "service": "a Deployment",
    "stateful": "a StatefulSet",
    "daemon": "a DaemonSet",
    "job": "a Job",
    "cron": "a CronJob",
    "tasks": "a task",
}
_RESTARTS: dict[Mode, tuple[str, ...]] = {
    "service": ("Always",),
    "stateful": ("Always",),
    "daemon": ("Always",),
    "job": ("OnFailure", "Never"),
    "cron": ("OnFailure", "Never"),
    "pod": ("Always", "OnFailure", "Never"),
    "tasks": ("Never",),
}
_DEEPEST = 64
_LASTING = frozenset({"service", "stateful", "daemon"})


def validate(pod: Object, *, mode: Mode = "service") -> list[Finding]:
    """What is wrong with the partial PodSpec of a workload in `mode`: errors only, none if it is right."""
    if deeper_than(_DEEPEST, pod):
        return [error_at(ROOT, "TooDeep", f"nested more than {_DEEPEST} levels deep; no PodSpec is")]
    plain = _plain(pod)
    return [
        *_shape(plain),
        *_directives(pod, ()),
        *_items(pod, ()),
        *(finding for check in _MODE_CHECKS for finding in check(plain, mode)),
    ]


def _shape(plain: Object) -> tuple[Finding, ...]:
    model = partial_pod_spec()
    try:
        model.model_validate(plain)
    except ValidationError as error:
        return findings(error, plain, root=ROOT, schema=structural(model))
    return ()


def _plain(value: Any) -> Any:
    """The overlay without directives, and without fields that are only taken away; every list keeps its length, so that
    paths stay as written."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items() if not _is_directive(key) and inner != _REMOVED}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _is_directive(key: str) -> bool:
    return key.startswith("$")


def _directives(value: Any, path: Path) -> Iterator[Finding]:
    """Directives that do not exist, or that say nothing."""
    for key, inner, at in _children(value, path):
        if isinstance(key, str) and _is_directive(key):
            yield from _directive(key, inner, at)
        else:
            yield from _directives(inner, at)


def _directive(key: str, value: Any, path: Path) -> Iterator[Finding]:
    if key == PATCH:
        if value not in ("delete", "replace", "merge"):
            yield error_at(text(ROOT, path), "InvalidValue", "must be one of delete, replace, merge")
    elif key == RETAIN_KEYS or key.startswith(DELETE_FROM_LIST):
        if not isinstance(value, list):
            yield error_at(text(ROOT, path), "InvalidType", "must be a list")
    else:
        yield error_at(text(ROOT, path), "UnknownField", unknown_field(key, (PATCH, RETAIN_KEYS, DELETE_FROM_LIST)))


def _items(value: Any, path: Path) -> Iterator[Finding]:
    """Items of merging lists that cannot be told apart: without their key, or named twice."""
    for key, inner, at in _children(value, path):
        if isinstance(key, str) and merge_keys(key) and isinstance(inner, list):
            yield from _keyed(key, inner, at)
        yield from _items(inner, at)


def _keyed(field: str, items: list[Any], path: Path) -> Iterator[Finding]:
    first, *_ = keys = merge_keys(field)
    seen: set[tuple[object, ...]] = set()
    for index, item in enumerate(items):
        if not isinstance(item, dict) or item.get(PATCH) == "replace":
            continue
        if item.get(first) is None:
            yield error_at(text(ROOT, (*path, index, first)), "MissingField", "required: items are merged by it")
            continue
        identity = tuple(repr(key_value(item, key)) for key in keys)
        if identity in seen:
            yield error_at(text(ROOT, (*path, index)), "Duplicate", f"there is an item with this {first} before it")
        seen.add(identity)


def _children(value: Any, path: Path) -> Iterator[tuple[str | int, Any, Path]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return ((key, inner, (*path, key)) for key, inner in pairs)


def _restart_policy(pod: Object, mode: Mode) -> Iterator[Finding]:
    """Templates restart always in what lasts, never or on failure in what ends (apps and batch validation).

    A task runs once: that is what it is.
    """
    policy = pod.get("restartPolicy")
    allowed = _RESTARTS[mode]
    if policy is not None and policy not in allowed:
        owner = f"{_OWNERS[mode]} takes" if mode in _OWNERS else "must be"
        yield error_at(f"{ROOT}.restartPolicy", "NotAllowed", f"{owner} {' or '.join(allowed)} only, not {policy}")


def _active_deadline(pod: Object, mode: Mode) -> Iterator[Finding]:
    """A template whose pods are kept up for ever has no deadline (apps validation)."""
    if pod.get("activeDeadlineSeconds") is not None and mode in _LASTING:
        message = f"{_OWNERS[mode]} refuses it: its pods have no end; use mode job for bounded work"
        yield error_at(f"{ROOT}.activeDeadlineSeconds", "NotAllowed", message)


def _ephemeral_containers(pod: Object, mode: Mode) -> Iterator[Finding]:
    """They are added to pods that run, by their own subresource (core validation)."""
    if pod.get("ephemeralContainers"):
        message = "cannot be part of a template: `kubectl debug` adds them to a running pod"
        yield error_at(f"{ROOT}.ephemeralContainers", "NotAllowed", message)


_MODE_CHECKS: tuple[Callable[[Object, Mode], Iterator[Finding]], ...] = (
    _restart_policy,
    _active_deadline,
    _ephemeral_containers,
)
