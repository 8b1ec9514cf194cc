"""Wait for workloads: all of them, by watching; at once to an end where one of them cannot get there."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import aclosing

from wharfinger.api.resource import Key
from wharfinger.cli import console
from wharfinger.cli.errors import CommandError
from wharfinger.cli.goals import Goal, Outcome, Standing
from wharfinger.cli.kube import WORKLOAD, Kube
from wharfinger.cli.watching import Objects, Scope, states

Tell = Callable[[Key, Standing], None]


async def wait_for(kube: Kube, goals: Mapping[Key, Goal], *, timeout: float, tell: Tell | None = None) -> None:  # noqa: ASYNC109
    """Until every goal is reached. ``tell`` hears of each change; by default it is a line on standard error.

    Raises CommandError as soon as one fails, and after ``timeout`` seconds.
    """
    last: dict[Key, Standing] = {}
    namespaces = {namespace for namespace, _ in goals}
    waits = [_one_namespace(kube, each, goals, last, tell or _tell_on_stderr) for each in namespaces]
    try:
        async with asyncio.timeout(timeout):
            await asyncio.gather(*waits)
    except TimeoutError as error:
        late = [key for key in goals if last.get(key, _NOTHING).outcome is not Outcome.reached]
        said = "; ".join(f"{name} is {last.get((namespace, name), _NOTHING).told}" for namespace, name in late)
        raise CommandError(f"not within {timeout:g} s: {said}") from error


_NOTHING = Standing(Outcome.waiting, "not read yet")


async def _one_namespace(
    kube: Kube, namespace: str, goals: Mapping[Key, Goal], last: dict[Key, Standing], tell: Tell
) -> None:
    own = {key: goal for key, goal in goals.items() if key[0] == namespace}
    only = f"metadata.name={next(iter(own))[1]}" if len(own) == 1 else ""
    scope = Scope(resource=WORKLOAD, namespace=namespace, field_selector=only)
    async with aclosing(states(kube.client, scope)) as seen:
        async for workloads in seen:
            _look(workloads, own, last, tell)
            if all(last[key].outcome is Outcome.reached for key in own):
                return


def _look(workloads: Objects, goals: Mapping[Key, Goal], last: dict[Key, Standing], tell: Tell) -> None:
    """Ask every goal, tell what is new, and raise CommandError for one that failed.

    What was reached stays reached: a workload that is Ready and deleted a moment later was Ready.
    """
    for key, goal in goals.items():
        if last.get(key, _NOTHING).outcome is Outcome.reached:
            continue
        standing = goal(workloads.get(key))
        if standing != last.get(key):
            tell(key, standing)
        last[key] = standing
        if standing.outcome is Outcome.failed:
            raise CommandError(f"{key[1]}: {standing.told}")


def _tell_on_stderr(key: Key, standing: Standing) -> None:
    """A line a change; that of a failure is the error itself."""
    if standing.outcome is not Outcome.failed:
        console.remark(f"{key[1]}: {standing.told}")
