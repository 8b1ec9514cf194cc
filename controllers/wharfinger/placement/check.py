"""What is wrong with a placement whatever the nodes are."""

from __future__ import annotations

from wharfinger.api.status import Finding
from wharfinger.api.tasks import TasksBlock


def check(block: TasksBlock) -> tuple[Finding, ...]:
    """Findings, with their paths below ``spec.tasks.placement``: errors of grammar, and what has no meaning here."""
    raise NotImplementedError(block)
