"""How a Stack stands, of its status. Pure."""

from collections.abc import Iterable
from typing import Any

from wharfinger.cli.goals import GONE, Outcome, Standing, told
from wharfinger.cli.status.summary import State, verdict

Object = dict[str, Any]


def made(stack: Object | None) -> Standing:
    """Every service has its workload. Fails where the Stack is Stalled before."""
    if stack is None:
        return GONE
    state, _ = verdict(stack)
    if state is State.stalled:
        return Standing(Outcome.failed, told(stack))
    seen = state not in (State.unseen, State.terminating)
    done = seen and services(stack) and all(each.get("workload") for each in services(stack))
    return Standing(Outcome.reached if done else Outcome.waiting, told(stack))


def services(stack: Object) -> list[Object]:
    """What the status says of each service."""
    return list(stack.get("status", {}).get("services") or ())


def selected(stack: Object, names: Iterable[str]) -> list[Object]:
    """The services of those names, all without any. Raises KeyError with the first that is none."""
    known = {each["name"]: each for each in services(stack)}
    return [known[name] for name in names] or list(known.values())
