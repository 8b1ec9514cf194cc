"""Digests of content that people own: what changes them, what does not, and that nothing of the content is kept."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from wharfinger.reconcilers.content import DIGEST, trim_content

data = st.dictionaries(st.text(min_size=1, max_size=8), st.text(max_size=16), max_size=4)


def _object(uid: str = "u1", **parts: Any) -> dict[str, Any]:
    return {"metadata": {"name": "db", "namespace": "shop", "uid": uid, "resourceVersion": "7"}, **parts}


def test_nothing_of_a_secret_is_kept() -> None:
    kept = trim_content(_object(data={"password": "aHVudGVyMg=="}, type="Opaque"))
    assert "aHVudGVyMg==" not in json.dumps(kept)
    assert kept["metadata"] == {"name": "db", "namespace": "shop", "uid": "u1", "resourceVersion": "7"}


def test_metadata_does_not_count() -> None:
    plain = _object(data={"a": "1"})
    labelled = _object(data={"a": "1"})
    labelled["metadata"] |= {"labels": {"x": "y"}, "resourceVersion": "9"}
    assert trim_content(plain)[DIGEST] == trim_content(labelled)[DIGEST]


def test_the_same_secret_elsewhere_has_another_digest() -> None:
    """Or whoever may read workloads could tell which namespaces share a password."""
    assert trim_content(_object("u1", data={"a": "1"}))[DIGEST] != trim_content(_object("u2", data={"a": "1"}))[DIGEST]


def test_data_and_binary_data_are_told_apart() -> None:
    assert trim_content(_object(data={"a": "1"}))[DIGEST] != trim_content(_object(binaryData={"a": "1"}))[DIGEST]


@given(data, data)
def test_equal_digests_mean_equal_data(one: dict[str, str], other: dict[str, str]) -> None:
    same = trim_content(_object(data=one))[DIGEST] == trim_content(_object(data=other))[DIGEST]
    assert same == (one == other)


@given(data)
def test_order_does_not_count(content: dict[str, str]) -> None:
    turned = dict(reversed(content.items()))
    assert trim_content(_object(data=content))[DIGEST] == trim_content(_object(data=turned))[DIGEST]
