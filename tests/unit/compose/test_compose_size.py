"""A conversion takes time in proportion to the services, whatever they have to do with one another."""

from __future__ import annotations

import cProfile
import json
import pstats

from tests.support.composing import parser

from wharfinger.compose.convert import convert
from wharfinger.compose.parser import Document, Source


def _document(services: int) -> Document:
    """Each has something of which another way of looking would ask all the others."""
    project = {
        "services": {f"web-{number}": _service(number) for number in range(services)},
        "volumes": {f"data-{number}": None for number in range(services)},
        "networks": {"front": None, "back": None},
        "configs": {f"settings-{number}": {"content": "a"} for number in range(services)},
    }
    text = json.dumps(project)
    source = Source(documents=["compose.yaml"], files={"compose.yaml": text}, name="shop")
    return parser().parse(source)


def _service(number: int) -> dict[str, object]:
    """Every fourth joins the pod of the one before, and is on no network of its own."""
    before = f"web-{number - 1}"
    alone: dict[str, object] = {"networks": ["front" if number % 2 else "back"]}
    if number:
        alone |= {"links": [f"{before}:first-{number}"]}
    return {
        "image": "registry.example.com/shop/web:1",
        "volumes": [f"data-{number}:/data"],
        "configs": [f"settings-{number}"],
        **({"network_mode": f"service:{before}"} if number % 4 == 3 else alone),
        **({"restart": "no"} if number % 3 else {"build": "."}),
        **({"depends_on": {before: {"condition": "service_started"}}} if number else {}),
    }


def _calls(document: Document) -> int:
    """Functions that a conversion calls: a measure of its time that is the same on every machine."""
    profile = cProfile.Profile()
    profile.runcall(convert, document, namespace="shop", files={})
    return int(pstats.Stats(profile).total_calls)  # type: ignore[attr-defined]


def test_four_times_the_services_take_four_times_as_long() -> None:
    few, many = _document(32), _document(128)
    _calls(few)  # what is computed once for all conversions
    assert _calls(many) < 5 * _calls(few)
