"""Every command of the documentation is run, page by page, in the order in which a reader comes to them."""

from __future__ import annotations

import pytest
from tests.support.docs.pages import pages
from tests.support.docs.play import play, runs
from tests.support.docs.scene import Scene, operator_log

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]


@pytest.mark.parametrize("page", [page for page in pages() if runs(page, "simulated")])
async def test_the_commands_work_of(page: str, scene: Scene) -> None:
    try:
        await play(page, scene)
    except AssertionError:
        print(operator_log(scene.home))  # pytest shows it with the failure
        raise
