"""Fixtures of the tests of Stacks."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from tests.integration.stack.scene import Stacks
from tests.support.operators import running
from tests.support.world import World

from wharfinger.engine.operator import Operator


@pytest.fixture
async def stacks(world: World) -> Stacks:
    """The test's namespace, without an operator."""
    return Stacks(world)


@pytest.fixture
async def keeper(world: World) -> AsyncIterator[Operator]:
    """An operator of that namespace that may make and read Secrets."""
    async with running(world.kubeconfig, namespaces=(world.namespace,), stack_secrets=True) as started:
        yield started
