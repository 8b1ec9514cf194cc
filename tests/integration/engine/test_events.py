"""Events on a real API server: one for many repetitions, none for the flood."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from tests.integration.engine.widgets import WIDGET, widget
from tests.support.waiting import eventually

from wharfinger.api.builtin import EVENT
from wharfinger.api.resource import Object
from wharfinger.engine.client import KubeClient
from wharfinger.engine.events import NOTE_LIMIT, Recorder

pytestmark = pytest.mark.integration


@pytest.fixture
async def owner(widgets: None, client: KubeClient, namespace: str) -> Object:
    return await client.create(WIDGET, widget(namespace, "w"), manager="user")


@pytest.fixture
async def recorder(client: KubeClient) -> AsyncIterator[Recorder]:
    made = Recorder(client, instance="test", series_interval=0.2)
    task = asyncio.create_task(made.run())
    yield made
    task.cancel()


async def _events(client: KubeClient, namespace: str) -> list[Object]:
    return await client.list(EVENT, namespace)


async def test_an_event_is_about_its_object(
    client: KubeClient, recorder: Recorder, owner: Object, namespace: str
) -> None:
    recorder.event(owner, "Warning", "Broken", "it is broken")

    async def look() -> list[Object]:
        return await _events(client, namespace)

    (event,) = await eventually(look, timeout=10)
    assert event["regarding"]["uid"] == owner["metadata"]["uid"]
    assert (event["type"], event["reason"], event["note"]) == ("Warning", "Broken", "it is broken")
    assert event["reportingController"] == "wharfinger.dev/operator"


async def test_repetitions_are_one_series(
    client: KubeClient, recorder: Recorder, owner: Object, namespace: str
) -> None:
    async def counted() -> bool:
        recorder.event(owner, "Normal", "Again", "and again")
        events = await _events(client, namespace)
        assert len(events) <= 1
        return bool(events) and (events[0].get("series") or {}).get("count", 0) >= 5

    await eventually(counted, timeout=10)


@pytest.mark.parametrize("pause", [False, True], ids=["at once", "after the first is written"])
async def test_the_last_repetition_is_counted_though_nothing_follows(
    client: KubeClient, recorder: Recorder, owner: Object, namespace: str, pause: bool
) -> None:
    async def written() -> bool:
        return bool(await _events(client, namespace))

    recorder.event(owner, "Normal", "Again", "and again")
    if pause:
        await eventually(written, timeout=10)
    for _ in range(2):
        recorder.event(owner, "Normal", "Again", "and again")

    async def counts() -> bool:
        (event,) = await _events(client, namespace) or [{}]
        return (event.get("series") or {}).get("count") == 3

    await eventually(counts, timeout=10)


async def test_an_event_that_has_expired_is_made_anew(
    client: KubeClient, recorder: Recorder, owner: Object, namespace: str
) -> None:
    async def look() -> list[Object]:
        return await _events(client, namespace)

    recorder.event(owner, "Normal", "Again", "and again")
    (event,) = await eventually(look, timeout=10)
    await client.delete(EVENT, (namespace, event["metadata"]["name"]))
    recorder.event(owner, "Normal", "Again", "and again")
    (event,) = await eventually(look, timeout=10)
    assert event["series"]["count"] == 2


async def test_a_flood_about_one_object_is_dropped_and_counted(
    client: KubeClient, recorder: Recorder, owner: Object, namespace: str
) -> None:
    for index in range(60):
        recorder.event(owner, "Normal", "Flood", f"note {index}")

    async def all_written() -> bool:
        return not recorder.pending and len(await _events(client, namespace)) >= 25

    await eventually(all_written, timeout=10)
    assert len(await _events(client, namespace)) == 25
    dropped = client.metrics.registry.get_sample_value("wharfinger_events_dropped_total", {"reason": "rate"})
    assert dropped == 35


async def test_a_note_of_any_length_is_taken(
    client: KubeClient, recorder: Recorder, owner: Object, namespace: str
) -> None:
    recorder.event(owner, "Normal", "Long", "ü" * 4000)

    async def look() -> list[Object]:
        return await _events(client, namespace)

    (event,) = await eventually(look, timeout=10)
    assert len(event["note"].encode()) <= NOTE_LIMIT


async def test_an_event_that_is_refused_does_not_stop_the_next(
    client: KubeClient, recorder: Recorder, owner: Object, namespace: str
) -> None:
    recorder.event(owner, "NeitherNormalNorWarning", "Refused", "the server will not take this type")
    recorder.event(owner, "Normal", "Taken", "this it will")

    async def look() -> list[Object]:
        return await _events(client, namespace)

    (event,) = await eventually(look, timeout=10)
    assert event["reason"] == "Taken"
