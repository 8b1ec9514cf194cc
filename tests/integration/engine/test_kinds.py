"""Kinds that come and go while an operator runs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.integration.engine.operators import running, when
from tests.integration.engine.widgets import CONTROLLER, OURS, definition, widget
from tests.support.waiting import eventually

from wharfinger.api.builtin import CUSTOM_RESOURCE_DEFINITION
from wharfinger.api.resource import Resource
from wharfinger.engine.client import KubeClient
from wharfinger.engine.connection import Connection
from wharfinger.engine.controller import Watch
from wharfinger.engine.runtime import Operator
from wharfinger.engine.settings import Settings

pytestmark = pytest.mark.integration

GADGET = Resource(group="engine.test", version="v1", kind="Gadget", plural="gadgets")


async def test_an_optional_kind_is_picked_up_when_it_appears_and_dropped_when_it_goes(
    widgets: None, client: KubeClient, kubeconfig: Path, settings: Settings, namespace: str
) -> None:
    watches = (*CONTROLLER.watches, Watch(GADGET, label_selector=OURS, optional=True))
    async with running(kubeconfig, settings, replace(CONTROLLER, watches=watches)) as operator:
        store = operator.stores[GADGET]
        assert store.absent
        assert operator.ready() == ""
        await client.create(CUSTOM_RESOURCE_DEFINITION, definition(GADGET), manager="user")
        await eventually(when(lambda: not store.absent), timeout=30, what="the kind is noticed")
        gadget = widget(namespace, "g") | {"kind": "Gadget"}
        gadget["metadata"]["labels"] = dict([OURS.split("=")])
        await client.create(GADGET, gadget, manager="user")
        await eventually(when(lambda: store.get(namespace, "g")), timeout=10)
        await client.delete(CUSTOM_RESOURCE_DEFINITION, ("", str(GADGET)))
        await eventually(when(lambda: store.absent and not len(store)), timeout=60, what="the kind is gone")


async def test_a_required_kind_that_is_absent_keeps_the_operator_unready(
    kubeconfig: Path, client: KubeClient, settings: Settings
) -> None:
    missing = replace(CONTROLLER, resource=replace_kind("Gizmo"), watches=())
    async with KubeClient(Connection.from_kubeconfig(kubeconfig)) as own:
        operator = Operator(own, [missing], settings)
        await operator.start()
        try:
            await eventually(when(lambda: operator.stores[missing.resource].absent), timeout=10)
            assert "gizmos.engine.test" in operator.ready()
            assert operator.alive() == ""
        finally:
            await operator.stop()


def replace_kind(kind: str) -> Resource:
    """A resource that no server has."""
    return Resource(group="engine.test", version="v1", kind=kind, plural=f"{kind.lower()}s")
