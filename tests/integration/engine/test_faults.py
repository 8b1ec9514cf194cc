"""The engine behind a proxy that goes wrong, on a real API server: whatever happens, it ends as it should."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from tests.faults.call import Call, continues, lists, watches, writes
from tests.faults.faults import Delay, DieAfter, EndWatch, LoseAnswer, LoseEvent, Refuse, Stale, gone
from tests.faults.proxy import FaultProxy
from tests.integration.engine.widgets import CONTROLLER, WIDGET, config, widget
from tests.support.waiting import eventually, never

from wharfinger.api.builtin import CONFIG_MAP
from wharfinger.api.resource import key_of
from wharfinger.engine.client import KubeClient
from wharfinger.engine.connection import Connection
from wharfinger.engine.runtime import Operator
from wharfinger.engine.settings import Settings

pytestmark = pytest.mark.integration

CONFIG_MAPS = "configmaps"


def creates(resource: str) -> Callable[[Call], bool]:
    """Creations of that resource."""
    return lambda call: call.verb == "create" and call.resource == resource


def any_list(call: Call) -> bool:
    """Lists of anything."""
    return call.verb == "list"


def any_watch(call: Call) -> bool:
    """Watches of anything."""
    return call.verb == "watch"


@pytest.fixture
async def proxy(widgets: None, kubeconfig: Path) -> AsyncIterator[FaultProxy]:
    async with FaultProxy(Connection.from_kubeconfig(kubeconfig)) as running:
        yield running


@pytest.fixture
async def behind(proxy: FaultProxy, settings: Settings) -> AsyncIterator[Operator]:
    """An operator behind the proxy."""
    async with KubeClient(proxy.connection) as own, Operator(own, [CONTROLLER], settings) as running:
        yield running


async def _data(client: KubeClient, namespace: str) -> dict[str, dict[str, str]]:
    return {
        obj["metadata"]["name"]: obj.get("data", {})
        for obj in await client.list(CONFIG_MAP, namespace, label_selector="app.kubernetes.io/managed-by=wharfinger")
    }


async def _reaches(client: KubeClient, namespace: str, wanted: dict[str, dict[str, str]]) -> None:
    async def look() -> bool:
        return await _data(client, namespace) == wanted

    await eventually(look, timeout=30, what=f"ConfigMaps {wanted}")


async def _make(client: KubeClient, namespace: str, name: str = "w", **data: str) -> None:
    await client.create(WIDGET, widget(namespace, name, config(name, **data)), manager="user")


async def test_watches_that_are_cut_go_on_where_they_were(
    client: KubeClient, proxy: FaultProxy, behind: Operator, namespace: str
) -> None:
    await _make(client, namespace, x="1")
    await _reaches(client, namespace, {"w": {"x": "1"}})
    listed = len(proxy.answered(any_list))
    proxy.cut()
    await client.patch(CONFIG_MAP, (namespace, "w"), {"data": {"x": "drift"}}, manager="kubectl-edit")
    await _reaches(client, namespace, {"w": {"x": "1"}})
    assert len(proxy.answered(any_list)) == listed, "a cut watch is no reason to list again"


async def test_watches_that_are_cut_again_and_again(
    client: KubeClient, proxy: FaultProxy, behind: Operator, namespace: str
) -> None:
    cut = proxy.inject(EndWatch(after_events=1), any_watch, times=6)
    proxy.cut()
    for index in range(3):
        await _make(client, namespace, f"w{index}", x=str(index))
    await _reaches(client, namespace, {f"w{index}": {"x": str(index)} for index in range(3)})
    assert cut.hits


async def test_gone_in_the_stream_lists_again_and_sees_what_vanished(
    client: KubeClient, proxy: FaultProxy, behind: Operator, namespace: str
) -> None:
    """The event of a deletion is lost: only a list that replaces by difference can tell."""
    for name in ("keep", "lost"):
        await _make(client, namespace, name, x="1")
    await _reaches(client, namespace, {"keep": {"x": "1"}, "lost": {"x": "1"}})
    await behind.wait_idle()
    missed = proxy.inject(LoseEvent(0), watches(CONFIG_MAPS))
    proxy.inject(EndWatch(after_events=1, error=410), watches(CONFIG_MAPS))
    proxy.cut()
    await eventually(_is(lambda: missed.hits == 1), timeout=30, what="the watch that loses an event")
    lost = await client.get(CONFIG_MAP, namespace, "lost")
    await client.delete(CONFIG_MAP, (namespace, "lost"))
    held = behind.stores[CONFIG_MAP].get(namespace, "lost")
    assert held is not None, "the deletion was not missed"
    assert held["metadata"]["uid"] == lost["metadata"]["uid"]
    await client.patch(CONFIG_MAP, (namespace, "keep"), {"data": {"poke": "1"}}, manager="kubectl-edit")
    await _reaches(client, namespace, {"keep": {"x": "1", "poke": "1"}, "lost": {"x": "1"}})


@pytest.mark.parametrize("match", [lists(CONFIG_MAPS), continues(CONFIG_MAPS)], ids=["first", "continue"])
async def test_gone_at_a_list(
    client: KubeClient, proxy: FaultProxy, settings: Settings, namespace: str, match: Callable[[Call], bool]
) -> None:
    for index in range(3):
        own_map = config(f"m{index}", x="1")
        own_map["metadata"] |= {"namespace": namespace, "labels": {"app.kubernetes.io/managed-by": "wharfinger"}}
        await client.create(CONFIG_MAP, own_map, manager="user")
    expired = proxy.inject(gone(), match)
    async with KubeClient(proxy.connection) as own, Operator(own, [CONTROLLER], settings, page_size=1) as operator:
        names = sorted(key_of(obj)[1] for obj in operator.stores[CONFIG_MAP].values())
    assert names == ["m0", "m1", "m2"]
    assert expired.hits == 1


async def test_errors_of_the_server_are_tried_again(
    client: KubeClient, proxy: FaultProxy, behind: Operator, namespace: str
) -> None:
    broken = proxy.inject(Refuse(500, "InternalError"), writes, times=3)
    await _make(client, namespace, x="1")
    await _reaches(client, namespace, {"w": {"x": "1"}})
    await behind.wait_idle()
    assert broken.hits == 3


async def test_retry_after_is_honoured(client: KubeClient, proxy: FaultProxy, behind: Operator, namespace: str) -> None:
    throttled = proxy.inject(Refuse(429, "TooManyRequests", retry_after=1), creates(CONFIG_MAPS))
    await _make(client, namespace, x="1")
    await eventually(_is(lambda: throttled.hits == 1), timeout=10)
    await never(_is(lambda: proxy.answered(creates(CONFIG_MAPS))), during=0.7, what="asked again too early")
    await _reaches(client, namespace, {"w": {"x": "1"}})


async def test_a_write_whose_answer_is_lost_happens_once(
    client: KubeClient, proxy: FaultProxy, behind: Operator, namespace: str
) -> None:
    lost = proxy.inject(LoseAnswer(), creates(CONFIG_MAPS))
    await _make(client, namespace, x="1")
    await _reaches(client, namespace, {"w": {"x": "1"}})
    await behind.wait_idle()
    assert lost.hits == 1
    assert [each.code for each in proxy.answered(creates(CONFIG_MAPS))].count(201) == 1


async def test_slow_answers(client: KubeClient, proxy: FaultProxy, behind: Operator, namespace: str) -> None:
    proxy.inject(Delay(0.3), writes, times=None)
    await _make(client, namespace, x="1")
    await _reaches(client, namespace, {"w": {"x": "1"}})
    await behind.wait_idle()
    assert [each.code for each in proxy.answered(creates(CONFIG_MAPS))] == [201], "the echo was taken for news"


async def test_a_restart_from_stale_lists_makes_nothing_twice(
    client: KubeClient, proxy: FaultProxy, settings: Settings, namespace: str
) -> None:
    """The successor's lists are from before its predecessor's writes."""
    for resource in (CONFIG_MAPS, "widgets", "deployments", "services"):
        proxy.inject(Stale(), lists(resource), times=None)
    async with KubeClient(proxy.connection) as own, Operator(own, [CONTROLLER], settings):
        await _make(client, namespace, x="1")
        await _reaches(client, namespace, {"w": {"x": "1"}})
    before = await client.get(CONFIG_MAP, namespace, "w")
    async with KubeClient(proxy.connection) as own, Operator(own, [CONTROLLER], settings) as operator:
        caught_up = _is(lambda: operator.stores[CONFIG_MAP].get(namespace, "w"))
        await eventually(caught_up, timeout=10, what="the successor's view")
        await operator.wait_idle()
    assert (await client.get(CONFIG_MAP, namespace, "w"))["metadata"] == before["metadata"]


@pytest.mark.parametrize("nth", range(1, 9))
async def test_killed_after_any_write_the_next_one_finishes(
    client: KubeClient, proxy: FaultProxy, settings: Settings, namespace: str, nth: int
) -> None:
    """Sieve's recipe: the end state, and what was made and deleted to get there, are those of a run without faults."""
    first, then = [config("a", x="1"), config("b", x="1")], [config("a", x="2"), config("c", x="1")]
    await client.create(WIDGET, widget(namespace, "w", *first), manager="user")
    async with KubeClient(proxy.connection) as own:
        operator = Operator(own, [CONTROLLER], settings)
        death = DieAfter(nth, operator.kill)
        proxy.inject(death, writes, times=None)
        await operator.start()
        settled = {"a": {"x": "1"}, "b": {"x": "1"}}

        async def dead_or_settled() -> bool:
            return death.dead.is_set() or (operator.idle and await _data(client, namespace) == settled)

        await eventually(dead_or_settled, timeout=20)
        await client.patch(WIDGET, (namespace, "w"), {"spec": {"children": then}}, manager="user")
        await eventually(_is(death.dead.is_set), timeout=20)
    proxy.heal()
    async with KubeClient(proxy.connection) as own, Operator(own, [CONTROLLER], settings) as successor:
        await _reaches(client, namespace, {"a": {"x": "2"}, "c": {"x": "1"}})
        await successor.wait_idle()
    done = [each for each in proxy.answered(writes) if each.call.resource == CONFIG_MAPS and each.code < 300]
    made = [each.name for each in done if each.call.verb == "create"]
    assert len(made) == len(set(made)), f"made twice: {made}"
    found = await client.get(WIDGET, namespace, "w")
    assert found["status"]["children"] == 2
    assert found["status"]["observedGeneration"] == found["metadata"]["generation"]


async def test_idle_means_no_requests_but_watches(
    client: KubeClient, proxy: FaultProxy, behind: Operator, namespace: str
) -> None:
    await _make(client, namespace, x="1")
    await _reaches(client, namespace, {"w": {"x": "1"}})
    await behind.wait_idle()
    proxy.exchanges.clear()
    await never(_is(lambda: proxy.exchanges), during=3.0, what="a request while there is nothing to do")


def _is(condition: Callable[[], object]) -> Callable[[], Awaitable[bool]]:
    """For `eventually` and `never`."""

    async def look() -> bool:
        return bool(condition())

    return look
