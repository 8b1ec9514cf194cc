"""Diagnosis: one trouble a test, as Kubernetes shows it and as we tell it."""

from __future__ import annotations

import pytest
from rollout_objects import crashing, deployment, ended, event, pod, running, seen, statefulset, waiting

from wharfinger.rollout.advice import WORST_FIRST, rank
from wharfinger.rollout.diagnosis import sentence


def problems(*pods, events=(), now=0.0, live=None):
    return seen(live or deployment(ready=0), *pods, events=events, now=now).problems


def told(*pods, **more) -> str:
    found = problems(*pods, **more)
    assert len(found) == 1, found
    return sentence(found[0])


def pending(**fields):
    return pod("web-1", ready=False, phase="Pending", **fields)


def unready(*containers, **fields):
    return pod("web-1", ready=False, containers=containers, **fields)


@pytest.mark.parametrize("reason", ["ImagePullBackOff", "ErrImagePull"])
def test_image_that_cannot_be_pulled(reason):
    container = waiting(reason, 'Back-off pulling image "web:9": not found')
    assert told(pending(containers=[container])) == (
        f'pod web-1: container web: {reason}: Back-off pulling image "web:9": not found; '
        "check the image's name and tag, and imagePullSecrets"
    )


def test_image_name_that_is_none():
    container = waiting("InvalidImageName", "invalid reference format")
    assert told(pending(containers=[container])).endswith("invalid reference format; correct spec.image")


def test_crash_loop_names_exit_code_and_last_line():
    assert told(unready(crashing(4, message="starting\nno such database\n"))) == (
        "pod web-1: container web: CrashLoopBackOff: crashed 4 times, last with exit code 1: no such database; "
        "see `kubectl logs web-1 -c web --previous`"
    )


def test_crash_loop_out_of_memory():
    container = waiting("CrashLoopBackOff", restarts=2, last=ended(137, "OOMKilled"))
    assert told(unready(container)) == (
        "pod web-1: container web: OOMKilled: crashed 2 times, last with OOMKilled, exit code 137; "
        "raise resources.limits.memory"
    )


def test_first_crash_shows_before_the_back_off():
    container = {"name": "web", "ready": False, "restartCount": 0, "state": {"terminated": ended(2)}}
    assert told(unready(container)).startswith("pod web-1: container web: Error: exit code 2")


def test_init_container_that_fails_is_called_so():
    failing = waiting("CrashLoopBackOff", name="migrate", restarts=1, last=ended(3))
    found = told(pending(init=[failing], containers=[waiting("PodInitializing")]))
    assert found.startswith("pod web-1: container migrate: CrashLoopBackOff: init container crashed 1 times")


def test_missing_secret():
    container = waiting("CreateContainerConfigError", 'secret "db" not found')
    assert told(pending(containers=[container])) == (
        'pod web-1: container web: CreateContainerConfigError: secret "db" not found; make the object that is missing'
    )


def test_image_that_runs_as_root():
    container = waiting("CreateContainerConfigError", "container has runAsNonRoot and image will run as root")
    assert "set security.runAsNonRoot to false" in told(pending(containers=[container]))


def test_container_that_cannot_be_run():
    container = waiting("RunContainerError", 'exec: "serve": executable file not found in $PATH')
    assert 'RunContainerError: exec: "serve"' in told(pending(containers=[container]))


def test_unschedulable():
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/2 nodes: cpu"}
    assert told(pending(conditions=[condition])).startswith("pod web-1: Unschedulable: 0/2 nodes: cpu; lower what")


def test_evicted():
    live = pod("web-1", ready=False, phase="Failed", reason="Evicted", message="The node was low on memory.")
    assert told(live).startswith("pod web-1: Evicted: The node was low on memory.; ")


def test_an_evicted_pod_that_was_replaced_is_no_problem_any_more():
    evicted = pod("web-1", ready=False, phase="Failed", reason="Evicted")
    assert problems(evicted, live=deployment()) == ()


def test_lost_node():
    assert told(pod("web-1", ready=False, phase="Unknown", reason="NodeLost")).startswith("pod web-1: NodeLost")


def test_pod_that_does_not_end():
    hanging = pod("web-1", ready=False, deleted=0)
    assert problems(hanging, now=30) == ()
    assert told(hanging, now=120).startswith("pod web-1: Terminating")


def test_a_pod_that_ends_as_it_was_told_is_no_problem():
    container = {"name": "web", "ready": False, "restartCount": 0, "state": {"terminated": ended(143)}}
    assert problems(unready(container, deleted=30), now=10) == ()


def test_volume_that_cannot_be_mounted():
    failed = event("web-1", "FailedMount", 'MountVolume.SetUp failed: configmap "web" not found')
    found = told(pending(containers=[waiting("ContainerCreating")]), events=[failed])
    assert found == (
        'pod web-1: FailedMount: MountVolume.SetUp failed: configmap "web" not found; make the object that is missing'
    )


def test_an_old_event_does_not_count():
    failed = event("web-1", "FailedMount", "not found", seen=0)
    assert problems(pending(), events=[failed], now=3600) == ()


def test_an_event_about_another_pod_does_not_count():
    assert problems(pending(), events=[event("web-2", "FailedMount", "not found")]) == ()


def test_a_failing_probe_shows_at_once():
    failing = event("web-1", "Unhealthy", "Readiness probe failed: HTTP 503")
    assert told(unready(running(ready=False)), events=[failing]) == (
        "pod web-1: container web: NotReady: Readiness probe failed: HTTP 503"
    )


def test_a_pod_that_is_not_ready_for_long():
    live = unready(running(ready=False))
    assert problems(live, now=29) == ()
    assert told(live, now=30) == "pod web-1: container web: NotReady"


def test_a_starting_pod_is_no_problem():
    assert problems(pending(containers=[waiting("ContainerCreating")]), now=20) == ()


def test_a_ready_pod_has_no_problem():
    assert problems(pod("web-1", containers=[running(restarts=7, last=ended())])) == ()


def test_quota_from_the_deployments_condition():
    condition = {"type": "ReplicaFailure", "status": "True", "message": 'pods "web-" is forbidden: exceeded quota: q'}
    assert told(live=deployment(replicas=0, ready=0, conditions=[condition])) == (
        'web: FailedCreate: pods "web-" is forbidden: exceeded quota: q; ask for less, or raise the namespace\'s '
        "ResourceQuota"
    )


def test_admission_from_an_event_about_the_statefulset():
    denied = event("web", "FailedCreate", "violates PodSecurity")
    assert "meet the namespace's Pod Security level" in told(live=statefulset(replicas=1), events=[denied])


def test_an_event_about_a_pod_that_was_made_after_all_is_no_problem():
    assert problems(live=statefulset(replicas=3), events=[event("web", "FailedCreate", "exceeded quota")]) == ()


def test_one_of_each_kind_with_their_number():
    pods = [pod(f"web-{n}", ready=False, containers=[waiting("ErrImagePull", "no")]) for n in (2, 1)]
    assert told(*pods).startswith("pod web-1: container web: ErrImagePull: 2 pods: no")


def test_the_worst_comes_first():
    unscheduled = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "no"}
    found = problems(pending(conditions=[unscheduled]), pod("web-0", ready=False, containers=[crashing(3)]))
    assert [problem.reason for problem in found] == ["CrashLoopBackOff", "Unschedulable"]


def test_an_unknown_reason_is_worse_than_mere_unreadiness():
    assert rank("FailedCreate") < rank("SomethingNew") <= rank("NotReady") == len(WORST_FIRST) - 1


def test_messages_are_bounded():
    found = problems(pending(containers=[waiting("ErrImagePull", "x" * 10_000)]))
    assert len(found[0].message) <= 2048
