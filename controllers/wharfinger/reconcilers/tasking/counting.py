"""What runs, as tasks: the same numbers and problems that the other modes have, for the same status."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from wharfinger.api.resource import Object
from wharfinger.reconcilers.view import View
from wharfinger.rollout import Observation, RevisionRef, observe
from wharfinger.rollout.tally import Tally
from wharfinger.rollout.tasks.machine import Decision
from wharfinger.rollout.tasks.task import Place, Task


def counted(
    view: View, tasks: tuple[Task, ...], pods: Iterable[Object], decision: Decision, *, target: RevisionRef
) -> Observation:
    """What runs. It counts as seen by its controller, since that is us: nothing lags behind."""
    wanted = [task for task in tasks if task.wanted]
    about = target if decision.complete else decision.run
    telling = {task.pod.uid for task in _telling(tasks) if task.pod is not None}
    found = observe(
        "tasks", None, [pod for pod in pods if pod["metadata"]["uid"] in telling], events=view.events, now=view.now
    )
    ready = [task for task in wanted if task.runs and task.healthy is not False]
    return replace(
        found,
        exists=True,
        settled=True,
        revision=about.hash,
        counts=Tally(
            desired=decision.status.counts.desired,
            replicas=len(wanted),
            updated=sum(task.revision == about.hash for task in wanted),
            ready=len(ready),
            available=len(ready),
        ),
        updated_ready=sum(task.revision == about.hash for task in ready),
        by_revision=_by_revision(wanted),
    )


def _telling(tasks: tuple[Task, ...]) -> Iterator[Task]:
    """The tasks whose Pods show what is wrong now: alive, or ended last in a place where nothing runs since."""
    fine = {task.place for task in tasks if task.runs}
    last: dict[Place, Task] = {}
    for task in tasks:
        if task.alive:
            yield task
        elif task.place not in fine and (task.place not in last or last[task.place].created_at < task.created_at):
            last[task.place] = task
    yield from last.values()


def _by_revision(tasks: Iterable[Task]) -> Mapping[str, int]:
    found: dict[str, int] = {}
    for task in tasks:
        found[task.revision] = found.get(task.revision, 0) + 1
    return found
