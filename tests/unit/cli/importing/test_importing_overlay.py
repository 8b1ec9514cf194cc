"""The overlay undoes the merge, for anything that a merge can say."""

from __future__ import annotations

from hypothesis import given, settings
from importing_objects import POD_SPECS

from wharfinger.api.resource import Object
from wharfinger.cli.importing.defaults import plain_pod, pull_policy
from wharfinger.cli.importing.overlay import overlay
from wharfinger.render.pod_overlay import merge

GONE = {"$patch": "delete"}


@settings(max_examples=50)
@given(POD_SPECS, POD_SPECS)
def test_overlay_makes_one_pod_of_another(base: Object, wanted: Object) -> None:
    over = overlay(plain_pod(base), plain_pod(wanted))
    assert plain_pod(merge(plain_pod(base), over)) == plain_pod(wanted)


@settings(max_examples=50)
@given(POD_SPECS)
def test_nothing_is_said_of_what_is_the_same(spec: Object) -> None:
    assert overlay(spec, spec) == {}


def test_only_what_differs_is_said() -> None:
    base = {"containers": [{"name": "web", "image": "web:1", "tty": True}], "serviceAccountName": "default"}
    wanted = {"containers": [{"name": "web", "image": "web:1", "stdin": True}, {"name": "side", "image": "s"}]}
    assert overlay(base, wanted) == {
        "containers": [{"name": "web", "stdin": True, "tty": GONE}, {"name": "side", "image": "s"}],
        "serviceAccountName": GONE,
    }


def test_another_order_is_said_in_full() -> None:
    base = {"containers": [{"name": "a", "image": "a"}]}
    wanted = {"containers": [{"name": "b", "image": "b"}, {"name": "a", "image": "a"}]}
    assert overlay(base, wanted)["containers"][0] == {"$patch": "replace"}


def test_a_default_is_said_rather_than_taken_away() -> None:
    assert overlay({"terminationGracePeriodSeconds": 35}, {}) == {"terminationGracePeriodSeconds": 30}


@settings(max_examples=50)
@given(POD_SPECS)
def test_defaults_are_taken_out_once(spec: Object) -> None:
    assert plain_pod(plain_pod(spec)) == plain_pod(spec)


def test_pull_policy_is_what_kubernetes_fills_in() -> None:
    assert pull_policy("registry.example.com:5000/web") == "Always"
    assert pull_policy("registry.example.com:5000/web:latest") == "Always"
    assert pull_policy("registry.example.com:5000/web:1") == "IfNotPresent"
    assert pull_policy("web@sha256:0") == "IfNotPresent"
