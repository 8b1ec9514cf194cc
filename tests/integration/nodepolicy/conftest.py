"""Fixtures of the tests of NodePolicies: nodes of the test's own, and an operator that may change them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from tests.integration.nodepolicy.scene import Scene, scene_of
from tests.support.operators import running
from tests.support.world import World

from wharfinger.engine.operator import Operator


@pytest.fixture
async def scene(world: World) -> AsyncIterator[Scene]:
    async with scene_of(world) as made:
        yield made


@pytest.fixture
async def keeper(scene: Scene) -> AsyncIterator[Operator]:
    """An operator of all namespaces, with NodePolicies. It ends before the scene does."""
    async with running(scene.world.kubeconfig, node_policies=True) as operator:
        yield operator
