"""The board: the places that there are, those that shall be, and what is to be said of each slot."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from wharfinger.rollout.tasks import restart
from wharfinger.rollout.tasks.machine import Situation, Stop
from wharfinger.rollout.tasks.swarm.slots import Key, Slot, gathered, key_of
from wharfinger.rollout.tasks.task import Place, StopReason, Task


@dataclass(slots=True, kw_only=True)
class Board:
    """All slots. Its lists are in the order of their places."""

    slots: list[Slot] = field(default_factory=list)
    """Those that shall be, and have tasks."""
    open: list[Slot] = field(default_factory=list)
    """Those of them where tasks may start: all but cordoned nodes."""
    vacant: list[Place] = field(default_factory=list)
    """Places that shall be, and have no task yet."""
    surplus: list[Slot] = field(default_factory=list)
    """Those that are scaled in, the first one first."""
    stray: list[Slot] = field(default_factory=list)
    """Scheduling by node: those on nodes that take none."""
    vacated: dict[Key, Slot] = field(default_factory=dict)
    """Those that were scaled in before: what is left of them may be going still."""

    @property
    def desired(self) -> int:
        """Tasks that there shall be."""
        return len(self.slots) + len(self.vacant)


def board(situation: Situation, iteration: int) -> Board:
    """The board of a service, for the update of that iteration."""
    slots = gathered(situation.tasks, iteration=iteration, away=situation.drained | situation.gone)
    return _by_node(situation, slots) if situation.block.per_node else _by_number(situation, slots)


def _by_number(situation: Situation, slots: dict[Key, Slot]) -> Board:
    """Replicated: numbers from 1. A service that was scaled in may have gaps, which are filled first."""
    live = {key: slot for key, slot in slots.items() if slot.wanted or not slot.vacated}
    kept, surplus = scaled([live[key] for key in sorted(live)], situation)
    return Board(
        slots=kept,
        open=kept,
        surplus=surplus,
        vacant=list(_lowest_free(live, situation.replicas - len(live))),
        vacated={key: slot for key, slot in slots.items() if key not in live} if len(live) < len(slots) else {},
    )


def _lowest_free(taken: Container[Key], count: int) -> Iterator[Place]:
    """The numbers that new slots get (replicated/services.go, addTasks)."""
    number = 0
    while count > 0:
        number += 1
        if number not in taken:
            count -= 1
            yield Place(slot=number)


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
    rank: dict[Key, tuple[bool, int]] = {}
    for slot in ranked:
        node = _node(slot, situation)
        if node is not None:
            seen[node] = seen.get(node, 0) + 1
        rank[key_of(slot.place)] = (node is None, seen[node] if node is not None else 0)
    ranked.sort(key=lambda slot: rank[key_of(slot.place)])
    out = ranked[situation.replicas :]
    leaving = {key_of(slot.place) for slot in out}
    return [slot for slot in live if key_of(slot.place) not in leaving], out[::-1]


def _runs(slot: Slot) -> bool:
    return any(each.state == "running" for each in slot.wanted)


def _node(slot: Slot, situation: Situation) -> str | None:
    """Where its only task is; a slot that stays dead counts where it died, one about to be restarted nowhere."""
    if slot.wanted:
        return slot.sole.node if slot.sole else None
    dead = not restart.should_restart(situation.block.restart, slot.last, slot.tasks)
    return slot.last.node if dead and not slot.between else None


def _by_node(situation: Situation, slots: dict[Key, Slot]) -> Board:
    """Global: a task for each node that fits, is up and is not drained. Cordoned ones keep what they have."""
    fits: dict[Key, bool] = {each.name: each.takes_new for each in situation.nodes}
    names = sorted(each.name for each in situation.nodes)
    have = [name for name in names if name in slots]
    return Board(
        slots=[slots[name] for name in have],
        open=[slots[name] for name in have if fits[name]],
        vacant=[Place(node=name) for name in names if name not in slots and fits[name]],
        stray=[slots[key] for key in sorted(slots.keys() - fits.keys(), key=str)],
    )


def evictions(situation: Situation, found: Board) -> Iterator[Stop]:
    """Tasks that cannot stay, whatever the update does.

    The orchestrator stops what runs on drained and lost nodes (InvalidNode), the constraint enforcer rejects what
    does not fit any more (constraint_enforcer.go), the agent ends what is unhealthy (moby,
    executor/container/controller.go). None of it is the updater's, and none waits for it.
    """
    for slot in found.slots:
        for task in slot.leaving:
            yield Stop(task=task.id, reason=eviction(situation, task))
    for slot in found.stray:
        for task in slot.wanted:
            yield Stop(task=task.id, reason=eviction(situation, task))


def eviction(situation: Situation, task: Task) -> StopReason:
    """Why it cannot stay."""
    if task.node in situation.gone:
        return "node-gone"
    if task.node in situation.drained:
        return "node-drained"
    return "unhealthy" if task.healthy is False and not task.misfit else "constraint"


def scale_in(surplus: Iterable[Slot]) -> Iterator[Stop]:
    """Scaled in slots go with all their tasks."""
    for slot in surplus:
        for task in slot.wanted:
            yield Stop(task=task.id, reason="scale-in")


def earliest(moments: Sequence[datetime | None], now: datetime) -> datetime | None:
    """The next moment to look again."""
    return min((each for each in moments if each is not None and each > now), default=None)
