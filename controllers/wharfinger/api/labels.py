"""Labels and annotations that more than one layer reads."""

from __future__ import annotations

REVISION_LABEL = "wharfinger.dev/revision"
"""On pods, their parents and ControllerRevisions: hash of the revision that they run or keep."""

ROLLBACK_TO_ANNOTATION = "wharfinger.dev/rollback-to"
"""On the workload: a revision's number, or ``previous``. While it is there, that revision runs."""

PAUSED_ANNOTATION = "wharfinger.dev/paused"
"""On the workload: ``true`` freezes its rollout where it is."""
