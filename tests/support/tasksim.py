"""Tasks in virtual time: any `decide`, its operator, and a cluster whose tasks' fates are known. No Kubernetes.

    world = World(decide, TasksBlock(), replicas=3, fates={"v2": Fate(runs=2)})
    world.run(60)
    world.wish = "v2"
    world.run(600)
    assert world.status.update.state == "paused"

Time jumps from one event to the next: a task that starts, runs or ends, a moment that `decide` asked to be woken at.
At each the operator looks once. `reconcile(dies_after=n)` kills it after its nth write, of which starts, stops and
the status are one each. The same world, played again, goes the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from wharfinger.api.status import RolloutStatus
from wharfinger.api.task_status import TasksStatus
from wharfinger.api.tasks import TasksBlock, UpdatePolicy
from wharfinger.rollout.revisions import History, RevisionRef, target_ref
from wharfinger.rollout.tasks.machine import Decision, Fit, Situation, Start
from wharfinger.rollout.tasks.task import Place, State, StopReason, Task

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)

Decide = Callable[[Situation], Decision]


def at(seconds: float) -> datetime:
    """The moment so long after the beginning."""
    return EPOCH + timedelta(seconds=seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What becomes of a task. All in seconds."""

    start: float | None = 1
    """From its creation until its containers have started; None: never (an image that hangs, no node that fits)."""
    health: float | None = 0
    """From there until it is healthy, and so ``running``; None: never."""
    checked: bool = False
    """Whether anything checks its health."""
    runs: float | None = None
    """From running to its end; None: for ever."""
    exit_code: int = 1
    """With which it ends."""
    rejected: float | None = None
    """It ends so long after its creation without having run."""
    gives_up: float | None = None
    """Its checks find it unhealthy so long after it started, if it is not healthy by then."""
    sickens: float | None = None
    """It is unhealthy from so long after it ran on, and goes on all the same."""
    stops: float = 1
    """From being told to stop until it is gone."""


@dataclass(slots=True, kw_only=True)
class SimNode:
    """A node."""

    name: str
    cordoned: bool = False
    drained: bool = False
    fits: bool = True
    lost_at: float | None = None
    """It is down since then: nobody hears of its tasks, and none of them can be stopped."""

    @property
    def takes(self) -> bool:
        """Whether it may have tasks."""
        return self.lost_at is None and not self.drained and self.fits


@dataclass(slots=True, kw_only=True)
class SimTask:
    """One task, as it truly is."""

    id: str
    start: Start
    fate: Fate
    created: float
    node: SimNode | None
    stopped: float | None = None
    reason: StopReason | None = None
    lost: bool = False
    """It vanished without a trace: neither alive nor remembered."""

    @property
    def started(self) -> float | None:
        return None if self.fate.start is None else self.created + self.fate.start

    @property
    def running(self) -> float | None:
        """When it gets to ``running``, if nothing stops it before."""
        return None if self.started is None or self.fate.health is None else self.started + self.fate.health

    @property
    def natural_end(self) -> float | None:
        """When it ends if nobody stops it."""
        if self.fate.rejected is not None:
            return self.created + self.fate.rejected
        return None if self.running is None or self.fate.runs is None else self.running + self.fate.runs

    @property
    def end(self) -> float | None:
        """When it ends, as things are."""
        if self.node is not None and self.node.lost_at is not None:
            known = self.natural_end
            return known if known is not None and known <= self.node.lost_at else None
        told = None if self.stopped is None else self.stopped + self.fate.stops
        return min((each for each in (self.natural_end, told) if each is not None), default=None)

    def moments(self) -> Iterator[float]:
        """When something about it changes."""
        sick = None if self.running is None or self.fate.sickens is None else self.running + self.fate.sickens
        late = None if self.started is None or self.fate.gives_up is None else self.started + self.fate.gives_up
        yield from (each for each in (self.started, self.running, self.end, sick, late) if each is not None)

    def shown(self, now: float) -> Task:
        """As it is observed."""
        seen = now if self.node is None or self.node.lost_at is None else min(now, self.node.lost_at)
        end = self.end if self.end is not None and self.end <= now else None
        until = seen if end is None else end
        started = self._by(self.started, until, strict=end is not None)
        running = self._by(self.running, until, strict=end is not None)
        return Task(
            id=self.id,
            place=self.start.place,
            revision=self.start.revision.hash,
            iteration=self.start.iteration,
            cause=self.start.cause,
            state=self._state(end, started, running),
            created_at=at(self.created),
            started_at=started,
            running_at=running,
            finished_at=None if end is None else at(end),
            checked=self.fate.checked,
            healthy=self._healthy(until, running),
            stopping_at=None if self.stopped is None else at(self.stopped),
            stop_reason=self.reason,
            node=self.node.name if self.node else None,
            misfit=self.node is not None and not self.node.fits,
            exit_code=self._exit_code(end, started),
            stop_code=self._stop_code(end, started),
        )

    def _by(self, moment: float | None, until: float, *, strict: bool) -> datetime | None:
        """`moment`, if it came: a task that is rejected or stopped before it starts never started."""
        if moment is None or moment > until or (strict and self.fate.rejected is not None):
            return None
        return at(moment)

    def _state(self, end: float | None, started: datetime | None, running: datetime | None) -> State:
        if end is None:
            return "running" if running else "starting" if started else "preparing" if self.node else "pending"
        if end != self.natural_end:
            return "shutdown"
        if self.fate.rejected is not None:
            return "rejected"
        return "complete" if self.fate.exit_code == 0 else "failed"

    def _healthy(self, until: float, running: datetime | None) -> bool | None:
        """None until its checks have decided: for it, or after `gives_up` against it."""
        if not self.fate.checked:
            return None
        if running is None:
            late = self.started is not None and self.fate.gives_up is not None
            return False if late and until >= self.started + self.fate.gives_up else None
        return self.fate.sickens is None or at(until) < running + timedelta(seconds=self.fate.sickens)

    def _exit_code(self, end: float | None, started: datetime | None) -> int | None:
        if end is None or started is None:
            return None
        return self.fate.exit_code if end == self.natural_end else 143

    def _stop_code(self, end: float | None, started: datetime | None):
        if end is None:
            return None
        if self.reason is not None and end != self.natural_end:
            return "ServiceSchedulerInitiated"
        return "EssentialContainerExited" if started else "TaskFailedToStart"


Fates = Mapping[str, Fate] | Callable[[Start, int], Fate]


@dataclass(kw_only=True)
class World:
    """A workload in mode ``tasks``, its operator's memory, and its cluster."""

    decide: Decide
    block: TasksBlock = field(default_factory=TasksBlock)
    replicas: int = 3
    wish: str = "v1"
    """Hash of the revision that the spec asks for."""
    fates: Fates = field(default_factory=dict)
    """By revision; or by what is started and how many were started before."""
    nodes: list[SimNode] = field(default_factory=lambda: [SimNode(name=f"node-{n}") for n in range(3)])
    rollback_policies: dict[str, UpdatePolicy] = field(default_factory=dict)
    """By revision."""
    generation: int = 1
    resumed: str = ""
    paused: bool = False
    pin: str | None = None
    firing: frozenset[str] | None = None
    now: float = 0.0
    status: TasksStatus | None = None
    rollout: RolloutStatus | None = None
    history: History = field(default_factory=History)
    tasks: list[SimTask] = field(default_factory=list)
    """All that there ever were, also those that nobody remembers any more."""
    kept: list[SimTask] = field(default_factory=list)
    """Those that are alive or remembered."""
    decisions: list[tuple[float, Decision]] = field(default_factory=list)
    wake_at: float | None = None
    watcher: Callable[[World], None] | None = None
    """Is called after each look: for what must always hold."""

    # What people and clusters do

    def redeploy(self, **changes: object) -> None:
        """Any change of the spec: `wish`, `replicas`, `block`, or nothing that matters."""
        for name, value in changes.items():
            assert hasattr(self, name), name
            setattr(self, name, value)
        self.generation += 1

    def node(self, name: str) -> SimNode:
        return next(each for each in self.nodes if each.name == name)

    def lose(self, name: str) -> None:
        self.node(name).lost_at = self.now

    def find(self, name: str) -> SimNode:
        """A lost node comes back: what it was told meanwhile, it does now."""
        node = self.node(name)
        lost_at, node.lost_at = node.lost_at, None
        for task in self.tasks:
            if task.node is node and task.stopped is not None and lost_at is not None and task.stopped >= lost_at:
                task.stopped = self.now
        return node

    def vanish(self, task: SimTask) -> None:
        """Somebody deletes it by force: nothing is left of it."""
        task.lost = True

    def kill(self, task: SimTask) -> None:
        """It ends now, by itself."""
        began = task.running if task.running is not None and task.running <= self.now else None
        gone = self.now - task.created
        if began is None:
            task.fate = replace(task.fate, rejected=gone)
        else:
            task.fate = replace(task.fate, runs=self.now - began)

    # What is seen

    def live(self) -> list[SimTask]:
        return [task for task in self.kept if not task.lost and (task.end is None or task.end > self.now)]

    def wanted(self, place: Place | None = None) -> list[SimTask]:
        """Alive, and nobody told them to stop."""
        return [task for task in self.live() if task.stopped is None and place in (None, task.start.place)]

    def running(self, revision: str | None = None) -> list[SimTask]:
        return [
            task
            for task in self.wanted()
            if task.running is not None
            and task.running <= self.now
            and revision in (None, task.start.revision.hash)
            and (task.node is None or task.node.lost_at is None)
        ]

    def of(self, place: Place) -> list[SimTask]:
        return [task for task in self.tasks if task.start.place == place]

    def remembered(self) -> list[SimTask]:
        """Those alive, as many ended ones of each place as its history says, and those that the machine asks for."""
        ended: dict[Place, int] = {}
        limit = max(1, self.block.history)
        needed = self.decisions[-1][1].keep if self.decisions else frozenset()
        kept: list[SimTask] = []
        for task in reversed(self.kept):
            if task.lost:
                continue
            end = task.end
            if end is not None and end <= self.now:
                place = task.start.place
                ended[place] = ended.get(place, 0) + 1
                if ended[place] > limit and task.id not in needed:
                    continue
            kept.append(task)
        self.kept = kept[::-1]
        return self.kept

    def situation(self) -> Situation:
        target = target_ref(self.history, self.wish, self.rollout)
        self.history = self.history.with_(target)
        policies = {
            ref.number: self.rollback_policies[ref.hash]
            for ref in self.history.refs
            if ref.hash in self.rollback_policies
        }
        return Situation(
            block=self.block,
            replicas=self.replicas,
            generation=self.generation,
            target=target,
            history=self.history,
            pin=self.history.pinned(self.pin, target) if self.pin else None,
            paused=self.paused,
            resumed=self.resumed,
            tasks=tuple(task.shown(self.now) for task in self.remembered()),
            nodes=tuple(Fit(name=each.name, takes_new=not each.cordoned) for each in self.nodes if each.takes),
            drained=frozenset(each.name for each in self.nodes if each.drained and each.lost_at is None),
            gone=frozenset(each.name for each in self.nodes if each.lost_at is not None),
            rollback_policies=policies,
            firing=self.firing,
            status=self.status,
            rollout=self.rollout,
            now=at(self.now),
        )

    # The operator

    def reconcile(self, *, dies_after: int | None = None) -> Decision:
        """One look, and what follows from it; or only its first `dies_after` writes."""
        decision = self.decide(self.situation())
        self.decisions.append((self.now, decision))
        writes = list(self._writes(decision))
        for write in writes[:dies_after]:
            write()
        self.wake_at = None if decision.wake_at is None else (decision.wake_at - EPOCH).total_seconds()
        if dies_after is not None and dies_after < len(writes):
            self.wake_at = self.now
        if self.watcher:
            self.watcher(self)
        return decision

    def _writes(self, decision: Decision) -> Iterator[Callable[[], None]]:
        def remember() -> None:
            self.status, self.rollout = decision.status, decision.rollout

        if decision.persist_first:
            yield remember
        for stop in decision.stop:
            yield lambda stop=stop: self._stop(stop.task, stop.reason)
        for start in decision.start:
            yield lambda start=start: self._start(start)
        if (decision.status, decision.rollout) != (self.status, self.rollout):
            yield remember

    def _stop(self, task_id: str, reason: StopReason) -> None:
        task = next(each for each in self.kept if each.id == task_id)
        assert task.stopped is None, f"{task_id} was told to stop before"
        task.stopped, task.reason = self.now, reason

    def _start(self, start: Start) -> None:
        number = len(self.tasks) + 1
        fate = self.fates(start, number) if callable(self.fates) else self.fates.get(start.revision.hash, Fate())
        task = SimTask(id=f"t{number:05}", start=start, fate=fate, created=self.now, node=self._placed(start))
        self.tasks.append(task)
        self.kept.append(task)

    def _placed(self, start: Start) -> SimNode | None:
        if start.place.node is not None:
            return self.node(start.place.node)
        taking = [each for each in self.nodes if each.takes and not each.cordoned]
        load = {each.name: 0 for each in taking}
        for task in self.live():
            if task.node is not None and task.node.name in load:
                load[task.node.name] += 1
        return min(taking, key=lambda each: (load[each.name], each.name), default=None)

    # Time

    def run(self, seconds: float, *, until: Callable[[World], bool] | None = None) -> None:
        """For so long, from event to event; or until something is so."""
        end = self.now + seconds
        while True:
            self.settle()
            if until is not None and until(self):
                return
            following = self._next()
            if following is None or following > end:
                self.now = end
                return
            self.now = following

    def settle(self) -> None:
        """Looks until there is nothing more to do at this moment."""
        for _ in range(50):
            before = self.status, self.rollout
            decision = self.reconcile()
            if not decision.start and not decision.stop and before == (self.status, self.rollout):
                return
        raise AssertionError(f"it never comes to rest at {self.now}: {decision}")

    def _next(self) -> float | None:
        moments = [each for task in self.kept if not task.lost for each in task.moments() if each > self.now]
        if self.wake_at is not None:
            moments.append(max(self.wake_at, self.now + 1e-3))
        return min(moments, default=None)


def ref(number: int, name: str) -> RevisionRef:
    """A revision."""
    return RevisionRef(number, name)
