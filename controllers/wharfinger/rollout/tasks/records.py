"""What is remembered of tasks whose Pods are gone: small JSON in ConfigMaps, each for some of the places.

A record is written before a task's Pod is deleted, whether the task ended or is being stopped: what a machine counts
(restarts, failures), and why we stopped it, survives any crash. A record without an end is of a task that was being
stopped; once its Pod is gone, it ended.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from zlib import crc32

import orjson

from wharfinger.api.resource import Object
from wharfinger.rollout.tasks.task import Place, Task

SLOTS_A_CHUNK: Final = 50
"""Slots that one ConfigMap remembers: a batch of neighbours is one write, and no write is large."""
NODE_CHUNKS: Final = 16
"""ConfigMaps for tasks by node; a node's is chosen by its name."""
MAX_BYTES: Final = 900_000
"""As long as a chunk may be: a ConfigMap holds a MiB."""
FIELD: Final = "tasks.json"
"""The key in the ConfigMap."""

Chunk = int

_TIMES: Final = ("created_at", "started_at", "running_at", "finished_at", "stopping_at")
_PLAIN: Final = (
    "revision", "iteration", "cause", "state", "stop_reason", "node", "exit_code", "stop_code", "message",
    "checked", "healthy",
)  # fmt: skip


def chunk_of(place: Place) -> Chunk:
    """Which ConfigMap remembers a place."""
    if place.node is not None:
        return crc32(place.node.encode()) % NODE_CHUNKS
    return (place.slot or 0) // SLOTS_A_CHUNK


def encode(tasks: Iterable[Task]) -> str:
    """Tasks as text: equal for equal tasks, whatever their order."""
    ordered = sorted(tasks, key=lambda task: (task.place.slot or 0, task.place.node or "", task.created_at, task.id))
    return orjson.dumps([_to_json(task) for task in ordered]).decode()


def decode(text: str) -> tuple[Task, ...]:
    """The tasks of a text. One that cannot be read (somebody edited it, or a newer operator wrote it) is left out."""
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        return ()
    tasks = (_from_json(each) for each in found) if isinstance(found, list) else ()
    return tuple(task for task in tasks if task is not None)


def of_config_map(obj: Object) -> tuple[Task, ...]:
    """What a ConfigMap remembers."""
    return decode((obj.get("data") or {}).get(FIELD, ""))


def kept(
    tasks: Iterable[Task], *, each: int, needed: Callable[[Place], bool], always: Collection[str] = ()
) -> tuple[Task, ...]:
    """The newest `each` (one at least) of every place that is `needed`, and those whose ids are in `always`.

    A place that is not needed any more (scaled in, its node gone) is forgotten with its last Pod.
    """
    places: dict[Place, list[Task]] = {}
    for task in sorted(tasks, key=lambda task: (task.created_at, task.id), reverse=True):
        found = places.setdefault(task.place, [])
        if task.id in always or (len(found) < max(1, each) and needed(task.place)):
            found.append(task)
    return tuple(task for found in places.values() for task in found)


def bounded(tasks: Iterable[Task], *, each: int, always: Collection[str] = (), limit: int = MAX_BYTES) -> str:
    """The tasks as text of at most `limit` bytes: fewer a place, where it would be longer, but those in `always`."""
    found = tuple(tasks)
    text = encode(found)
    while len(text.encode()) > limit and each > 1:
        each = max(1, each // 2)
        text = encode(kept(found, each=each, needed=lambda _: True, always=always))
    return text


def by_chunk(tasks: Iterable[Task]) -> Mapping[Chunk, tuple[Task, ...]]:
    """Tasks by the ConfigMap that remembers them."""
    found: dict[Chunk, list[Task]] = {}
    for task in tasks:
        found.setdefault(chunk_of(task.place), []).append(task)
    return {chunk: tuple(each) for chunk, each in found.items()}


def _to_json(task: Task) -> Object:
    place: Object = {"slot": task.place.slot} if task.place.node is None else {"place": task.place.node}
    plain = {name: value for name in _PLAIN if (value := getattr(task, name)) not in (None, "", False)}
    moments = {name: moment.timestamp() for name in _TIMES if (moment := getattr(task, name)) is not None}
    return {"id": task.id, **place, **plain, **moments}


def _from_json(found: Any) -> Task | None:
    try:
        place = Place(node=found["place"]) if "place" in found else Place(slot=int(found["slot"]))
        fields: dict[str, Any] = {name: found[name] for name in _PLAIN if name in found}
        fields |= {name: datetime.fromtimestamp(found[name], UTC) for name in _TIMES if name in found}
        return Task(id=found["id"], place=place, **fields)
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
