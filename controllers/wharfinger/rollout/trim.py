"""What the stores keep of Pods and Events: the fields that rollouts and diagnoses read, and nothing else.

These run once for each watch event of a kind that changes all the time, so they share the parts that they keep with the
object that came in and copy nothing.
"""

from __future__ import annotations

from typing import Any, Final

from wharfinger.api.resource import Object

_POD_METADATA: Final = (
    "name",
    "namespace",
    "uid",
    "resourceVersion",
    "labels",
    "annotations",
    "ownerReferences",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "creationTimestamp",
)
_POD_SPEC: Final = ("nodeName", "restartPolicy")
_POD_STATUS: Final = ("phase", "reason", "message", "conditions", "startTime", "podIP")
_CONTAINER: Final = ("name", "image", "restartPolicy")
_CONTAINER_STATUS: Final = ("name", "ready", "started", "restartCount", "state", "lastState")
_EVENT_METADATA: Final = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
_EVENT: Final = ("type", "reason", "message", "count", "firstTimestamp", "lastTimestamp", "eventTime", "series")
_OURS: Final = "wharfinger.dev/"
_SUBJECT: Final = ("kind", "namespace", "name", "uid")


def trim_pod(pod: Object) -> Object:
    """A Pod's identity, where it runs, its containers by name and image, and how they are."""
    spec, status = pod.get("spec", {}), pod.get("status", {})
    kept_spec = _pick(spec, _POD_SPEC) | _pick_each(spec, ("containers", "initContainers"), _CONTAINER)
    kept_status = _pick(status, _POD_STATUS) | _pick_each(
        status, ("containerStatuses", "initContainerStatuses"), _CONTAINER_STATUS
    )
    metadata = _pick(pod["metadata"], _POD_METADATA)
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": kept_spec, "status": kept_status}


def trim_task(pod: Object) -> Object:
    """The same of a task's Pod: it is never compared with what it should be, since it is made once and not changed."""
    kept = trim_pod(pod)
    annotations = kept["metadata"].get("annotations") or {}
    kept["metadata"]["annotations"] = {key: text for key, text in annotations.items() if key.startswith(_OURS)}
    return kept


def trim_event(event: Object) -> Object:
    """A core/v1 Event's subject, reason, message and times."""
    metadata, subject = _pick(event["metadata"], _EVENT_METADATA), _pick(event.get("involvedObject", {}), _SUBJECT)
    return {"apiVersion": "v1", "kind": "Event", "metadata": metadata, "involvedObject": subject} | _pick(event, _EVENT)


def event_subject(event: Object) -> str:
    """The uid of the object that an Event is about; empty where the Event does not say."""
    uid: str = event.get("involvedObject", {}).get("uid", "")
    return uid


def _pick(source: Object, fields: tuple[str, ...]) -> Object:
    return {field: source[field] for field in fields if field in source}


def _pick_each(source: Object, lists: tuple[str, ...], fields: tuple[str, ...]) -> dict[str, Any]:
    return {name: [_pick(item, fields) for item in source[name]] for name in lists if source.get(name)}
