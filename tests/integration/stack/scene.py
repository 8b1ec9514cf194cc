"""Stacks in a test's namespace, as a user makes and reads them."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import dedent
from typing import Any, Final

from tests.support.world import World, is_true

from wharfinger.api import API_VERSION
from wharfinger.api.kinds import STACK
from wharfinger.api.resource import Object

PATIENCE: Final = 90.0
"""Seconds: machines that run tests may be slow."""


@dataclass(frozen=True)
class Stacks:
    """Everything here goes past the operator's caches."""

    world: World

    async def apply(self, name: str, compose: Any = None, **spec: Any) -> Object:
        """Apply a Stack as `kubectl apply --server-side` would; a text is dedented."""
        if compose is not None:
            spec["compose"] = dedent(compose).lstrip() if isinstance(compose, str) else compose
        metadata = {"name": name, "namespace": self.world.namespace}
        body = {"apiVersion": API_VERSION, "kind": STACK.kind, "metadata": metadata, "spec": spec}
        return await self.world.client.apply(STACK, body, manager="kubectl")

    async def ready(self, name: str) -> Object:
        """The Stack, once Ready is True at its newest generation."""
        return await self.world.until(STACK, name, is_true("Ready"), timeout=PATIENCE)

    async def stalled(self, name: str, *, reason: str | None = None) -> Object:
        """The Stack, once Stalled is True."""
        return await self.world.until(STACK, name, is_true("Stalled", reason=reason), timeout=PATIENCE)


def findings(stack: Object, reason: str) -> list[Object]:
    """The findings of a Stack that have a reason."""
    return [each for each in stack["status"]["findings"] if each["reason"] == reason]


def service(stack: Object, name: str) -> Object:
    """What is told of a service."""
    found: Object = next(each for each in stack["status"]["services"] if each["name"] == name)
    return found
