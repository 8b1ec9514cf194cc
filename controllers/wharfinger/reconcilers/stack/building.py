"""Images that a Stack builds: which Jobs are still to be run, and which workloads wait for them. Pure: read `gate`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from wharfinger.api.builtin import CONFIG_MAP, JOB
from wharfinger.api.kinds import CONTAINER_WORKLOAD
from wharfinger.api.labels import BUILD_LABEL, IMAGE_ANNOTATION
from wharfinger.api.resource import Object, Resource
from wharfinger.engine.desired import Desired

State = Literal["Building", "BuildFailed"]

_ENDS: Final = {"Complete": "True", "Failed": "True"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """A workload that waits for an image."""

    state: State
    image: str
    job: str
    """Name of the Job that builds it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What shall be written now."""

    write: tuple[Desired, ...]
    waits: Mapping[str, Wait] = field(default_factory=dict)
    """By workload: what is not written, nor deleted, until its image is there. What ran before goes on running."""
    stays: frozenset[str] = frozenset()
    """Names of Jobs that remember that an image is built."""

    def keep(self, resource: Resource, obj: Object) -> bool:
        """Whether an object stays although it is not written."""
        name = obj["metadata"]["name"]
        return (resource == CONTAINER_WORKLOAD and name in self.waits) or (resource == JOB and name in self.stays)


def gate(desired: Iterable[Desired], jobs: Iterable[Object]) -> Gate:
    """Of all that a Stack wants, what shall be written, given its Jobs as they are.

    An image that any Job has built is built: its Job stays as the memory of that, and is not run again although a
    newer one would be another, as with another builder. The files of a build go with its end.
    """
    every, known = tuple(desired), tuple(jobs)
    done = {_image(job): job["metadata"]["name"] for job in known if _ended(job) == "Complete"}
    wanted = {_image(each.body): each.key[1] for each in every if _builds(each, JOB)}
    failed = {job["metadata"]["name"] for job in known if _ended(job) == "Failed"}
    open_ = {
        image: Wait(state="BuildFailed" if job in failed else "Building", image=image, job=job)
        for image, job in wanted.items()
        if image not in done
    }
    waits = dict(_waiting(every, open_))
    return Gate(
        write=tuple(each for each in every if not _left_out(each, waits, done)),
        waits=waits,
        stays=frozenset(job for image, job in done.items() if image in wanted),
    )


def _left_out(child: Desired, waits: Mapping[str, Wait], done: Mapping[str, str]) -> bool:
    if child.resource == CONTAINER_WORKLOAD:
        return child.key[1] in waits
    return (_builds(child, JOB) or _builds(child, CONFIG_MAP)) and _image(child.body) in done


def _waiting(desired: Iterable[Desired], waits: Mapping[str, Wait]) -> Iterator[tuple[str, Wait]]:
    """Workloads that run an image, in any of their containers, that is not there yet."""
    if not waits:  # the usual case, in which no document is gone through
        return
    for child in desired:
        if child.resource == CONTAINER_WORKLOAD:
            images = set(_images(child.body["spec"]))
            yield from ((child.key[1], wait) for image, wait in waits.items() if image in images)


def _images(value: Any) -> Iterator[str]:
    """The values of all that is called ``image``."""
    if isinstance(value, list):
        for below in value:
            yield from _images(below)
    elif isinstance(value, dict):
        for name, below in value.items():
            if name == "image" and isinstance(below, str):
                yield below
            else:
                yield from _images(below)


def _builds(child: Desired, resource: Resource) -> bool:
    return child.resource == resource and BUILD_LABEL in (child.body["metadata"].get("labels") or {})


def _image(obj: Object) -> str:
    return str((obj["metadata"].get("annotations") or {}).get(IMAGE_ANNOTATION, ""))


def _ended(job: Object) -> str | None:
    """``Complete``, ``Failed``, or None while it runs."""
    conditions = (job.get("status") or {}).get("conditions") or ()
    return next((each["type"] for each in conditions if each["status"] == _ENDS.get(each["type"])), None)
