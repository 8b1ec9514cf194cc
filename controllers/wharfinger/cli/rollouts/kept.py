"""The revisions of a workload that are kept. Pure: objects as the API server has them go in."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from wharfinger.api.labels import REVISION_LABEL
from wharfinger.api.resource import controller_of
from wharfinger.cli.status.summary import seconds_since

Object = dict[str, Any]

CHANGE_CAUSE = "kubernetes.io/change-cause"
"""The annotation in which kubectl keeps why something was changed."""

_STATES = {
    "revision": "wanted",
    "runningRevision": "running",
    "lastGoodRevision": "last good",
    "failedRevision": "failed",
}
"""Fields of status.rollout, and what they say about the revision that they name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """What ran, or was to run."""

    number: int
    hash: str
    created: str
    age: float
    """Seconds."""
    images: tuple[str, ...]
    states: tuple[str, ...]
    """``wanted``, ``running``, ``last good``, ``failed``."""
    cause: str
    template: Object
    """A PodTemplateSpec."""
    claims: tuple[Object, ...]
    files: Object
    """ConfigMap name to data."""

    def to_json(self, *, whole: bool) -> Object:
        """As data for scripts; with the template if ``whole``."""
        told: Object = {"revision": self.number, "hash": self.hash, "created": self.created}
        told |= {"images": list(self.images), "states": list(self.states)}
        told |= {"changeCause": self.cause} if self.cause else {}
        return told | (self.content() if whole else {})

    def content(self) -> Object:
        """All that it runs."""
        found = {"template": self.template, "volumeClaimTemplates": list(self.claims), "files": self.files}
        return {key: value for key, value in found.items() if value}


def revisions(workload: Object, records: Iterable[Object], *, now: datetime) -> list[Revision]:
    """The workload's own among the ControllerRevisions, oldest first."""
    own = (record for record in records if _is_of(record, workload))
    return sorted((_revision(record, workload, now) for record in own), key=lambda revision: revision.number)


def listed(kept: Iterable[Revision]) -> str:
    """``1 (web:1, last good), 2 (web:2, wanted, failed)``: to choose from."""
    said = (f"{each.number} ({', '.join((*each.images, *each.states))})" for each in kept)
    return ", ".join(said) or "none"


def _is_of(record: Object, workload: Object) -> bool:
    owner = controller_of(record) or {}
    labelled = REVISION_LABEL in (record["metadata"].get("labels") or {})
    return labelled and owner.get("uid") == workload["metadata"]["uid"]


def _revision(record: Object, workload: Object, now: datetime) -> Revision:
    metadata, data = record["metadata"], record["data"]
    rollout = workload.get("status", {}).get("rollout") or {}
    containers = data["pod"]["spec"].get("containers", [])
    states = tuple(word for key, word in _STATES.items() if rollout.get(key) == record["revision"])
    return Revision(
        number=record["revision"],
        hash=data["hash"],
        created=metadata["creationTimestamp"],
        age=seconds_since(metadata["creationTimestamp"], now=now),
        images=tuple(dict.fromkeys(container.get("image", "") for container in containers)),
        states=states,
        cause=_cause(metadata, workload, wanted="wanted" in states),
        template=data["pod"],
        claims=tuple(data["claims"]),
        files=data["files"],
    )


def _cause(metadata: Object, workload: Object, *, wanted: bool) -> str:
    """The revision's own, else what the workload says about the revision that it asks for."""
    sources = (metadata, workload["metadata"]) if wanted else (metadata,)
    said = ((source.get("annotations") or {}).get(CHANGE_CAUSE) for source in sources)
    return next((cause for cause in said if cause), "")
