"""Wait for workloads: all of them, by watching; at once to an end where one of them cannot get there."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any

from wharfinger.api.resource import Key, Resource
from wharfinger.cli import console
from wharfinger.cli.errors import CommandError
from wharfinger.cli.goals import Goal, Outcome, Standing
from wharfinger.cli.kube import WORKLOAD, Kube
from wharfinger.cli.watching import Objects, Scope, states

Object = dict[str, Any]

Tell = Callable[[Key, Standing], None]


_NOTHING = Standing(Outcome.waiting, "not read yet")


@dataclass(slots=True)
class _Progress:
    """How far each goal is."""

    goals: Mapping[Key, Goal]
    tell: Tell
    last: dict[Key, Standing] = field(default_factory=dict)
    found: dict[Key, Object] = field(default_factory=dict)
    """The workloads as they were when last looked at."""

    def standing(self, key: Key) -> Standing:
        return self.last.get(key, _NOTHING)

    def reached(self, namespace: str) -> bool:
        """Whether all goals in the namespace are."""
        return all(self.standing(key).outcome is Outcome.reached for key in self.goals if key[0] == namespace)

    def look(self, namespace: str, workloads: Objects) -> None:
        """Ask every goal, tell what is new, and raise CommandError for one that failed.

        What was reached stays reached: a workload that is Ready and deleted a moment later was Ready.
        """
        for key, goal in self.goals.items():
            if key[0] != namespace or self.standing(key).outcome is Outcome.reached:
                continue
            if workload := workloads.get(key):
                self.found[key] = workload
            standing = goal(workload)
            if standing != self.last.get(key):
                self.tell(key, standing)
            self.last[key] = standing
            if standing.outcome is Outcome.failed:
                raise CommandError(f"{key[1]}: {standing.told}")

    def late(self) -> str:
        """What is not reached yet, and how it stands."""
        late = [key for key in self.goals if self.standing(key).outcome is not Outcome.reached]
        return "; ".join(f"{key[1]} is {self.standing(key).told}" for key in late)


async def wait_for(
    kube: Kube,
    goals: Mapping[Key, Goal],
    *,
    timeout: float,  # noqa: ASYNC109
    tell: Tell | None = None,
    resource: Resource = WORKLOAD,
) -> dict[Key, Object]:
    """Until every goal is reached. The answer has the workloads as they were then; one that is gone, as it was last.

    They may be objects of another ``resource``, if their status follows the same rules.

    ``tell`` hears of each change; by default it is a line on standard error. Raises CommandError as soon as a goal
    fails, and after ``timeout`` seconds.
    """
    progress = _Progress(goals, tell or _tell_on_stderr)
    waits = [
        _one_namespace(kube, Scope(resource=resource, namespace=each), progress)
        for each in {namespace for namespace, _ in goals}
    ]
    try:
        async with asyncio.timeout(timeout):
            await asyncio.gather(*waits)
    except TimeoutError as error:
        raise CommandError(f"not within {timeout:g} s: {progress.late()}") from error
    return progress.found


async def _one_namespace(kube: Kube, scope: Scope, progress: _Progress) -> None:
    namespace = scope.namespace or ""
    names = [name for where, name in progress.goals if where == namespace]
    only = f"metadata.name={names[0]}" if len(names) == 1 else ""
    async with aclosing(states(kube.client, replace(scope, field_selector=only))) as seen:
        async for workloads in seen:
            progress.look(namespace, workloads)
            if progress.reached(namespace):
                return


def _tell_on_stderr(key: Key, standing: Standing) -> None:
    """A line a change; that of a failure is the error itself."""
    if standing.outcome is not Outcome.failed:
        console.remark(f"{key[1]}: {standing.told}")
