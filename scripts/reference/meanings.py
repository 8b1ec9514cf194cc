"""What each reason means, in words. The source says which there are; one without words here is an error."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

CONDITIONS: Final = {
    "Ready": "always there, once the operator has seen the resource. True: what runs is what the spec says, and all "
    "of it is ready",
    "Reconciling": "there while True: on the way; nothing to do but wait",
    "Stalled": "there while True: it will not get there by itself; the message says what to do",
    "Complete": "bounded work that ended well",
    "Failed": "bounded work that failed for good",
}
"""Types of conditions."""

REASONS: Final = {
    "AllReplicasReady": "all of it, on the revision that the spec asks for",
    "AllServicesReady": "a Stack: each of its services is Ready",
    "ServicesNotReady": "a Stack: some of its services are on their way; the message names them",
    "ServiceStalled": "a Stack: a service will not get there by itself; the message says which, and why",
    "JobComplete": "the job did its work",
    "PodSucceeded": "the bare pod did its work",
    "Scheduled": "mode `cron`: the schedule is in place",
    "BuildFailed": "an image of the Stack could not be built; the message has the end of the builder's log",
    "Building": "an image of the Stack is being built; its workload waits for it, and what ran before goes on running",
    "Suspended": "mode `job` or `cron`, or a Stack that has changed: held by `suspend`",
    "Progressing": "a rollout is on the way",
    "Scaling": "pods are missing, or too many",
    "ReplicasNotReady": "the pods are there, and not all of them are ready",
    "WaitingForDependencies": "what `spec.dependsOn` names is not there yet: no pod is started, and no change "
    "reaches the pods",
    "DependencyFailed": "what `spec.dependsOn` names has failed: it goes on by itself once that is well",
    "Applying": "Kubernetes' own controller has not seen the last change yet",
    "JobRunning": "the job runs",
    "WaitingForDeletion": "an object of ours is being deleted, and is made again once it is gone: see its finalizers",
    "Retrying": "the API server keeps refusing a write for now (an admission webhook that does not answer, say); it is "
    "tried again",
    "InternalError": "the operator itself fails on this resource: a defect, which its log shows",
    "RollingBack": "on the way back to the last good revision",
    "Paused": "held by the annotation `wharfinger.dev/paused`",
    "RolledBack": "another revision runs than the spec asks for, and stays",
    "RolloutFailed": "a rollout failed, and there is nothing to go back to, or the policy is to go on",
    "RolloutPaused": "a rollout failed, and the policy is to stop there",
    "JobFailed": "the job failed for good",
    "PodFailed": "the bare pod failed, and its `restartPolicy` leaves it at that",
    "TasksEnded": "mode `tasks`: some tasks ended, and their restart policy asks for no others",
    "Applied": "NodePolicy: every node is what it says",
    "NoNodes": "NodePolicy: there is no node that it is about",
    "Draining": "NodePolicy: pods are on their way, or wait for a disruption budget",
    "PodsRemain": "NodePolicy: only pods are left on a node that a person must decide about",
    "DrainTimedOut": "NodePolicy: pods are left after `drain.timeout`; it goes on all the same",
    "NodeNotWritten": "NodePolicy: the API server refuses a change of a node, for the reason given",
    "InvalidSpec": "the document cannot be acted on: see `status.findings`",
    "Conflict": "an object of that name belongs to someone else; NodePolicy: another one holds a node; it is named",
    "Forbidden": "the API server refuses an object: a right is missing, or a policy forbids it",
    "QuotaExceeded": "the API server refuses an object, because of a ResourceQuota",
    "Invalid": "the API server refuses an object as invalid",
    "Immutable": "the API server refuses a change of a field that cannot change",
    "NamespaceTerminating": "the namespace is being deleted",
    "NotFound": "the API server does not know the kind of an object, or its namespace is gone",
}
"""Reasons of conditions."""

PODS: Final = {
    "FailedCreate": "the pod could not be made: a quota, an admission policy, a missing account",
    "InvalidImageName": "the image's name is none",
    "ImagePullBackOff": "the image cannot be pulled; the kubelet waits before it tries again",
    "ErrImagePull": "the image cannot be pulled",
    "ErrImageNeverPull": "the image is not on the node, and must not be pulled",
    "CreateContainerConfigError": "a Secret or ConfigMap is missing, or the image runs as root where that is forbidden",
    "CreateContainerError": "the container runtime could not make the container",
    "RunContainerError": "the container runtime could not start the container",
    "OOMKilled": "the container used more memory than its limit",
    "CrashLoopBackOff": "the container ends again and again; with exit code and last message",
    "Error": "the container ended with an exit code other than 0",
    "PodFailed": "the pod failed as a whole",
    "Evicted": "the node ran short of something, and ended the pod",
    "NodeLost": "the pod's node does not answer",
    "FailedMount": "a volume could not be mounted",
    "FailedAttachVolume": "a volume could not be attached to the node",
    "FailedCreatePodSandBox": "the pod's network or sandbox could not be made",
    "Unschedulable": "no node fits; with the scheduler's words",
    "SchedulingGated": "the pod has scheduling gates",
    "Terminating": "the pod should have ended, and has not",
    "NotReady": "the pod runs, and its readiness probe says no",
}
"""Reasons of `status.problems`, as Kubernetes words them."""

EVENTS: Final = {
    "RolloutStarted": "another revision begins to roll out (the first is no news)",
    "RolloutCompleted": "it is complete",
    "RolloutFailed": "it failed; the note says why and what follows",
    "RolloutPaused": "it stays where it is, by the annotation",
    "RolloutResumed": "it goes on",
    "RollingBack": "it goes back, by the annotation",
    "RolledBack": "an earlier revision runs again",
    "RollbackFailed": "the revision that was gone back to failed as well",
    "JobComplete": "the job did its work",
    "JobFailed": "the job failed for good",
    "WaitingForDependencies": "a start or a change waits for what `spec.dependsOn` names",
    "DependencyFailed": "what `spec.dependsOn` names has failed, and is waited for",
    "DependencySkipped": "what `spec.dependsOn` names is not there or has failed, and is not required: it goes on",
    "UpdateStarted": "mode `tasks`, Swarm's rules: an update begins",
    "UpdatePaused": "mode `tasks`, Swarm's rules: it failed, and stays where it is",
    "UpdateCompleted": "mode `tasks`, Swarm's rules: every slot runs what the spec asks for",
    "RollbackStarted": "mode `tasks`, Swarm's rules: it failed, and the last good revision comes back",
    "RollbackPaused": "mode `tasks`, Swarm's rules: the way back failed as well",
    "RollbackCompleted": "mode `tasks`, Swarm's rules: every slot runs the last good revision",
    "TaskRestarted": "mode `tasks`, Swarm's rules: other tasks take the places of tasks that ended",
    "JobStarted": "mode `tasks`: an iteration of a job begins",
    "JobCompleted": "mode `tasks`: all tasks of an iteration ended well",
    "TasksStarted": "mode `tasks`, ECS's rules: tasks were started",
    "TasksStopped": "mode `tasks`, ECS's rules: tasks were stopped",
    "ServiceDeploymentInProgress": "mode `tasks`, ECS's rules: a deployment begins",
    "ServiceDeploymentCompleted": "mode `tasks`, ECS's rules: a deployment reached the steady state",
    "ServiceDeploymentFailed": "mode `tasks`, ECS's rules: the circuit breaker or an alarm gave a deployment up",
    "ServiceDeploymentStuck": "mode `tasks`, ECS's rules: the percentages allow neither a start nor a stop",
    "ServiceSteadyState": "mode `tasks`, ECS's rules: as many healthy tasks as are wanted, of one deployment",
    "ServiceDesiredCountUpdated": "mode `tasks`, ECS's rules: another number of tasks is wanted",
    "ServiceTaskPlacementFailure": "mode `tasks`, ECS's rules: no node has room for a task",
    "ServiceTaskStartImpaired": "mode `tasks`, ECS's rules: tasks keep ending before they run, and are throttled",
    "ServiceDaemonPlacementConstraintViolated": "mode `tasks`, ECS's rules: a node does not fit any more",
    "Drained": "NodePolicy: the last pod that was to go has left the node",
    "NodeNotRestored": "NodePolicy: a node cannot be given back, so the policy cannot go; it is tried again",
}
"""Reasons of Events, beside those of findings (severity error) and of refusals, which are Events as well."""

FINDINGS: Final = {
    "UnknownField": "There is no such field; the message says which was probably meant.",
    "MissingField": "A field that has to be there.",
    "Duplicate": "Two items that have to differ.",
    "RuleViolated": "A rule about several fields, or about the name: the message is the rule.",
    "InvalidValue": "A value of the right type that cannot be.",
    "InvalidType": "A value of the wrong type.",
    "UnknownKind": "The document is of a kind or version that Wharfinger does not read.",
    "TooDeep": "No PodSpec is nested so deep.",
    "UnknownRevision": "The annotation `wharfinger.dev/rollback-to` names no other revision that is kept.",
    "ScaledElsewhere": "An autoscaler of somebody else sets the number of pods.",
}
"""Findings whose place in the source does not say it: the others have their rule's docstring."""


def told(meanings: Mapping[str, str], names: Iterable[str], what: str) -> dict[str, str]:
    """The meanings of exactly these names, in the order of `meanings`. Raises KeyError where the two differ."""
    wanted = set(names)
    if missing := sorted(wanted - meanings.keys()):
        raise KeyError(f"scripts/reference/meanings.py: {what} lacks {', '.join(missing)}")
    if extra := sorted(meanings.keys() - wanted):
        raise KeyError(f"scripts/reference/meanings.py: {what} has {', '.join(extra)}, which the source does not")
    return dict(meanings)
