"""Recordings of the states, for Argo CD's own kind of test and for whoever wants to see what a state looks like.

``UPDATE_GOLDEN=1 pytest tests/integration/gitops`` records them anew from the live cluster; then read the diff.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml
from tests.support.verdicts import SCRIPTS, Verdict

from wharfinger.api.resource import Object

TESTDATA = SCRIPTS / "testdata"
HEALTH_TEST = SCRIPTS / "health_test.yaml"

_KEPT = (
    "name",
    "namespace",
    "generation",
    "annotations",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "finalizers",
)
_NAMESPACE = "shop"
_TIME = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_POD = re.compile(r"-[a-z0-9]{8,10}-[a-z0-9]{5}\b")


def recording(state: str) -> Object:
    """The object as it was recorded."""
    found: Object = yaml.safe_load((TESTDATA / f"{state}.yaml").read_text())
    return found


def record(state: str, obj: Object) -> None:
    """Keep what matters of an object, without what differs from run to run."""
    metadata = {key: obj["metadata"][key] for key in _KEPT if key in obj["metadata"]}
    kept = {"apiVersion": obj["apiVersion"], "kind": obj["kind"], "metadata": metadata}
    text = dump(kept | {"spec": obj["spec"], "status": obj["status"]})
    text = text.replace(obj["metadata"]["namespace"], _NAMESPACE)
    text = _POD.sub("-5d8f7c9b4c-x2k7p", _TIME.sub("2026-01-01T00:00:00Z", text))
    (TESTDATA / f"{state}.yaml").write_text(text)


def record_health_test(verdicts: dict[str, Verdict]) -> None:
    """Write Argo CD's test of its health check: a file and what is said of it, for each state."""
    tests = [
        {
            "inputPath": f"testdata/{state}.yaml",
            "healthStatus": {"status": verdict.argo, "message": verdict.argo_message},
        }
        for state, verdict in verdicts.items()
    ]
    HEALTH_TEST.write_text(dump({"tests": tests}))


def essence(obj: Object) -> tuple[Any, ...]:
    """What makes the state: the generation's fate, the conditions without their words, the rollout's state."""
    metadata, status = obj["metadata"], obj["status"]
    conditions = sorted((each["type"], each["status"], each["reason"]) for each in status.get("conditions", ()))
    seen = status.get("observedGeneration") == metadata["generation"]
    return seen, "deletionTimestamp" in metadata, conditions, status.get("rollout", {}).get("state")


def path_of(test: Object, folder: Path = SCRIPTS) -> Path:
    """The file that a test of Argo CD's kind is about."""
    return folder / str(test["inputPath"])


def dump(document: Object) -> str:
    """YAML as the recordings have it."""
    return yaml.safe_dump(document, sort_keys=False, width=1000, allow_unicode=True)
