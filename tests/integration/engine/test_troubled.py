"""A reconcile that fails again and again is told to its controller, so that the resource can say so."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.integration.engine.widgets import CONTROLLER, WIDGET, widget
from tests.support.waiting import eventually

from wharfinger.api.resource import Key
from wharfinger.engine.client import KubeClient
from wharfinger.engine.connection import Connection
from wharfinger.engine.controller import Context
from wharfinger.engine.runtime import Operator
from wharfinger.engine.settings import Settings

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("widgets")]


class Told(list[tuple[Key, str]]):
    """What a controller was told."""

    def take(self, _context: Context, key: Key, error: Exception) -> None:
        self.append((key, str(error)))


async def test_a_defect_that_lasts_is_told(
    client: KubeClient, kubeconfig: Path, namespace: str, settings: Settings
) -> None:
    told, failures = Told(), 0

    async def fails(_context: Context, _key: Key) -> None:
        nonlocal failures
        failures += 1
        raise ValueError("a defect")

    broken = replace(CONTROLLER, reconcile=fails, troubled=told.take)
    async with KubeClient(Connection.from_kubeconfig(kubeconfig)) as own, Operator(own, [broken], settings):
        await client.create(WIDGET, widget(namespace, "w"))
        await eventually(lambda: _async(bool(told)), what="the controller is told", timeout=30)
    assert told[0] == ((namespace, "w"), "a defect")
    assert failures >= 8, "a defect that passes is told to nobody"


async def _async(value: bool) -> bool:
    return value
