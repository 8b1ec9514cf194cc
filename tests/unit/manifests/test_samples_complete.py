"""The samples show all that a ContainerWorkload can say, so that whoever looks for a feature finds it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from wharfinger.api.customresource import definition
from wharfinger.api.kinds import CONTAINER_WORKLOAD, CONTAINER_WORKLOAD_KIND
from wharfinger.api.labels import PAUSED_ANNOTATION, RESTARTED_ANNOTATION, ROLLBACK_TO_ANNOTATION

SAMPLES = sorted((Path(__file__).parents[3] / "manifests/samples").glob("*.yaml"))

BORROWED = {"env", "envFrom", "resources", "imagePullSecrets", "pod"}
"""Types of Kubernetes' own: that they are used is enough."""
LEFT_OUT = {
    "ports.nodePort": "a port that may be taken already",
    "ports.hostPort": "a port that may be taken already",
    "healthCheck.grpc": "the image of the samples does not speak it",
    "storage.storageClassName": "each cluster has its own",
    **dict.fromkeys(
        (
            "containerName",
            "rollout.strategy",
            "selector",
            "service.spec",
            "stateful",
            "stateful.podManagementPolicy",
            "stateful.serviceName",
            "stateful.volumeClaimTemplates",
        ),
        "says what was there before the workload: docs/migrate.md",
    ),
}


def fields(schema: Any, above: str = "") -> Iterator[str]:
    """Paths of the fields of a schema, and of the blocks in it: ``ports``, ``ports.name``."""
    for name, field in schema.get("properties", {}).items():
        yield f"{above}{name}"
        if not above and name not in BORROWED:
            yield from fields(field.get("items", field), f"{name}.")


def used(value: Any, above: str = "") -> Iterator[str]:
    """The same of a document."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield f"{above}{name}"
            yield from used(each, f"{above}{name}.")
    elif isinstance(value, list):
        for each in value:
            yield from used(each, above)


def workloads() -> list[Any]:
    documents = [obj for path in SAMPLES for obj in yaml.safe_load_all(path.read_text())]
    return [obj for obj in documents if obj["kind"] == CONTAINER_WORKLOAD.kind]


def test_every_field_is_in_a_sample() -> None:
    (version,) = definition(CONTAINER_WORKLOAD_KIND)["spec"]["versions"]
    spec = version["schema"]["openAPIV3Schema"]["properties"]["spec"]
    shown = {path for obj in workloads() for path in used(obj["spec"])}
    assert set(fields(spec)) - shown == set(LEFT_OUT)


def test_every_mode_is_in_a_sample() -> None:
    modes = {obj["spec"].get("mode", "service") for obj in workloads()}
    assert modes == {"service", "stateful", "daemon", "job", "cron", "pod", "tasks"}


@pytest.mark.parametrize("annotation", [RESTARTED_ANNOTATION, PAUSED_ANNOTATION, ROLLBACK_TO_ANNOTATION])
def test_every_annotation_is_in_a_sample(annotation: str) -> None:
    assert any(annotation in path.read_text() for path in SAMPLES)


def test_no_two_samples_are_about_the_same_workload() -> None:
    """They are applied together, into one namespace."""
    names = [obj["metadata"]["name"] for obj in workloads()]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_each_sample_says_what_it_is_for(path: Path) -> None:
    assert path.read_text().startswith("# ")
