"""What to tell of a Stack while one of its images is not there. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from wharfinger.api.resource import Object
from wharfinger.reconcilers.report import judged
from wharfinger.reconcilers.stack.building import Wait
from wharfinger.rollout import Verdict, stalled


def building_conditions(obj: Object, waiting: tuple[str, Wait], words: str, *, now: datetime) -> Any:
    """Conditions for a workload that waits for its image, with what the builder's pod says."""
    return judged(obj, verdicts(*waiting, words), (), now=now)["conditions"]


def verdicts(workload: str, wait: Wait, words: str) -> tuple[Verdict, ...]:
    """Ready, and why not."""
    said = f": {words}" if words else ""
    if wait.state == "BuildFailed":
        message = (
            f"The image of {workload} could not be built by Job {wait.job}{said}; change what it is built from, or the "
            "annotation wharfinger.dev/rebuild"
        )
        return stalled("BuildFailed", message)
    message = f"The image of {workload} is being built by Job {wait.job}{said}"
    return (Verdict("Ready", "False", "Building", message), Verdict("Reconciling", "True", "Building", message))
