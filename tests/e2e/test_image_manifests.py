"""The operator's image, installed from manifests/ by an overlay that names it, as docs/operations.md says."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.containers import web
from tests.support.image.installation import Installation, by_kustomize, refused
from tests.support.world import World

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]


@pytest.fixture
def installation(kubeconfig: Path, crds: None, pushed_image: str, tmp_path: Path) -> Iterator[Installation]:
    """Both replicas are ready, in a namespace that enforces Pod Security `restricted`."""
    with by_kustomize(kubeconfig, pushed_image, tmp_path) as installed:
        installed.wait_ready()
        yield installed


async def test_the_manifests_run_it_with_the_rights_that_they_give(installation: Installation, world: World) -> None:
    await world.workload("web", **web())
    await world.ready("web", timeout=120)
    samples = [each for pod in await asyncio.to_thread(installation.names) for each in installation.metrics(pod)]
    assert sum(each.value for each in samples if each.name == "wharfinger_leader") == 1
    assert refused(samples) == []
