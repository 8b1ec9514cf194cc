"""How placement says what it found."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from wharfinger.api.status import Finding, Severity

PLACEMENT = "spec.tasks.placement"
"""Where all of it stands in the document."""

_LONGEST = 1024

Say = Callable[[str, str, str], Finding]
"""Path below `PLACEMENT`, reason, message."""


def _finding(severity: Severity, path: str, reason: str, message: str) -> Finding:
    where = f"{PLACEMENT}.{path}"
    return Finding(path=where[:_LONGEST], severity=severity, reason=reason, message=message[:_LONGEST])


error: Say = partial(_finding, "error")
"""It cannot be honoured: the workload is stopped."""
warning: Say = partial(_finding, "warning")
"""It is taken as it is, and will disappoint."""
info: Say = partial(_finding, "info")
"""It is approximated, or has no effect."""
