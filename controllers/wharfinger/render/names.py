"""Names of the objects that a workload is made of: legal and stable for every legal name of a workload.

A name is the workload's own, plus a suffix that says what the object is. Where that would be too long for its kind, the
workload's part is cut and a hash of the whole of it takes the place of the rest, so that two long names that begin
alike never meet.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b

from wharfinger.api.containerworkload import Workload

LABEL_LIMIT = 63
"""Longest RFC 1123 label: names of Services and Pods, values of labels."""

POD_PARENT_LIMIT = 52
"""Longest name of an object whose Pods are numbered: a StatefulSet puts its name and an 11-character revision hash in
the label ``controller-revision-hash`` (kubernetes #64023), and an indexed Job's pods need room for their index."""

_HASH_LENGTH = 8


def short_hash(text: str) -> str:
    """Eight hex digits that stand for `text`."""
    return blake2b(text.encode(), digest_size=_HASH_LENGTH // 2).hexdigest()


@lru_cache(maxsize=65536)
def fitted(name: str, *, suffix: str = "", limit: int = LABEL_LIMIT) -> str:
    """`name` + `suffix` in at most `limit` characters; a `name` that must be cut ends in a hash of all of it."""
    if len(name) + len(suffix) <= limit:
        return name + suffix
    kept = name[: limit - len(suffix) - _HASH_LENGTH - 1].rstrip("-.")
    return f"{kept}-{short_hash(name)}{suffix}"


def main_container(workload: Workload) -> str:
    """The container that runs `spec.image`: `spec.containerName`, else called as the workload."""
    return workload.spec.container_name or workload.name


def statefulset(workload: Workload) -> str:
    """The StatefulSet: its pods are ``<this>-0``, ``<this>-1``, …"""
    return fitted(workload.name, limit=POD_PARENT_LIMIT)


def governing_service(workload: Workload) -> str:
    """The headless Service that gives a StatefulSet's pods their DNS names.

    Never the Service that `spec.service` shapes: ``serviceName`` of a StatefulSet cannot be changed, that block can.
    """
    return fitted(workload.name, suffix="-headless")


def cronjob(workload: Workload) -> str:
    """The CronJob; the API server takes at most 52 characters, since its Jobs append 11."""
    return fitted(workload.name, limit=POD_PARENT_LIMIT)


def job(workload: Workload, revision_hash: str) -> str:
    """The Job of one revision: a Job's template cannot be changed, so another revision is another Job."""
    return fitted(workload.name, suffix=f"-{revision_hash[:8]}", limit=POD_PARENT_LIMIT)


def task(workload: Workload, place: str, task_id: str) -> str:
    """The Pod of a task: ``<workload>-<slot or node>-<id>``; its host name too, so no longer than one may be."""
    return fitted(workload.name, suffix=f"-{place}-{task_id}".replace(".", "-"))


def task_history(workload: Workload, chunk: int) -> str:
    """The ConfigMap that remembers the tasks of some of the places."""
    return fitted(workload.name, suffix=f"-tasks-{chunk}")


def claim(workload: Workload, storage: str) -> str:
    """The PersistentVolumeClaim of one `storage` entry, in the modes other than ``stateful``."""
    return fitted(f"{workload.name}-{storage}")


def files(workload: Workload, content_hash: str) -> str:
    """The ConfigMap that holds the `content` of `files`, addressed by that content."""
    return fitted(workload.name, suffix=f"-files-{content_hash}")


def controller_revision(workload: Workload, revision_hash: str) -> str:
    """The ControllerRevision of one revision."""
    return fitted(workload.name, suffix=f"-rev-{revision_hash}")
