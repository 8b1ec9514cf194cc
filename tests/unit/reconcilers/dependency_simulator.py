"""A few workloads that depend on one another, in virtual time: the real decisions and statuses, simple Deployments.

An operator may die in any of them after its status was persisted or its objects were written. All pods of a Deployment
are replaced at once, and are ready two ticks later, or never if their image is bad.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Literal

from wharfinger.api import API_VERSION
from wharfinger.api.builtin import CONTROLLER_REVISION, DEPLOYMENT
from wharfinger.api.labels import REVISION_LABEL
from wharfinger.api.parse import parse
from wharfinger.api.resource import Object
from wharfinger.engine.outcome import Outcome
from wharfinger.reconcilers.plan import decide
from wharfinger.reconcilers.reading import status_of
from wharfinger.reconcilers.report import report
from wharfinger.reconcilers.view import View
from wharfinger.render import checked
from wharfinger.rollout import standing

Death = Literal["never", "at once", "persisted", "written"]
TICK = 30
"""Seconds."""
START = datetime(2026, 3, 1, 12, tzinfo=UTC)
BAD = "bad"
CHECK: Object = {"tcpSocket": {"port": 80}}
_NUMBERS = count()


@dataclass
class Sim:
    """One workload and what runs of it."""

    name: str
    needs: list[Object]
    image: str = "good-1"
    generation: int = 1
    status: Object = field(default_factory=lambda: {"observedGeneration": -1})
    live: Object | None = None
    records: dict[str, Object] = field(default_factory=dict)
    made: int = 0
    """When its pods were made, in ticks."""
    sick: bool = False
    """Its pods run and are not ready."""
    uid: str = field(default_factory=lambda: f"{next(_NUMBERS):08x}-uid")
    """Another for each: what is rendered is remembered by uid and generation."""
    starts: list[tuple[str, bool]] = field(default_factory=list)
    """Each revision that was brought to the pods, and whether what it depends on was there."""

    @property
    def obj(self) -> Object:
        spec: Object = {"image": self.image, "replicas": 1, "healthCheck": CHECK, "dependsOn": self.needs}
        metadata = {
            "name": self.name,
            "namespace": "shop",
            "uid": self.uid,
            "generation": self.generation,
        }
        kind: Object = {"apiVersion": API_VERSION, "kind": "ContainerWorkload"}
        return {**kind, "metadata": metadata, "spec": spec, "status": self.status}

    def runs(self) -> str:
        """Image of the pods; empty where there are none."""
        return self.live["spec"]["template"]["spec"]["containers"][0]["image"] if self.live else ""

    def ready(self, now: int) -> bool:
        return bool(self.live) and not self.runs().startswith(BAD) and not self.sick and now - self.made >= 2

    def shown(self, now: int) -> Object | None:
        if self.live is None:
            return None
        ready = int(self.ready(now))
        counts = {"replicas": 1, "updatedReplicas": 1, "readyReplicas": ready, "availableReplicas": ready}
        return {**self.live, "status": {"observedGeneration": 1, **counts}}

    def pods(self, now: int) -> tuple[Object, ...]:
        if self.live is None:
            return ()
        metadata = {
            "name": f"{self.name}-0",
            "namespace": "shop",
            "uid": f"{self.name}-{self.made}",
            "labels": self.live["spec"]["template"]["metadata"]["labels"],
            "creationTimestamp": START.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        state = {"running": {}} if now > self.made else {"waiting": {"reason": "ContainerCreating"}}
        status = {"phase": "Running", "containerStatuses": [{"name": self.name, "restartCount": 0, "state": state}]}
        return ({"metadata": metadata, "spec": {}, "status": status},)


@dataclass
class Cluster:
    """All of them."""

    sims: dict[str, Sim]
    there: set[str] = field(default_factory=set)
    """Names of those that were applied."""
    now: int = 0

    def apply(self, name: str, image: str | None = None) -> None:
        """As `kubectl apply`: made, or changed."""
        sim = self.sims[name]
        self.there.add(name)
        if image is not None and image != sim.image:
            sim.image, sim.generation = image, sim.generation + 1

    def reconcile(self, name: str, dies: Death = "never") -> None:
        """One pass over one workload."""
        sim = self.sims[name]
        if name not in self.there or dies == "at once":
            return
        view = self._view(sim)
        plan = decide(view)
        assert not plan.refused, plan.findings
        if plan.gate.persist_first:
            sim.status = report(sim.obj, view, plan, Outcome())
            if dies == "persisted":
                return
        self._write(sim, plan.desired, kept=plan.keep)
        if dies != "written":
            shown = sim.shown(self.now)
            written = {(DEPLOYMENT, ("shop", name)): shown} if shown else {}
            sim.status = report(sim.obj, view, plan, Outcome(live=written))

    def tick(self, order: Iterable[str] | None = None) -> None:
        """Time goes on, and everybody is looked at."""
        self.now += 1
        for name in order or sorted(self.sims):
            self.reconcile(name)

    def satisfied(self, sim: Sim) -> bool:
        """Whether what it depends on is there: told by pods and images, and not by any status."""
        return all(self._met(need) for need in sim.needs)

    def _met(self, need: Object) -> bool:
        other = self.sims[need["name"]]
        if need["name"] not in self.there:
            return not need["required"]
        if need["condition"] == "Healthy":
            return other.ready(self.now)
        return other.live is not None and self.now > other.made

    def _view(self, sim: Sim) -> View:
        live = sim.shown(self.now)
        owned = [(CONTROLLER_REVISION, record) for record in sim.records.values()]
        shown = {name: standing(self.sims[name].obj) for name in self.there}
        wanted = {need["name"] for need in sim.needs}
        return View(
            workload=checked(parse(sim.obj)),
            status=status_of(sim.obj),
            owned=(*owned, *([(DEPLOYMENT, live)] if live else [])),
            pods=sim.pods(self.now),
            events=(),
            autoscalers={},
            lost_nodes=frozenset(),
            dependencies={name: found for name, found in shown.items() if found and name in wanted},
            digests={},
            http_route=False,
            secrets_watched=False,
            now=START + timedelta(seconds=self.now * TICK),
        )

    def _write(self, sim: Sim, desired: Iterable[Any], *, kept: Any) -> None:
        written = {(child.resource, child.key[1]): child.body for child in desired}
        sim.records = {name: each for name, each in sim.records.items() if kept(CONTROLLER_REVISION, each)}
        sim.records |= {name: body for (kind, name), body in written.items() if kind == CONTROLLER_REVISION}
        body = written.get((DEPLOYMENT, sim.name))
        if body is None:
            sim.live = sim.live if sim.live and kept(DEPLOYMENT, sim.live) else None
            return
        revision = body["metadata"]["labels"][REVISION_LABEL]
        if sim.live is None or sim.live["metadata"]["labels"][REVISION_LABEL] != revision:
            sim.starts.append((revision, self.satisfied(sim)))
            sim.made = self.now
        sim.live = {**body, "metadata": {**body["metadata"], "generation": 1, "uid": f"{sim.name}-deployment"}}
