"""The store: rivers in any order, the same end; never older than our own writes."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from wharfinger.api.builtin import CONFIG_MAP
from wharfinger.api.resource import Key, Object
from wharfinger.engine.store import Origin, Store
from wharfinger.engine.stores import Stores

NS = "ns"


def obj(name: str, version: int, *, uid: str = "", owner: str = "", **data: str) -> Object:
    metadata: Object = {"name": name, "namespace": NS, "uid": uid or f"uid-{name}", "resourceVersion": str(version)}
    if owner:
        metadata["ownerReferences"] = [{"uid": owner, "kind": "Widget", "name": owner, "controller": True}]
    return {"metadata": metadata, "data": data}


def event(kind: str, what: Object) -> Object:
    return {"type": kind, "object": what}


def store(**options: Any) -> Store:
    """With room for one object: all others are packed, in every test here."""
    return Store(CONFIG_MAP, in_use=1, **options)


def names(cache: Store) -> list[str]:
    return sorted(found["metadata"]["name"] for found in cache.values())


def test_an_older_event_is_ignored() -> None:
    cache = store()
    cache.put(obj("a", 5, x="written"))
    cache.event(event("MODIFIED", obj("a", 4, x="stale")))
    found = cache.get(NS, "a")
    assert found is not None
    assert found["data"] == {"x": "written"}


def test_versions_compare_as_numbers() -> None:
    cache = store()
    cache.event(event("ADDED", obj("a", 9)))
    cache.event(event("MODIFIED", obj("a", 10, x="new")))
    found = cache.get(NS, "a")
    assert found is not None
    assert found["data"] == {"x": "new"}


def test_the_echo_of_a_write_is_no_news() -> None:
    cache = store()
    told: list[Origin] = []
    cache.subscribe(lambda _old, _new, origin, _by: told.append(origin))
    with cache.writing((NS, "a")):
        cache.event(event("ADDED", obj("a", 7)))
        cache.put(obj("a", 7), by=("Owner", NS, "owner"))
    assert told == [Origin.WRITE]


def test_what_others_did_during_a_write_is_told_after_it() -> None:
    cache = store()
    told: list[tuple[Origin, str]] = []
    cache.subscribe(lambda _old, new, origin, _by: told.append((origin, new["metadata"]["resourceVersion"])))  # type: ignore[index]
    with cache.writing((NS, "a")):
        cache.event(event("ADDED", obj("a", 7)))
        cache.event(event("MODIFIED", obj("a", 8)))
        cache.put(obj("a", 7))
    assert told == [(Origin.WRITE, "7"), (Origin.EVENT, "8")]


def test_events_that_waited_come_even_if_the_write_failed() -> None:
    cache = store()
    try:
        with cache.writing((NS, "a")):
            cache.event(event("ADDED", obj("a", 7)))
            raise RuntimeError
    except RuntimeError:
        pass
    assert names(cache) == ["a"]


def test_a_confirmed_deletion_is_not_undone_by_late_events() -> None:
    cache = store()
    cache.put(obj("a", 5))
    cache.confirm_deleted(obj("a", 5))
    cache.event(event("MODIFIED", obj("a", 6)))
    assert names(cache) == []
    cache.event(event("DELETED", obj("a", 7)))
    cache.event(event("ADDED", obj("a", 8, uid="another")))
    assert names(cache) == ["a"]


def test_a_confirmed_deletion_is_not_undone_by_a_stale_list() -> None:
    cache = store()
    cache.put(obj("a", 5))
    cache.confirm_deleted(obj("a", 5))
    cache.prune(cache.absorb([obj("a", 5)]), 5)
    assert names(cache) == []


def test_a_deletion_of_an_earlier_object_of_that_name_leaves_the_new_one() -> None:
    cache = store()
    cache.put(obj("a", 9, uid="new"))
    cache.event(event("DELETED", obj("a", 8, uid="old")))
    assert names(cache) == ["a"]


def test_leaving_the_selector_before_our_write_brought_it_back() -> None:
    """DELETED carries the version at which the object left; our apply, later, put the label on again."""
    cache = store()
    cache.event(event("ADDED", obj("a", 5)))
    cache.put(obj("a", 8))
    cache.event(event("DELETED", obj("a", 7)))
    assert names(cache) == ["a"]


def test_a_list_forgets_what_it_does_not_name_unless_that_is_newer() -> None:
    cache = store()
    cache.event(event("ADDED", obj("vanished", 3)))
    cache.put(obj("just-made", 12))
    told: list[tuple[str, Origin]] = []
    cache.subscribe(lambda old, new, origin, _by: told.append(((new or old)["metadata"]["name"], origin)))  # type: ignore[index]
    cache.prune(cache.absorb([obj("kept", 5)]), 10)
    assert names(cache) == ["just-made", "kept"]
    assert ("vanished", Origin.LIST) in told


def test_a_list_of_one_namespace_says_nothing_about_others() -> None:
    cache = store()
    other = obj("b", 3)
    other["metadata"]["namespace"] = "other"
    cache.event(event("ADDED", other))
    cache.prune(cache.absorb([obj("a", 5)]), 10, NS)
    assert names(cache) == ["a", "b"]


def test_a_late_answer_does_not_bring_back_what_a_list_has_seen_go() -> None:
    cache = store()
    cache.prune(cache.absorb([]), 20)
    cache.put(obj("a", 10))
    assert names(cache) == []
    cache.put(obj("a", 21))
    assert names(cache) == ["a"]


def test_indexes_follow_changes_of_owner() -> None:
    cache = store(indexes={"by-data": lambda found: found["data"].values()})
    cache.event(event("ADDED", obj("a", 1, owner="o1", x="v1")))
    cache.event(event("MODIFIED", obj("a", 2, owner="o2", x="v2")))
    assert cache.by_owner("o1") == []
    assert [found["metadata"]["name"] for found in cache.by_owner("o2")] == ["a"]
    assert cache.by_index("by-data", "v1") == []
    assert len(cache.by_index("by-data", "v2")) == 1
    cache.event(event("DELETED", obj("a", 3)))
    assert cache.by_owner("o2") == []


def test_clearing_tells_what_goes() -> None:
    cache = store()
    cache.event(event("ADDED", obj("a", 1)))
    told: list[object] = []
    cache.subscribe(lambda _old, new, _origin, _by: told.append(new))
    cache.clear()
    assert len(cache) == 0
    assert told == [None]


def test_children_are_found_over_all_owned_stores() -> None:
    stores = Stores()
    owned = stores.add("configmaps", store(), owned=True)
    watched = stores.add("content", store(), owned=False)
    owned.put(obj("a", 1, owner="o"))
    watched.put(obj("b", 1, owner="o"))
    assert [(resource, found["metadata"]["name"]) for resource, found in stores.by_owner("o")] == [(CONFIG_MAP, "a")]
    assert stores.resource_of({"apiVersion": "v1", "kind": "ConfigMap"}) == CONFIG_MAP


def test_children_are_those_of_the_owners_namespace() -> None:
    """Anybody who may write in another namespace can name any uid there."""
    stores = Stores()
    owned = stores.add("configmaps", store(), owned=True)
    for namespace in ("shop", "elsewhere"):
        made = obj("a", 1, owner="o")
        owned.put({**made, "metadata": {**made["metadata"], "namespace": namespace, "uid": namespace}})
    found = [each["metadata"]["namespace"] for _, each in stores.by_owner("o", "shop")]
    assert found == ["shop"]


History = list[tuple[str, int, str]]


@st.composite
def histories(draw: st.DrawFn) -> History:
    """(type, version, name) of events as the API server sends them, versions rising."""
    alive: set[str] = set()
    events: History = []
    for version in range(1, draw(st.integers(1, 15)) + 1):
        name = draw(st.sampled_from(["a", "b", "c"]))
        kind = draw(st.sampled_from(["MODIFIED", "DELETED"])) if name in alive else "ADDED"
        alive = alive - {name} if kind == "DELETED" else alive | {name}
        events.append((kind, version, name))
    return events


def _uids(history: History) -> dict[tuple[str, int], str]:
    """The uid of each event's object: a new one for each creation."""
    current: dict[str, str] = {}
    found = {}
    for kind, version, name in history:
        if kind == "ADDED":
            current[name] = f"{name}@{version}"
        found[name, version] = current[name]
    return found


def _state(history: History, until: int) -> dict[Key, Object]:
    uids = _uids(history)
    state: dict[Key, Object] = {}
    for kind, version, name in history[:until]:
        if kind == "DELETED":
            del state[NS, name]
        else:
            state[NS, name] = obj(name, version, uid=uids[name, version])
    return state


@given(histories(), st.data())
def test_a_relist_at_any_time_and_events_from_there_end_in_the_clusters_state(
    history: History, data: st.DataObject
) -> None:
    """Whatever was missed before it, and whichever of our own answers come late."""
    cache, uids = store(), _uids(history)
    heard = data.draw(st.lists(st.booleans(), min_size=len(history), max_size=len(history)))
    listed = data.draw(st.integers(0, len(history)))
    for (kind, version, name), hears in zip(history[:listed], heard, strict=False):
        if hears:
            cache.event(event(kind, obj(name, version, uid=uids[name, version])))
    cache.prune(cache.absorb(_state(history, listed).values()), listed)
    for index, (kind, version, name) in enumerate(history[listed:], listed):
        cache.event(event(kind, obj(name, version, uid=uids[name, version])))
        late = data.draw(st.integers(0, index))
        kind_late, version_late, name_late = history[late]
        if kind_late != "DELETED" and (NS, name_late) in _state(history, index + 1):
            same = uids[name_late, version_late] == uids[name_late, _last(history, index, name_late)]
            if same:
                cache.put(obj(name_late, version_late, uid=uids[name_late, version_late]))
    wanted = {key: found["metadata"]["resourceVersion"] for key, found in _state(history, len(history)).items()}
    assert {(NS, n): cache.get(NS, n)["metadata"]["resourceVersion"] for n in names(cache)} == wanted  # type: ignore[index]


def _last(history: History, index: int, name: str) -> int:
    return max(version for _, version, found in history[: index + 1] if found == name)
