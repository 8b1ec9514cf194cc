"""A rule of the chain, and how it says what it found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from wharfinger.api.containerworkload import Workload
from wharfinger.api.status import Finding, Severity
from wharfinger.render.options import Options

Rule = Callable[[Workload, Options], Iterator[Finding]]
"""Looks at one thing; yields nothing where all is well."""


_LONGEST = 1024
"""Characters of a path or a message that the status may hold."""


def _finding(severity: Severity, path: str, reason: str, message: str) -> Finding:
    return Finding(path=path[:_LONGEST], severity=severity, reason=reason, message=message[:_LONGEST])


error = partial(_finding, "error")
"""The API server would refuse an object of the workload."""
warning = partial(_finding, "warning")
"""Something is ignored, or bound to disappoint."""
info = partial(_finding, "info")
"""Something is decided that one may want to know."""
