"""What runs, as tasks: the same numbers and problems that the other modes have, for the same status."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from wharfinger.reconcilers.view import View
from wharfinger.rollout import Observation, RevisionRef, observe
from wharfinger.rollout.tally import Tally
from wharfinger.rollout.tasks.machine import Decision
from wharfinger.rollout.tasks.task import Place, Task


def counted(view: View, tasks: tuple[Task, ...], decision: Decision, *, target: RevisionRef) -> Observation:
    """What runs. It counts as seen by its controller, since that is us: nothing lags behind."""
    about = target if decision.complete else decision.run
    wanted = Counter(task.revision for task in tasks if task.wanted)
    ready = Counter(task.revision for task in tasks if task.runs and task.healthy is not False)
    return replace(
        _problems(view, tasks),
        exists=True,
        settled=True,
        revision=about.hash,
        counts=Tally(
            desired=decision.status.counts.desired,
            replicas=wanted.total(),
            updated=wanted[about.hash],
            ready=ready.total(),
            available=ready.total(),
        ),
        started=len({task.place for task in tasks if task.revision == about.hash and _has_started(task)}),
        updated_ready=ready[about.hash],
        by_revision=dict(wanted),
    )


def _has_started(task: Task) -> bool:
    """Whether its containers started, and it was not sent away since."""
    return task.started_at is not None and (task.wanted or task.state == "complete")


def _problems(view: View, tasks: tuple[Task, ...]) -> Observation:
    """What is wrong: the Pods that are looked at are those that may have something to tell."""
    refs = [task.pod for task in _telling(tasks) if task.pod is not None]
    pods = [pod for ref in refs if (pod := view.pod((ref.namespace, ref.name))) is not None]
    return observe("tasks", None, pods, events=(*view.events, *view.told_of(pods)), now=view.now)


def _telling(tasks: tuple[Task, ...]) -> Iterator[Task]:
    """Alive and not well, or ended last in a place where nothing runs since."""
    last: dict[Place, Task] = {}
    for task in tasks:
        if task.runs and task.healthy is not False:
            continue
        if task.alive:
            yield task
        elif task.pod and (task.place not in last or last[task.place].created_at < task.created_at):
            last[task.place] = task
    if last:
        fine = {task.place for task in tasks if task.runs}
        yield from (task for place, task in last.items() if place not in fine)
