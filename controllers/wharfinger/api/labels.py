"""Labels and annotations that more than one layer reads."""

from __future__ import annotations

REVISION_LABEL = "wharfinger.dev/revision"
"""On pods, their parents and ControllerRevisions: hash of the revision that they run or keep."""

ROLLBACK_TO_ANNOTATION = "wharfinger.dev/rollback-to"
"""On the workload: a revision's number, or ``previous``. While it is there, that revision runs."""

PAUSED_ANNOTATION = "wharfinger.dev/paused"
"""On the workload: ``true`` freezes its rollout where it is."""

WORKLOAD_LABEL = "wharfinger.dev/workload"
"""On pods of a workload with a `selector` of its own, which may need the label that names the workload elsewhere."""

IMPORTED_ANNOTATION = "wharfinger.dev/imported"
"""On the workload: hash of the revision that ran when its objects were taken over. While the spec asks for that
revision, its pod template stays as it was found, without our labels; any other revision has them."""
