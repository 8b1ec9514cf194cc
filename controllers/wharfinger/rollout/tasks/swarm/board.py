"""The board: the places that there are, those that shall be, and what is to be said of each slot."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from wharfinger.rollout.tasks import restart
from wharfinger.rollout.tasks.machine import Situation, Stop
from wharfinger.rollout.tasks.swarm.slots import Slot, gathered
from wharfinger.rollout.tasks.task import Place, StopReason, Task


@dataclass(slots=True, kw_only=True)
class Board:
    """All slots. Its lists are in the order of their places."""

    slots: list[Slot] = field(default_factory=list)
    """Those that shall be, and have tasks."""
    closed: list[Place] = field(default_factory=list)
    """Places of `slots` where nothing new may start: nodes that are cordoned."""
    vacant: list[Place] = field(default_factory=list)
    """Places that shall be, and have no task yet."""
    surplus: list[Slot] = field(default_factory=list)
    """Those that are scaled in, the first one first."""
    stray: list[Slot] = field(default_factory=list)
    """Scheduling by node: those on nodes that take none."""
    vacated: dict[Place, Slot] = field(default_factory=dict)
    """Those that were scaled in before: what is left of them may be going still."""

    @property
    def open(self) -> Iterator[Slot]:
        """Slots where tasks may start."""
        closed = set(self.closed)
        return (slot for slot in self.slots if slot.place not in closed) if closed else iter(self.slots)

    @property
    def desired(self) -> int:
        """Tasks that there shall be."""
        return len(self.slots) + len(self.vacant)


def board(situation: Situation) -> Board:
    """The board of a service."""
    slots = gathered(situation.tasks)
    return _by_node(situation, slots) if situation.block.per_node else _by_number(situation, slots)


def _by_number(situation: Situation, slots: dict[Place, Slot]) -> Board:
    """Replicated: numbers from 1. A service that was scaled in may have gaps, which are filled first."""
    live = [slot for slot in slots.values() if not slot.vacated]
    live.sort(key=lambda slot: slot.place.slot or 0)
    kept, surplus = scaled(live, situation)
    taken = {slot.place for slot in live}
    missing = max(0, situation.replicas - len(live))
    return Board(
        slots=kept,
        surplus=surplus,
        vacant=list(_lowest_free(taken, missing)),
        vacated={place: slot for place, slot in slots.items() if place not in taken},
    )


def _lowest_free(taken: set[Place], count: int) -> Iterator[Place]:
    """The numbers that new slots get (replicated/services.go, addTasks)."""
    number = 0
    while count:
        number += 1
        if (place := Place(slot=number)) not in taken:
            count -= 1
            yield place


def scaled(live: list[Slot], situation: Situation) -> tuple[list[Slot], list[Slot]]:
    """Which slots stay, and which are scaled in; those in the order in which they go.

    replicated/services.go, reconcile: each slot is the nth of its node, running ones counted first. Those without a
    node, or with several tasks, go first; then the highest n, so that nodes with most tasks give most.
    """
    excess = len(live) - situation.replicas
    if excess <= 0:
        return live, []
    ranked = sorted(live, key=lambda slot: (not _runs(slot), slot.place.slot or 0))
    seen: dict[str, int] = {}
    rank: dict[Place, tuple[bool, int]] = {}
    for slot in ranked:
        node = _node(slot, situation)
        if node is not None:
            seen[node] = seen.get(node, 0) + 1
        rank[slot.place] = (node is None, seen[node] if node is not None else 0)
    ranked.sort(key=lambda slot: rank[slot.place])
    out = ranked[situation.replicas :]
    leaving = {slot.place for slot in out}
    return [slot for slot in live if slot.place not in leaving], out[::-1]


def _runs(slot: Slot) -> bool:
    return any(each.state == "running" for each in slot.wanted)


def _node(slot: Slot, situation: Situation) -> str | None:
    """Where its only task is; a slot that stays dead counts where it died, one about to be restarted nowhere."""
    if slot.wanted:
        return slot.sole.node if slot.sole else None
    dead = not restart.should_restart(situation.block.restart, slot.last, slot.tasks)
    return slot.last.node if dead and not slot.between else None


def _by_node(situation: Situation, slots: dict[Place, Slot]) -> Board:
    """Global: a task for each node that fits, is up and is not drained. Cordoned ones keep what they have."""
    fits = {Place(node=each.name): each for each in situation.nodes}
    places = sorted(fits, key=lambda place: place.label)
    have = [place for place in places if place in slots]
    return Board(
        slots=[slots[place] for place in have],
        closed=[place for place in have if not fits[place].takes_new],
        vacant=[place for place in places if place not in slots and fits[place].takes_new],
        stray=[slots[place] for place in sorted(slots.keys() - fits.keys(), key=lambda place: place.label)],
    )


def evictions(situation: Situation, found: Board) -> Iterator[Stop]:
    """Tasks that cannot stay, whatever the update does.

    The orchestrator stops what runs on drained and lost nodes (InvalidNode), the constraint enforcer rejects what
    does not fit any more (constraint_enforcer.go), the agent ends what is unhealthy (moby,
    executor/container/controller.go). None of it is the updater's, and none waits for it.
    """
    for slot in found.slots:
        yield from moved(situation, slot.wanted)
    for slot in found.stray:
        yield from (Stop(task=task.id, reason=eviction(situation, task) or "constraint") for task in slot.wanted)


def moved(situation: Situation, tasks: Iterable[Task]) -> Iterator[Stop]:
    """Stops for those of `tasks` that cannot stay."""
    for task in tasks:
        reason = eviction(situation, task)
        if reason is not None:
            yield Stop(task=task.id, reason=reason)


def eviction(situation: Situation, task: Task) -> StopReason | None:
    """Why it cannot stay where it is."""
    if task.node in situation.gone:
        return "node-gone"
    if task.node in situation.drained:
        return "node-drained"
    if task.misfit:
        return "constraint"
    return "unhealthy" if task.healthy is False else None


def scale_in(surplus: Iterable[Slot]) -> Iterator[Stop]:
    """Scaled in slots go with all their tasks."""
    for slot in surplus:
        for task in slot.wanted:
            yield Stop(task=task.id, reason="scale-in")


def earliest(moments: Sequence[datetime | None], now: datetime) -> datetime | None:
    """The next moment to look again."""
    return min((each for each in moments if each is not None and each > now), default=None)
