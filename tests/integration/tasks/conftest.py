"""What tests of tasks by node share."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from tests.support.operators import running
from tests.support.task_nodes import Nodes
from tests.support.world import World

from wharfinger.engine.operator import Operator


@pytest.fixture
async def cluster_operator(world: World) -> AsyncIterator[Operator]:
    """An operator of all namespaces: only such a one may watch nodes."""
    async with running(world.kubeconfig) as started:
        yield started


@pytest.fixture
async def nodes(world: World) -> AsyncIterator[Nodes]:
    made = Nodes(world)
    yield made
    for name in made.made:
        await made.delete(name)
