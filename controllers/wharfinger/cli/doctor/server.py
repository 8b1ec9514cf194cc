"""The API server, its clock, and our kinds on it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from wharfinger.api.customresource import definition
from wharfinger.api.kinds import KINDS
from wharfinger.api.resource import Object
from wharfinger.cli.doctor.facts import Facts
from wharfinger.cli.doctor.verdict import Check, fail, is_true, ok, unknown, warning

OLDEST: Final = (1, 31)
"""The oldest Kubernetes that has all that is used."""

_SKEW: Final = 5.0
"""Seconds by which clocks may differ: tokens are valid from a moment on, and people compare times."""

_INSTALL_CRDS: Final = "kubectl apply --server-side -f crds/"


def api_server(facts: Facts) -> Iterator[Check]:
    """It answers, and is new enough."""
    if facts.unreachable:
        yield fail("API server", f"{facts.server}: {facts.unreachable}", "look at --context and the network")
        return
    numbers = re.match(r"v(\d+)\.(\d+)", facts.version)
    if numbers and tuple(map(int, numbers.groups())) < OLDEST:
        wanted = ".".join(map(str, OLDEST))
        yield fail("API server", f"Kubernetes {facts.version}", f"upgrade the cluster to {wanted} or later")
    else:
        yield ok("API server", f"Kubernetes {facts.version} at {facts.server}")


def clocks(facts: Facts) -> Iterator[Check]:
    """The server's clock and ours agree."""
    if facts.skew is None:
        yield unknown("clock", "the server did not tell its time")
    elif abs(facts.skew) > _SKEW:
        ahead = "ahead of" if facts.skew > 0 else "behind"
        message = f"the API server is {abs(facts.skew):.0f} s {ahead} this machine"
        yield warning("clock", message, "set both clocks by NTP: ages and tokens depend on them")
    else:
        yield ok("clock", f"within {_SKEW:.0f} s of the API server's")


def definitions(facts: Facts) -> Iterator[Check]:
    """Our kinds are known, established, and those that this version has."""
    for kind in KINDS:
        what = f"CRD {kind.name}"
        if kind.name in facts.unread:
            yield unknown(what, facts.unread[kind.name])
            continue
        live = facts.definitions.get(kind.name)
        if live is None:
            yield fail(what, "is not installed", _INSTALL_CRDS)
        elif not is_true(live, "Established"):
            yield fail(what, "is not established", f"kubectl describe crd {kind.name}")
        elif stale := _stale(live, definition(kind)):
            yield fail(what, stale, f"{_INSTALL_CRDS} (of the version that runs)")
        else:
            yield ok(what, "established, and of this version")


def _stale(live: Object, wanted: Object) -> str:
    """How the schema of a CRD differs from ours; empty where it does not."""
    versions = {each["name"]: each for each in live["spec"]["versions"]}
    for version in wanted["spec"]["versions"]:
        found = versions.get(version["name"])
        if found is None or not found.get("served"):
            return f"does not serve {version['name']}"
        there, here = (each["schema"]["openAPIV3Schema"]["properties"]["spec"] for each in (found, version))
        if missing := sorted(here["properties"].keys() - there["properties"].keys()):
            return f"is older than this command: it lacks spec.{', spec.'.join(missing)}"
        if there != here:
            return "has another schema than this command's"
    return ""
