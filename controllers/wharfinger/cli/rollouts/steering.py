"""What steering a rollout by hand takes: the workload and its revisions, and an annotation."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from wharfinger.api.builtin import CONTROLLER_REVISION
from wharfinger.api.labels import INSTANCE_LABEL, PAUSED_ANNOTATION, ROLLBACK_TO_ANNOTATION
from wharfinger.api.resource import Key, key_of
from wharfinger.cli.errors import CommandError
from wharfinger.cli.kube import MANAGER, WORKLOAD, Kube
from wharfinger.cli.names import plain
from wharfinger.cli.rollouts.kept import Revision, revisions

Object = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A workload, and the revisions of it that are kept, oldest first."""

    workload: Object
    kept: list[Revision]

    @property
    def key(self) -> Key:
        """Namespace and name."""
        return key_of(self.workload)

    @property
    def annotations(self) -> Mapping[str, str]:
        """The workload's own."""
        found: Mapping[str, str] = self.workload["metadata"].get("annotations") or {}
        return found

    @property
    def rollout(self) -> Object:
        """``status.rollout``; empty before the operator has seen the workload."""
        found: Object = self.workload.get("status", {}).get("rollout") or {}
        return found

    def must_roll_out(self) -> None:
        """Raise CommandError where there is no rollout to steer."""
        if self.workload["spec"].get("mode") == "job":
            raise CommandError(f"{self.key[1]} is of mode job: each revision is a Job of its own, which runs once")

    @property
    def paused(self) -> bool:
        """Whether a person holds it."""
        return self.annotations.get(PAUSED_ANNOTATION, "").lower() == "true"

    @property
    def pin(self) -> str | None:
        """The revision that a person has pinned, as it is written there."""
        return self.annotations.get(ROLLBACK_TO_ANNOTATION)

    @property
    def held(self) -> str:
        """Why a new revision would not run now; empty where it would."""
        if self.paused:
            return "it is paused, so nothing moves until `wharfinger resume`"
        if self.pin:
            return f"it is pinned to revision {self.pin}, so nothing else runs until `wharfinger rollback --clear`"
        return ""


async def read(kube: Kube, namespace: str, name: str) -> Subject:
    """A workload with its revisions. Raises NotFound."""
    workload = await kube.client.get(WORKLOAD, namespace, name)
    records = await kube.client.list(CONTROLLER_REVISION, namespace, label_selector=f"{INSTANCE_LABEL}={name}")
    return Subject(workload=workload, kept=revisions(workload, records, now=datetime.now(UTC)))


async def subjects(kube: Kube, names: Iterable[str]) -> list[Subject]:
    """The workloads of those names, as they are written on a command line. Raises NotFound, BadInputError."""
    return [await read(kube, kube.namespace, plain(name)) for name in names]


async def annotate(kube: Kube, key: Key, name: str, value: str | None) -> Object:
    """The workload with that annotation set, or removed (None)."""
    patch = {"metadata": {"annotations": {name: value}}}
    return await kube.client.patch(WORKLOAD, key, patch, manager=MANAGER)
