"""Commands of the documentation that need containers: what they write, and the operator's own image."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.support import helm
from tests.support.docs.pages import pages
from tests.support.docs.play import play, runs
from tests.support.docs.scene import NAMESPACE, SYSTEM, Scene, operator_log
from tests.support.image.build import Built
from tests.support.image.lock import version

from wharfinger.cluster import Cluster, images
from wharfinger.cluster.build import build
from wharfinger.cluster.nodes.real.config import registry_url

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]


@pytest.fixture
async def scene(wharfinger_cluster: Cluster, operator_image: Built, tmp_path: Path) -> AsyncIterator[Scene]:
    """The images that the pages name are in the cluster's registry. Nothing is left but them."""
    registry = registry_url(wharfinger_cluster.layout)
    images.push(images.demo(build().demo), registry=registry, repository="shop/web", tag="1.4")
    images.push_layout(operator_image.layout, registry=registry, repository="wharfinger", tag=version())

    def new() -> Cluster:
        raise AssertionError("a block with `start=bare` cannot be one with `on=real`")

    scene = Scene(home=tmp_path, shared=wharfinger_cluster, new=new, helm=helm.program(4))
    yield scene
    await scene.kubectl("delete", "cw", "--all", "-n", NAMESPACE, "--timeout=60s")
    await helm.Helm(4, scene.kubeconfig, SYSTEM, tmp_path).uninstall()
    await scene.kubectl("delete", "namespace", NAMESPACE, SYSTEM, "--timeout=80s")


@pytest.mark.parametrize("page", [page for page in pages() if runs(page, "real")])
async def test_the_commands_that_need_containers_work_of(page: str, scene: Scene) -> None:
    try:
        await play(page, scene, "real")
    except AssertionError:
        print(operator_log(scene.home))  # pytest shows it with the failure
        raise
