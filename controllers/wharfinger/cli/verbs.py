"""What the verbs share that talk to a cluster: the options that say which cluster and how to print, and the answer.

A verb is an async function whose first argument is its `Call`; what else it takes are its own options::

    @verb(waits=True)
    async def restart(call: "Call", *, names: Names) -> None:
        async with call.connected() as kube: ...
"""

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec

from wharfinger.cli.console import Format
from wharfinger.cli.options import FIVE_MINUTES, Context, Kubeconfig, Namespace, Output, Timeout, Wait

if TYPE_CHECKING:
    from wharfinger.api.resource import Key, Resource
    from wharfinger.cli.goals import Goal
    from wharfinger.cli.kube import Kube

Object = dict[str, Any]
Own = ParamSpec("Own")


@dataclass(slots=True, kw_only=True)
class Call:
    """One command line, but for the verb's own options."""

    namespace: str | None = None
    context: str | None = None
    kubeconfig: Path | None = None
    output: Format = Format.table
    wait: bool = False
    timeout: float = 0.0
    """Seconds."""
    _done: list[Object] = field(default_factory=list)

    @asynccontextmanager
    async def connected(self) -> "AsyncIterator[Kube]":
        """The cluster; its namespace is the one named on the command line, else the context's."""
        from wharfinger.cli.kube import connect

        async with connect(kubeconfig=self.kubeconfig, context=self.context, namespace=self.namespace) as kube:
            yield kube

    def report(self, obj: Object, done: str) -> None:
        """What was done to an object: at once a line as kubectl's, or its name; as data at the end of the verb."""
        from wharfinger.cli import console
        from wharfinger.cli.names import of_object, without_managed_fields

        if self.output in (Format.json, Format.yaml):
            self._done.append(without_managed_fields(obj))
            return
        name = of_object(obj)
        console.say(name if self.output is Format.name else f"{name} {done}")

    async def follow(self, kube: "Kube", goals: "Mapping[Key, Goal]", *, resource: "Resource | None" = None) -> None:
        """Wait until the goals are reached, where the command line says so: of workloads, or of another resource."""
        from wharfinger.cli.kube import WORKLOAD
        from wharfinger.cli.waiting import wait_for

        if self.wait:
            await wait_for(kube, goals, timeout=self.timeout, resource=resource or WORKLOAD)

    def end(self) -> None:
        """Print what was reported as data: one object as it is, several as a List, as kubectl does."""
        from wharfinger.cli import console

        if self._done:
            several = {"apiVersion": "v1", "kind": "List", "items": self._done}
            data = self._done[0] if len(self._done) == 1 else several
            console.print_data(data, as_json=self.output is Format.json)


_EVERYWHERE: dict[str, tuple[Any, Any]] = {
    "namespace": (Namespace, None),
    "context": (Context, None),
    "kubeconfig": (Kubeconfig, None),
    "output": (Output, Format.table),
}
"""Annotation and default of the options of every verb; those of the ones that can wait come before them."""
_WAITING: dict[str, tuple[Any, Any]] = {"wait": (Wait, False), "timeout": (Timeout, FIVE_MINUTES)}


def verb(
    *, waits: bool = False
) -> Callable[[Callable[Concatenate[Call, Own], Coroutine[Any, Any, None]]], Callable[..., None]]:
    """Make a command of an async function, with the shared options beside its own.

    ``waits``: with ``--wait`` and ``--timeout``.
    """
    shared = (_WAITING if waits else {}) | _EVERYWHERE

    def made(function: Callable[Concatenate[Call, Own], Coroutine[Any, Any, None]]) -> Callable[..., None]:
        def command(**given: Any) -> None:
            call = Call(**{name: given.pop(name) for name in shared})
            try:
                asyncio.run(function(call, **given))  # type: ignore[call-arg]
            finally:
                call.end()

        return _as_command(command, function, shared)

    return made


def _as_command(
    command: Callable[..., None], function: Callable[..., Any], shared: dict[str, tuple[Any, Any]]
) -> Callable[..., None]:
    """``command`` with the name and help of ``function`` and the signature that typer reads: its options, then ours."""
    _, *own = inspect.signature(function).parameters.values()
    ours = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default)
        for name, (annotation, default) in shared.items()
    ]
    parameters = [*own, *ours]
    command.__name__, command.__doc__, command.__module__ = function.__name__, function.__doc__, function.__module__
    command.__annotations__ = {each.name: each.annotation for each in parameters} | {"return": None}
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return command
