"""The writer by itself on a real API server: what it does with refusals, races, leftovers, and things that stay."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from tests.integration.engine.widgets import WIDGET, config, deployment, desired, widget
from tests.support.waiting import eventually

from wharfinger.api.builtin import CONFIG_MAP, DEPLOYMENT, POD, SERVICE
from wharfinger.api.labels import RETAIN_ANNOTATION
from wharfinger.api.resource import Object, Resource
from wharfinger.engine.client import KubeClient
from wharfinger.engine.errors import Conflict, LeadershipLost, NotFound
from wharfinger.engine.outcome import Outcome
from wharfinger.engine.store import Store
from wharfinger.engine.stores import Stores
from wharfinger.engine.writer import ChildWriter

pytestmark = pytest.mark.integration

QUOTA = Resource(group="", version="v1", kind="ResourceQuota", plural="resourcequotas")


class Desk:
    """A writer with stores that hear of nothing but its own writes: no watch comes to the rescue."""

    def __init__(self, client: KubeClient, owner: Object) -> None:
        self.client = client
        self.owner = owner
        self.stores = Stores()
        for resource in (CONFIG_MAP, DEPLOYMENT, SERVICE, POD):
            self.stores.add(str(resource), Store(resource), owned=True)
        self.writer = ChildWriter(client, self.stores)

    async def want(self, *children: Object, **options: Any) -> Outcome:
        """Ensure these children."""
        wishes = deepcopy(self.owner)
        wishes["spec"] = {"children": list(children), **options.pop("spec", {})}
        return await self.writer.ensure(self.owner, desired(wishes), **options)

    async def live(self, resource: Resource, name: str) -> Object | None:
        """What the server has."""
        try:
            return await self.client.get(resource, self.owner["metadata"]["namespace"], name)
        except NotFound:
            return None


@pytest.fixture
async def desk(widgets: None, client: KubeClient, namespace: str) -> Desk:
    return Desk(client, await client.create(WIDGET, widget(namespace, "w"), manager="user"))


def _reasons(outcome: Outcome) -> list[str]:
    return [error.reason for error in outcome.errors]


async def test_an_unknown_field_is_refused_and_named_at_creation_and_at_change(desk: Desk) -> None:
    wrong = deployment("d", replica=2)
    made = await desk.want(wrong)
    assert _reasons(made) == ["Invalid"]
    assert made.errors[0].fields == ("spec.replica",)
    assert (await desk.want(deployment("d"))).created == 1
    changed = await desk.want(wrong)
    assert _reasons(changed) == ["Invalid"]
    assert changed.errors[0].fields == ("spec.replica",)


async def test_an_invalid_value_says_where(desk: Desk) -> None:
    outcome = await desk.want(deployment("d", replicas=-1))
    assert _reasons(outcome) == ["Invalid"]
    assert outcome.errors[0].fields == ("spec.replicas",)


async def test_an_immutable_field_is_said_and_nothing_is_deleted(desk: Desk) -> None:
    await desk.want(deployment("d"))
    before = await desk.live(DEPLOYMENT, "d")
    other = deployment("d")
    other["spec"]["selector"]["matchLabels"]["more"] = "x"
    other["spec"]["template"]["metadata"]["labels"]["more"] = "x"
    outcome = await desk.want(other)
    assert _reasons(outcome) == ["Immutable"]
    after = await desk.live(DEPLOYMENT, "d")
    assert before is not None
    assert after is not None
    assert after["metadata"]["uid"] == before["metadata"]["uid"]


async def test_a_quota_is_told_from_a_lack_of_rights(desk: Desk, client: KubeClient, namespace: str) -> None:
    quota = {"metadata": {"name": "q", "namespace": namespace}, "spec": {"hard": {"count/deployments.apps": "0"}}}
    await client.create(QUOTA, quota, manager="user")

    async def enforced() -> bool:
        return bool((await client.get(QUOTA, namespace, "q")).get("status", {}).get("hard"))

    await eventually(enforced, timeout=30, what="the quota is counted")
    assert _reasons(await desk.want(deployment("d"))) == ["QuotaExceeded"]


async def test_one_refusal_does_not_keep_the_others_back_but_stops_deletions(desk: Desk) -> None:
    await desk.want(config("old"))
    outcome = await desk.want(config("new"), deployment("d", replicas=-1))
    assert outcome.created == 1
    assert _reasons(outcome) == ["Invalid"]
    assert await desk.live(CONFIG_MAP, "old"), "what is still in use must not go while its successor is refused"


async def test_what_is_in_sync_costs_nothing_even_after_a_restart(desk: Desk, client: KubeClient) -> None:
    wishes = (config("a", x="1"), deployment("d", replicas=2))
    await desk.want(*wishes)
    again = await desk.want(*wishes)
    assert (again.writes, again.unchanged) == (0, 2)
    blind = Desk(client, desk.owner)
    adopted = await blind.want(*wishes)
    assert (adopted.writes, adopted.unchanged) == (0, 2)


async def test_a_stale_view_deletes_nothing_that_changed_hands(desk: Desk, client: KubeClient, namespace: str) -> None:
    """Deleted and made again by somebody else, unseen: the uid is another one."""
    await desk.want(config("a"))
    await client.delete(CONFIG_MAP, (namespace, "a"))
    theirs = config("a", theirs="yes")
    theirs["metadata"]["namespace"] = namespace
    await client.create(CONFIG_MAP, theirs, manager="user")
    outcome = await desk.want()
    assert outcome.ok
    live = await desk.live(CONFIG_MAP, "a")
    assert live is not None
    assert live["data"] == {"theirs": "yes"}


async def test_a_stale_view_writes_nothing_into_what_changed_hands(
    desk: Desk, client: KubeClient, namespace: str
) -> None:
    await desk.want(config("a", x="1"))
    await client.delete(CONFIG_MAP, (namespace, "a"))
    theirs = config("a", theirs="yes")
    theirs["metadata"]["namespace"] = namespace
    await client.create(CONFIG_MAP, theirs, manager="user")
    with pytest.raises(Conflict):
        await desk.want(config("a", x="2"))
    live = await desk.live(CONFIG_MAP, "a")
    assert live is not None
    assert live["data"] == {"theirs": "yes"}


async def test_an_object_that_changed_meanwhile_is_still_removed(
    desk: Desk, client: KubeClient, namespace: str
) -> None:
    await desk.want(config("a"))
    await client.patch(CONFIG_MAP, (namespace, "a"), {"data": {"n": "1"}}, manager="kubectl-edit")
    outcome = await desk.want()
    assert outcome.deleted == 1
    assert await desk.live(CONFIG_MAP, "a") is None


async def test_a_child_that_is_going_is_waited_for(desk: Desk, client: KubeClient, namespace: str) -> None:
    await desk.want(config("a", x="1"))
    held = {"metadata": {"finalizers": ["engine.test/hold"]}}
    await client.patch(CONFIG_MAP, (namespace, "a"), held, manager="user")
    await client.delete(CONFIG_MAP, (namespace, "a"))
    blind = Desk(client, desk.owner)
    waiting = await blind.want(config("a", x="1"))
    assert waiting.terminating == [(CONFIG_MAP, (namespace, "a"))]
    assert not waiting.ok
    await client.patch(CONFIG_MAP, (namespace, "a"), {"metadata": {"finalizers": None}}, manager="user")
    assert (await Desk(client, desk.owner).want(config("a", x="1"))).created == 1


async def test_a_child_of_the_owner_before_us_is_waited_for(desk: Desk, client: KubeClient, namespace: str) -> None:
    await desk.want(config("a", x="1"))
    successor = {**desk.owner, "metadata": {**desk.owner["metadata"], "uid": "another"}}
    outcome = await Desk(client, successor).want(config("a", x="1"))
    assert outcome.terminating == [(CONFIG_MAP, (namespace, "a"))]
    assert outcome.errors == []


async def test_what_is_retained_has_no_owner_and_is_never_pruned(desk: Desk, client: KubeClient) -> None:
    kept = config("kept", x="1")
    kept["metadata"]["annotations"] = {RETAIN_ANNOTATION: "true"}
    await desk.want(kept)
    live = await desk.live(CONFIG_MAP, "kept")
    assert live is not None
    assert "ownerReferences" not in live["metadata"]
    assert (await desk.want()).deleted == 0
    again = await Desk(client, desk.owner).want(kept)
    assert (again.writes, again.unchanged) == (0, 1), "known again as ours"


async def test_what_the_server_writes_otherwise_is_not_written_again(desk: Desk) -> None:
    """A Service port's default protocol, an allocated address, a normalised quantity."""
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "s"},
        "spec": {"selector": {"a": "b"}, "ports": [{"name": "http", "port": 80}], "ipFamilies": ["IPv4"]},
    }
    await desk.want(service)
    assert (await desk.want(service)).writes == 0


async def test_keep_spares_what_is_not_desired(desk: Desk) -> None:
    await desk.want(config("a"), config("b"))
    outcome = await desk.want(keep=lambda _resource, obj: obj["metadata"]["name"] == "a")
    assert outcome.deleted == 1
    assert await desk.live(CONFIG_MAP, "a")


async def test_a_lease_lost_between_two_writes_lets_the_second_not_happen(desk: Desk, client: KubeClient) -> None:
    allowed = iter([True, False])

    def guard(_namespace: str) -> None:
        if not next(allowed):
            raise LeadershipLost

    guarded = Desk(client.guarded(guard), desk.owner)
    with pytest.raises(LeadershipLost):
        await guarded.want(config("a"), config("b"))
    made = [name for name in ("a", "b") if await desk.live(CONFIG_MAP, name)]
    assert len(made) == 1


async def test_deleting_what_is_gone_is_fine(desk: Desk, client: KubeClient, namespace: str) -> None:
    await desk.want(config("a"))
    held = desk.stores[CONFIG_MAP].get(namespace, "a")
    assert held is not None
    await client.delete(CONFIG_MAP, (namespace, "a"))
    await desk.writer.delete(CONFIG_MAP, held)
    assert desk.stores[CONFIG_MAP].get(namespace, "a") is None


async def test_a_pod_is_gone_only_when_the_server_says_so(desk: Desk, client: KubeClient, namespace: str) -> None:
    pod = {
        "metadata": {"name": "p", "namespace": namespace},
        "spec": {"containers": [{"name": "c", "image": "example.com/nothing:1"}], "nodeName": "nowhere"},
    }
    made = await client.create(POD, pod, manager="user")
    held = desk.stores[POD].put(made)
    await desk.writer.delete(POD, held, grace_period_seconds=30)
    going = desk.stores[POD].get(namespace, "p")
    assert going is not None
    assert "deletionTimestamp" in going["metadata"]
    await desk.writer.delete(POD, going, grace_period_seconds=0)
    assert desk.stores[POD].get(namespace, "p") is None
