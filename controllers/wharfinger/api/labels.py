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

TASK_LABEL = "wharfinger.dev/task"
"""Mode tasks, on a task's Pod: the task's id."""

SLOT_LABEL = "wharfinger.dev/slot"
"""Mode tasks, on a task's Pod: the slot that it fills, where tasks are counted."""

NODE_LABEL = "wharfinger.dev/node"
"""Mode tasks, on a task's Pod: the node that it is for, where there is one for each. As a label it may be cut, since a
node's name may be longer than a label's value; the annotation of the same name has it whole."""

ITERATION_LABEL = "wharfinger.dev/iteration"
"""Mode tasks, on a task's Pod: number of the deployment that started it."""

CAUSE_LABEL = "wharfinger.dev/cause"
"""Mode tasks, on a task's Pod: why it was started."""

HISTORY_LABEL = "wharfinger.dev/task-history"
"""On ConfigMaps that remember tasks: which chunk of the places."""

ROLLBACK_POLICY_ANNOTATION = "wharfinger.dev/rollback-policy"
"""Mode tasks, on ControllerRevisions: `spec.tasks.rollback` as it was when the spec last asked for that revision."""

UNHEALTHY_AFTER_ANNOTATION = "wharfinger.dev/unhealthy-after"
"""Mode tasks, on pods with a health check: seconds after their start from which never having been ready counts as
being unhealthy."""

RESUMED_ANNOTATION = "wharfinger.dev/resumed-at"
"""Mode tasks, on the workload, set by hand or by the CLI: a new value takes up an update that a failure paused."""
