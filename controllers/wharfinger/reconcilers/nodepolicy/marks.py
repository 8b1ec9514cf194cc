"""What is written on a node, together with what was there before, so that taking it back restores exactly that. Pure.

A mark is one thing that a policy sets: whether the node is cordoned, its availability for Wharfinger's own tasks, a
label. For each the node's annotation keeps what we set and what was there: effect and memory are one write, so there is
no moment in which one is without the other.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from wharfinger.api.labels import AVAILABILITY_ANNOTATION, NODE_POLICY_ANNOTATION
from wharfinger.api.nodepolicy import NodePolicySpec
from wharfinger.api.resource import Object

CORDON: Final = "unschedulable"
AVAILABILITY: Final = "availability"
_LABEL: Final = "label:"

Marks = Mapping[str, str | None]
"""By mark (`CORDON`, `AVAILABILITY`, ``label:<key>``): its value, None where it is not there."""


class Change(NamedTuple):
    """One mark."""

    ours: str | None
    before: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What the annotation says: who holds the node, and what they changed."""

    policy: str = ""
    """Name; empty where nobody holds it."""
    uid: str = ""
    changes: Mapping[str, Change] = field(default_factory=dict)


def wanted(spec: NodePolicySpec) -> Marks:
    """What a policy sets on its nodes."""
    marks: dict[str, str | None] = {f"{_LABEL}{key}": value for key, value in (spec.labels or {}).items()}
    if spec.availability is not None:
        marks[AVAILABILITY] = spec.availability
        marks[CORDON] = None if spec.availability == "active" else "true"
    return marks


def record_of(node: Object) -> Record:
    """The record on a node. One that cannot be read (written by hand) is as good as none."""
    text = _annotations(node).get(NODE_POLICY_ANNOTATION)
    if not text:
        return Record()
    try:
        said = json.loads(text)
        changes = {str(mark): Change(_text(ours), _text(before)) for mark, (ours, before) in said["changes"].items()}
        return Record(policy=str(said["policy"]), uid=str(said["uid"]), changes=changes)
    except (ValueError, TypeError, KeyError, AttributeError):
        return Record()


def original_labels(node: Object) -> dict[str, str]:
    """The labels that the node has without any policy."""
    labels: dict[str, str] = dict(node["metadata"].get("labels") or {})
    for mark, change in record_of(node).changes.items():
        if mark.startswith(_LABEL):
            key = mark.removeprefix(_LABEL)
            labels.pop(key, None)
            if change.before is not None:
                labels[key] = change.before
    return labels


def claim(node: Object, marks: Marks, *, policy: str, uid: str) -> Object | None:
    """The merge patch that gives the node these marks in the policy's name; None where it has them.

    What an earlier holder found before it is what this one finds; what that one set and this one does not is restored.
    """
    record = record_of(node)
    changes = {
        mark: Change(value, record.changes[mark].before if mark in record.changes else _value(node, mark))
        for mark, value in marks.items()
    }
    values = {**_restored(node, record, leaving_out=marks), **marks}
    return _patch(node, values, _json(Record(policy=policy, uid=uid, changes=changes)))


def release(node: Object) -> Object | None:
    """The merge patch that takes everything back; None where nobody holds the node.

    A mark that somebody else has changed since is theirs, and stays as it is.
    """
    return _patch(node, _restored(node, record_of(node), leaving_out={}), None)


def _restored(node: Object, record: Record, *, leaving_out: Marks) -> Marks:
    return {
        mark: change.before
        for mark, change in record.changes.items()
        if mark not in leaving_out and _value(node, mark) == change.ours
    }


def _patch(node: Object, values: Marks, record: str | None) -> Object | None:
    """A patch with no more in it than what differs, and the version that it was concluded from."""
    differing = {mark: value for mark, value in values.items() if _value(node, mark) != value}
    noted = _annotations(node).get(NODE_POLICY_ANNOTATION) == record
    if not differing and noted:
        return None
    annotations: Object = {} if noted else {NODE_POLICY_ANNOTATION: record}
    if AVAILABILITY in differing:
        annotations[AVAILABILITY_ANNOTATION] = differing[AVAILABILITY]
    labels = {mark.removeprefix(_LABEL): value for mark, value in differing.items() if mark.startswith(_LABEL)}
    parts = {"annotations": annotations, "labels": labels}
    metadata = {"resourceVersion": node["metadata"]["resourceVersion"]} | {k: v for k, v in parts.items() if v}
    cordon = {"spec": {"unschedulable": True if differing[CORDON] else None}} if CORDON in differing else {}
    return {"metadata": metadata, **cordon}


def _value(node: Object, mark: str) -> str | None:
    if mark == CORDON:
        return "true" if (node.get("spec") or {}).get("unschedulable") else None
    if mark == AVAILABILITY:
        return _annotations(node).get(AVAILABILITY_ANNOTATION)
    value: str | None = (node["metadata"].get("labels") or {}).get(mark.removeprefix(_LABEL))
    return value


def _json(record: Record) -> str:
    changes = {mark: list(change) for mark, change in record.changes.items()}
    said = {"policy": record.policy, "uid": record.uid, "changes": changes}
    return json.dumps(said, sort_keys=True, separators=(",", ":"))


def _annotations(node: Object) -> Mapping[str, str]:
    annotations: Mapping[str, str] = node["metadata"].get("annotations") or {}
    return annotations


def _text(value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise TypeError("a mark is text")
    return value
