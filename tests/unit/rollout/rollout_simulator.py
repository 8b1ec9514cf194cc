"""A small Kubernetes in virtual time: one Deployment or StatefulSet, its controller, and pods whose fate is known.

It shows the operator what an API server would, raw objects, and does what `step` decides. Nothing of `wharfinger` is
imitated: the decision, the observation and the summary are the real ones.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from rollout_objects import at, bad_image, crashing, decide, deployment, pod, running

from wharfinger.api.containerworkload import Rollout
from wharfinger.api.resource import Object
from wharfinger.api.status import RolloutStatus
from wharfinger.rollout import Decision, History, Observation, RevisionRef, Summary, observe, summarise, target_ref

Fate = Literal["good", "slow", "crash", "image", "unready"]
TICK = 5.0
_START = {"good": 5.0, "slow": 40.0}


@dataclass
class SimPod:
    name: str
    revision: RevisionRef
    fate: Fate
    made: float

    def ready(self, now: float) -> bool:
        return self.fate in _START and now - self.made >= _START[self.fate]

    def shown(self, now: float) -> Object:
        ready = self.ready(now)
        crashes = int((now - self.made) // 10)
        container = {
            "crash": crashing(crashes, at_=now) if crashes else running(ready=False),
            "image": bad_image(),
        }.get(self.fate, running(ready=ready))
        return pod(self.name, self.revision, ready=ready, made=self.made, containers=[container])


@dataclass
class World:
    """One workload, its operator's memory, and its cluster."""

    mode: Literal["service", "stateful"] = "service"
    policy: Rollout = field(default_factory=lambda: Rollout(progress_deadline="60s"))
    desired: int = 3
    wish: str = "r1"
    pin: str | None = None
    paused: bool = False
    fates: dict[str, Fate] = field(default_factory=dict)
    now: float = 0.0
    status: RolloutStatus | None = None
    history: History = field(default_factory=History)
    template: RevisionRef | None = None
    frozen: bool = False
    pods: list[SimPod] = field(default_factory=list)
    made: int = 0
    decisions: list[tuple[str, Decision]] = field(default_factory=list)

    def observation(self) -> Observation:
        live = self._live() if self.template else None
        return observe(self.mode, live, [each.shown(self.now) for each in self.pods], now=at(self.now))

    def reconcile(self, *, dies_after: Literal["nothing", "status", "never"] = "never") -> Decision:
        """One pass of the operator, which may be killed before its status is written, or before it is acted on."""
        target = target_ref(self.history, self.wish, self.status)
        self.history = self.history.with_(target)
        decision = decide(
            self.status,
            self.observation(),
            target=target,
            policy=self.policy,
            history=self.history,
            pin=self.pin,
            paused=self.paused,
            now=self.now,
        )
        if dies_after == "nothing":
            return decision
        self.decisions.append((self.wish, decision))
        self.status = decision.state
        if dies_after == "never":
            self.template, self.frozen = decision.run, decision.freeze
            gone = {ref.name for ref in decision.delete_pods}
            self.pods = [each for each in self.pods if each.name not in gone]
        return decision

    def summary(self) -> Summary:
        assert self.status is not None
        target = target_ref(self.history, self.wish, self.status)
        return summarise(
            mode=self.mode, observation=self.observation(), state=self.status, target=target, paused=self.paused
        )

    def run(self, seconds: float) -> None:
        """Both the operator and the cluster, for so long."""
        until = self.now + seconds
        while self.now < until:
            self.reconcile()
            self.now += TICK
            self.tick()

    def tick(self) -> None:
        """The controller's turn."""
        if self.template and not self.frozen:
            (self._deployment if self.mode == "service" else self._statefulset)(self.template)

    def _deployment(self, template: RevisionRef) -> None:
        """maxSurge 1, maxUnavailable 0: one more new pod, then one old pod less; unready old pods go first."""
        new = [each for each in self.pods if each.revision == template]
        old = [each for each in self.pods if each.revision != template]
        if len(new) < self.desired and len(self.pods) <= self.desired:
            self._make(f"web-{self.made}", template)
        surplus = len(new) + len(old) > self.desired
        well = sum(each.ready(self.now) for each in self.pods)
        unready = [each for each in old if not each.ready(self.now)]
        if old and surplus and (unready or well > self.desired):
            self.pods.remove(unready[0] if unready else old[0])
        for each in new[self.desired :]:
            self.pods.remove(each)

    def _statefulset(self, template: RevisionRef) -> None:
        """From the highest ordinal down, and not while any pod is unready (kubernetes #67250)."""
        self.pods = self.pods[: self.desired] if len(self.pods) > self.desired else self.pods
        names = {each.name for each in self.pods}
        missing = [f"web-{ordinal}" for ordinal in range(self.desired) if f"web-{ordinal}" not in names]
        for name in missing:
            self._make(name, template)
        if not missing and all(each.ready(self.now) for each in self.pods):
            outdated = sorted((each for each in self.pods if each.revision != template), key=lambda each: each.name)
            if outdated:
                self.pods.remove(outdated[-1])

    def _make(self, name: str, template: RevisionRef) -> None:
        self.made += 1
        self.pods.append(SimPod(name, template, self.fates.get(template.hash, "good"), self.now))

    def _live(self) -> Object:
        assert self.template is not None
        ready = sum(each.ready(self.now) for each in self.pods)
        updated = sum(each.revision == self.template for each in self.pods)
        return deployment(self.template, desired=self.desired, replicas=len(self.pods), updated=updated, ready=ready)
