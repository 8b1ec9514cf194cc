"""The shelf is a dict, whatever is packed when."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from wharfinger.engine.shelf import Shelf

KEYS = [("ns", name) for name in "abcde"]

STEPS = st.lists(
    st.tuples(st.sampled_from(["put", "get", "pop"]), st.sampled_from(KEYS), st.integers(-9, 9)),
    min_size=1,
    max_size=40,
)


@given(st.integers(1, 4), STEPS)
def test_it_behaves_as_a_dict_of_any_capacity(capacity: int, steps: list[tuple[str, tuple[str, str], int]]) -> None:
    shelf, model = Shelf(capacity), dict[tuple[str, str], dict[str, object]]()
    for step, key, value in steps:
        if step == "put":
            shelf.put(key, {"v": [value]})
            model[key] = {"v": [value]}
        elif step == "pop" and key in model:
            shelf.pop(key)
            del model[key]
        assert shelf.get(key) == model.get(key)
        assert (key in shelf) == (key in model)
    assert len(shelf) == len(model)
    assert sorted(shelf) == sorted(model)
    assert sorted(shelf.values(), key=str) == sorted(model.values(), key=str)


def test_what_is_used_stays_the_same_object() -> None:
    shelf = Shelf(2)
    for key in KEYS[:2]:
        shelf.put(key, {"k": key[1]})
    first = shelf.get(KEYS[0])
    shelf.put(KEYS[2], {"k": "c"})
    assert shelf.get(KEYS[0]) is first, "used more recently than the other"
    assert shelf.get(KEYS[1]) == {"k": "b"}
