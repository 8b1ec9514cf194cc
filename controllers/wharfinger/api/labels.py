"""Names of the labels and annotations that Wharfinger reads and writes."""

from __future__ import annotations

# Kubernetes' recommended labels, on everything that a workload makes

NAME_LABEL = "app.kubernetes.io/name"
"""The workload's name."""

INSTANCE_LABEL = "app.kubernetes.io/instance"
"""The workload's name."""

MANAGED_BY_LABEL = "app.kubernetes.io/managed-by"
"""``wharfinger``: by it the operator watches what it makes."""

MANAGED_BY = "wharfinger"
"""Value of `MANAGED_BY_LABEL` on everything we make: the server-side selector of our watches."""

# Labels of our own

REVISION_LABEL = "wharfinger.dev/revision"
"""On pods, their parents and ControllerRevisions: hash of the revision that they run or keep."""

WORKLOAD_LABEL = "wharfinger.dev/workload"
"""On pods of a workload with a `selector` of its own, which may need the label that names the workload elsewhere."""

STACK_LABEL = "wharfinger.dev/stack"
"""On everything that a Stack makes: its name."""

STACK_BROUGHT_LABEL = "wharfinger.dev/brought-by-stack"
"""On the Secrets and ConfigMaps that `wharfinger stack deploy` writes beside a Stack: the Stack's name."""

BUILD_LABEL = "wharfinger.dev/build"
"""On the Job that builds an image for a Stack, its pods and its ConfigMaps: the workload that the image is for."""

ELECTION_LABEL = "wharfinger.dev/election"
"""On every Lease of one election: its name."""

# Annotations on a workload, by which people steer it

ROLLBACK_TO_ANNOTATION = "wharfinger.dev/rollback-to"
"""A revision's number, or ``previous``. While it is there, that revision runs."""

PAUSED_ANNOTATION = "wharfinger.dev/paused"
"""``true`` freezes the rollout where it is."""

RESTARTED_ANNOTATION = "wharfinger.dev/restartedAt"
"""Set by hand or by the CLI; copied to the pods, where a new value makes a new revision."""

IMPORTED_ANNOTATION = "wharfinger.dev/imported"
"""Hash of the revision that ran when the workload's objects were taken over. While the spec asks for that revision, its
pod template stays as it was found, without our labels; any other revision has them."""

# Annotations on what a workload makes

APPLIED_ANNOTATION = "wharfinger.dev/applied"
"""On each object: fingerprint of what we last wrote."""

RETAIN_ANNOTATION = "wharfinger.dev/retain"
"""``true`` on an object that outlives its workload: written without an ownerReference, never pruned."""

REVISION_NUMBER_ANNOTATION = "wharfinger.dev/revision-number"
"""On the pods' parent: the number of that revision, for people."""

CONTENT_ANNOTATION = "wharfinger.dev/content"
"""On the pods: digest of the ConfigMaps and Secrets that they refer to, so that a change of content rolls them."""

DEPENDENCIES_ANNOTATION = "wharfinger.dev/dependencies"
"""On the pods: what ran of each workload that `spec.dependsOn` names with `restart`, so that another revision of it
rolls them: ``NAME=UID/REVISION``, with commas between."""
IMAGE_ANNOTATION = "wharfinger.dev/image"
"""On the Job that builds an image, and on its ConfigMaps: the image's name."""

# Annotations on a Stack

REBUILD_ANNOTATION = "wharfinger.dev/rebuild"
"""Any text. Another one has the Stack's images built anew, under other names, with what they are built from as it is
then."""

# Mode tasks

TASK_LABEL = "wharfinger.dev/task"
"""On a task's Pod: the task's id."""

SLOT_LABEL = "wharfinger.dev/slot"
"""On a task's Pod: the slot that it fills, where tasks are counted."""

NODE_LABEL = "wharfinger.dev/node"
"""On a task's Pod: the node that it is for, where there is one for each. As a label it may be cut, since a
node's name may be longer than a label's value; the annotation of the same name has it whole."""

ITERATION_LABEL = "wharfinger.dev/iteration"
"""On a task's Pod: number of the deployment that started it."""

CAUSE_LABEL = "wharfinger.dev/cause"
"""On a task's Pod: why it was started."""

HISTORY_LABEL = "wharfinger.dev/task-history"
"""On ConfigMaps that remember tasks: which chunk of the places."""

ROLLBACK_POLICY_ANNOTATION = "wharfinger.dev/rollback-policy"
"""On ControllerRevisions: `spec.tasks.rollback` as it was when the spec last asked for that revision."""

UNHEALTHY_AFTER_ANNOTATION = "wharfinger.dev/unhealthy-after"
"""On pods with a health check: seconds after their start from which never having been ready counts as
being unhealthy; ``never`` where the container may wait for others first."""

SPARE_ANNOTATION = "wharfinger.dev/non-essential"
"""On pods: names of the containers whose end is not the task's, with commas between."""

RESUMED_ANNOTATION = "wharfinger.dev/resumed-at"
"""On the workload, set by hand or by the CLI: a new value takes up an update that a failure paused."""

# Annotations on a Node

AVAILABILITY_ANNOTATION = "wharfinger.dev/availability"
"""active, pause or drain: what a NodePolicy makes of it."""

NODE_POLICY_ANNOTATION = "wharfinger.dev/node-policy"
"""Which NodePolicy holds the node, and what was there before: JSON, read by nobody else."""

# Finalizers

NODE_POLICY_FINALIZER = "wharfinger.dev/node-policy"
"""On a NodePolicy: its nodes are to be given back before it goes."""
