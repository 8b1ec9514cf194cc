"""What the API server fills into a pod template, taken out again: so that a document says what its author meant.

Source: Kubernetes' pkg/apis/core/v1/defaults.go. Within a PodSpec each field name means one thing, so the name of the
field that holds an object is the key of the table. Nothing depends on the table being complete: what is missing here
is written out in the document, and a dry run on the API server compares the result.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from wharfinger.api.resource import Object

POD: Final[Object] = {
    "dnsPolicy": "ClusterFirst",
    "restartPolicy": "Always",
    "schedulerName": "default-scheduler",
    "securityContext": {},
    "terminationGracePeriodSeconds": 30,
}
"""Defaults of a PodSpec's own fields. Without enableServiceLinks, which is filled into pods and not into templates."""

_CONTAINER: Final[Object] = {
    "resources": {},
    "securityContext": {},
    "terminationMessagePath": "/dev/termination-log",
    "terminationMessagePolicy": "File",
}
_PROBE: Final[Object] = {"failureThreshold": 3, "periodSeconds": 10, "successThreshold": 1, "timeoutSeconds": 1}
_FILES: Final[Object] = {"defaultMode": 0o644}

_DEFAULTS: Final[Mapping[str, Object]] = {
    "configMap": _FILES,
    "containers": _CONTAINER,
    "downwardAPI": _FILES,
    "env": {"value": ""},
    "fieldRef": {"apiVersion": "v1"},
    "grpc": {"service": ""},
    "hostPath": {"type": ""},
    "httpGet": {"path": "/", "scheme": "HTTP"},
    "initContainers": _CONTAINER,
    "livenessProbe": _PROBE,
    "ports": {"protocol": "TCP"},
    "projected": _FILES,
    "readinessProbe": _PROBE,
    "resourceFieldRef": {"divisor": "0"},
    "secret": _FILES,
    "serviceAccountToken": {"expirationSeconds": 3600},
    "startupProbe": _PROBE,
}


def plain_pod(spec: Object) -> Object:
    """A PodSpec without what the API server would fill in anyway. Nothing of `spec` is changed in place."""
    made = _without(spec, POD)
    if made.get("serviceAccount") == made.get("serviceAccountName"):
        made.pop("serviceAccount", None)  # the deprecated twin, which the API server keeps beside it
    return {name: _plain(name, value) for name, value in made.items()}


def _plain(field: str, value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(field, item) for item in value]
    if not isinstance(value, dict):
        return value
    kept = _without(value, _DEFAULTS.get(field, {}))
    if field in ("containers", "initContainers") and kept.get("imagePullPolicy") == pull_policy(kept.get("image", "")):
        del kept["imagePullPolicy"]
    return {name: _plain(name, inner) for name, inner in kept.items()}


def _without(value: Object, defaults: Object) -> Object:
    return {name: inner for name, inner in value.items() if inner is not None and defaults.get(name, _NONE) != inner}


_NONE: Final = object()


def pull_policy(image: str) -> str:
    """What imagePullPolicy is, if nobody says so."""
    tag = image.rpartition("/")[2].partition("@")[0].partition(":")[2]
    return "Always" if tag == "latest" or (not tag and "@" not in image) else "IfNotPresent"
