"""The small parts: trims, changes, back-off, shares of shards, notes, metrics, probes."""

from __future__ import annotations

from collections import Counter

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wharfinger.api.builtin import ALL, DEPLOYMENT, NODE
from wharfinger.api.resource import Object
from wharfinger.engine.backoff import Backoff, TokenBucket
from wharfinger.engine.change import Change, change, leaving
from wharfinger.engine.events import shorten
from wharfinger.engine.leadership import shard_of, surplus
from wharfinger.engine.metrics import Metrics
from wharfinger.engine.probes import ProbeServer
from wharfinger.engine.trim import LAST_APPLIED, keep, slim

# Resources


def test_paths() -> None:
    assert DEPLOYMENT.path("ns", "web", "status") == "/apis/apps/v1/namespaces/ns/deployments/web/status"
    assert DEPLOYMENT.path() == "/apis/apps/v1/deployments"
    assert NODE.path("ignored", "n1") == "/api/v1/nodes/n1"
    assert str(DEPLOYMENT) == "deployments.apps"


def test_resources_are_told_apart_by_name() -> None:
    assert len({str(resource) for resource in ALL}) == len(ALL)


# Trims


def test_slim_drops_field_sets_but_not_who_owns_replicas() -> None:
    obj = {
        "metadata": {
            "annotations": {LAST_APPLIED: "{}", "kept": "yes"},
            "managedFields": [
                {"manager": "a", "operation": "Update", "time": "t", "fieldsV1": {"f:spec": {"f:replicas": {}}}},
                {"manager": "b", "operation": "Apply", "fieldsV1": {"f:data": {}}, "subresource": "scale"},
            ],
        }
    }
    once = slim(obj)
    assert once["metadata"] == {
        "annotations": {"kept": "yes"},
        "managedFields": [
            {"manager": "a", "operation": "Update", "replicas": True},
            {"manager": "b", "operation": "Apply", "subresource": "scale"},
        ],
    }
    assert slim(once) == once


def test_keep_keeps_identity_and_paths_through_lists() -> None:
    pod = {
        "metadata": {"name": "p", "uid": "u", "resourceVersion": "1", "managedFields": [], "selfLink": "x"},
        "spec": {"nodeName": "n", "containers": [{"name": "main", "image": "i", "env": []}]},
        "status": {"phase": "Running", "podIP": "10.0.0.1"},
    }
    assert keep("spec.containers.name", "spec.nodeName", "status.phase")(pod) == {
        "metadata": {"name": "p", "uid": "u", "resourceVersion": "1"},
        "spec": {"nodeName": "n", "containers": [{"name": "main"}]},
        "status": {"phase": "Running"},
    }


# Changes


def _obj(version: str = "1", **parts: object) -> Object:
    return {"metadata": {"name": "a", "resourceVersion": version}, **parts}


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        (_obj(), _obj("2"), Change.NONE),
        (_obj(status={}), _obj("2", status={"ready": 1}), Change.STATUS),
        (_obj(spec={}), _obj("2", spec={"x": 1}), Change.SUBSTANCE),
        (_obj(status={}), _obj("2", status={"x": 1}, spec={}), Change.SUBSTANCE),
        (_obj(), {"metadata": {"name": "a", "resourceVersion": "2", "annotations": {"a": "b"}}}, Change.NOTES),
        (None, _obj(), Change.SUBSTANCE),
        (_obj(), None, Change.SUBSTANCE),
        (_obj(), {"metadata": {"name": "a", "resourceVersion": "2", "labels": {"a": "b"}}}, Change.SUBSTANCE),
        (_obj(), {"metadata": {"name": "a", "resourceVersion": "2", "managedFields": [{}]}}, Change.NONE),
    ],
)
def test_kinds_of_change(old: Object | None, new: Object | None, kind: Change) -> None:
    assert change(old, new) is kind


def test_leaving_begins_with_the_deletion_timestamp_and_once_only() -> None:
    going = {"metadata": {"name": "a", "deletionTimestamp": "t"}}
    assert leaving(_obj(), going)
    assert not leaving(going, going)
    assert leaving(going, None)
    assert not leaving(None, _obj())


# Back-off


def test_backoff_doubles_up_to_the_longest_and_begins_anew_after_a_quiet_time() -> None:
    backoff = Backoff(draw=lambda _low, high: high)
    assert [backoff.next(now) for now in range(8)] == [0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30.0, 30.0]
    assert backoff.next(7 + 121) == 0.8


@given(st.lists(st.floats(0, 5), max_size=50))
def test_a_bucket_never_gives_more_than_its_rate(gaps: list[float]) -> None:
    bucket = TokenBucket(rate=2.0, burst=5.0)
    now, ready = 0.0, []
    for gap in gaps:
        now += gap
        ready.append(now + bucket.reserve(now))
    for index in range(len(ready) - 6):
        assert ready[index + 6] - ready[index] >= 0.5 - 1e-6, "seven within half a second"


def test_a_bucket_that_is_empty_says_no() -> None:
    bucket = TokenBucket(rate=1.0, burst=2.0)
    assert [bucket.take(0.0) for _ in range(3)] == [True, True, False]
    assert bucket.take(1.0)


# Shards


@given(st.text(max_size=63), st.integers(1, 64))
def test_a_namespace_has_one_shard(namespace: str, shards: int) -> None:
    assert 0 <= shard_of(namespace, shards) < shards
    assert shard_of(namespace, shards) == shard_of(namespace, shards)


def test_a_namespaces_shard_is_the_same_in_every_release() -> None:
    """Two releases run side by side during an upgrade: if they disagreed, both would write."""
    assert [shard_of(name, 8) for name in ("default", "shop", "kube-system", "")] == [2, 6, 2, 2]


@given(st.integers(1, 64))
def test_what_is_of_no_namespace_is_looked_after_where_its_events_go(shards: int) -> None:
    assert shard_of("", shards) == shard_of("default", shards)


@given(st.lists(st.integers(0, 12), min_size=1, max_size=6))
def test_giving_back_ends_and_ends_fairly(counts: list[int]) -> None:
    """Whoever has a surplus gives one back, whoever has least takes it: after some rounds nobody gives any more."""
    holdings = Counter({f"r{index}": count for index, count in enumerate(counts)})
    shards = sum(counts)
    for _ in range(shards * len(counts) + 1):
        giver = next((name for name in holdings if surplus(holdings, name, shards)), None)
        if giver is None:
            break
        holdings[giver] -= 1
        holdings[min(holdings, key=lambda name: holdings[name])] += 1
    else:
        pytest.fail(f"still moving shards: {holdings}")
    assert max(holdings.values()) - min(holdings.values()) <= max(1, shards % len(counts))
    assert min(holdings.values()) >= shards // len(counts)


# Notes, metrics, probes


@given(st.text(max_size=50), st.integers(4, 40))
def test_a_note_fits_in_bytes(text: str, limit: int) -> None:
    short = shorten(text, limit)
    assert len(short.encode()) <= limit
    assert short == text or short.endswith("…")


async def test_probes_say_what_is_wrong() -> None:
    wrong = {"ready": "not yet read: pods"}
    metrics = Metrics()
    metrics.request("get", "pods", 200, 0.1)
    server = ProbeServer(metrics, healthy=lambda: "", ready=lambda: wrong["ready"])
    port = await server.start("127.0.0.1", 0)
    try:
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:

            async def ask(path: str) -> tuple[int, str]:
                async with session.get(path) as response:
                    return response.status, await response.text()

            assert await ask("/healthz") == (200, "ok")
            assert await ask("/readyz") == (503, "not yet read: pods")
            wrong["ready"] = ""
            assert await ask("/readyz") == (200, "ok")
            shown = (await ask("/metrics"))[1]
            assert 'wharfinger_api_requests_total{code="200",resource="pods",verb="get"} 1.0' in shown
    finally:
        await server.stop()
