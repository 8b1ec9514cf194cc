"""The summary: kstatus' rules, and messages that a person can act on."""

from __future__ import annotations

import pytest
from rollout_objects import A, B, bad_image, crashing, cronjob, daemonset, deployment, pod, seen, state

from wharfinger.api.status import Finding, JobStatus
from wharfinger.rollout import Trouble, invalid, summarise


def summary(live, *pods, rollout=None, target=A, mode="service", **more):
    observation = seen(live, *pods, mode=mode)
    return summarise(mode=mode, observation=observation, state=rollout or state(target=target), target=target, **more)


def said(found) -> dict[str, str]:
    return {verdict.type: f"{verdict.status} {verdict.reason}" for verdict in found.conditions}


def message(found) -> str:
    return found.conditions[0].message


PULLING = pod("web-abc", A, ready=False, phase="Pending", containers=[bad_image("pull access denied")])


def test_all_ready():
    found = summary(deployment(A))
    assert said(found) == {"Ready": "True AllReplicasReady"}
    assert message(found) == "3 of 3 replicas ready on revision 1"


def test_on_its_way():
    found = summary(deployment(A, ready=1), rollout=state("Progressing"))
    assert said(found) == {"Ready": "False Progressing", "Reconciling": "True Progressing"}
    assert message(found) == "Rolling out revision 1: 1 of 3 ready"


def test_not_ready_while_an_object_cannot_be_made_again():
    found = summary(deployment(A), leaving=["Service web", "ConfigMap web-a"])
    assert said(found) == {"Ready": "False WaitingForDeletion", "Reconciling": "True WaitingForDeletion"}
    assert message(found) == "Service web (and 1 more) is being deleted, and is made again once it is gone"


def test_an_update_on_its_way_says_how_far():
    live = deployment(B, replicas=4, updated=1, ready=3)
    found = summary(live, rollout=state("Progressing", target=B, last_good_revision=1), target=B)
    assert message(found) == "Rolling out revision 2: 1 of 3 updated, 3 of 3 ready"


def test_ready_carries_the_worst_problem():
    found = summary(deployment(A, ready=1), PULLING, rollout=state("Progressing"))
    assert said(found)["Ready"] == "False ImagePullBackOff"
    assert "1 of 3 ready; pod web-abc: container web: ImagePullBackOff: pull access denied" in message(found)


def test_an_update_that_serves_with_all_its_pods_is_not_ready_before_its_end():
    live = deployment(B, replicas=4, updated=2, ready=4)
    found = summary(live, rollout=state("Progressing", target=B, last_good_revision=1), target=B)
    assert said(found)["Ready"].startswith("False")


def test_rolled_back_is_stalled_and_says_what_to_do():
    back = state("RolledBack", target=B, run=A, failed_revision=2, message="revision 2 missed its deadline of 5m")
    found = summary(deployment(A), rollout=back, target=B)
    assert said(found) == {"Ready": "False RolledBack", "Stalled": "True RolledBack"}
    assert message(found) == (
        "Rolled back to revision 1: revision 2 missed its deadline of 5m; fix the spec and apply again"
    )


def test_rolled_back_and_in_trouble_says_both():
    back = state("RolledBack", target=B, run=A, failed_revision=2, message="why")
    assert message(summary(deployment(A, ready=2), PULLING, rollout=back, target=B)).endswith(
        "Now 2 of 3 ready; pod web-abc: container web: ImagePullBackOff: pull access denied; "
        "check the image's name and tag, and imagePullSecrets"
    )


def test_rolled_back_by_hand_says_by_what():
    found = summary(deployment(A), rollout=state("RolledBack", target=B, run=A), target=B)
    assert message(found) == (
        "Rolled back to revision 1, as the annotation wharfinger.dev/rollback-to asks; remove it to run revision 2"
    )


def test_rolling_back_is_reconciling():
    back = state("RollingBack", target=B, run=A, failed_revision=2, message="why")
    found = summary(deployment(A, ready=2), rollout=back, target=B)
    assert said(found) == {"Ready": "False RollingBack", "Reconciling": "True RollingBack"}


def test_a_failed_rollout_is_stalled():
    failed = state("Failed", failed_revision=1, message="revision 1 missed its progress deadline of 5m: x")
    found = summary(deployment(A, ready=0), rollout=failed)
    assert said(found) == {"Ready": "False RolloutFailed", "Stalled": "True RolloutFailed"}
    assert message(found).startswith("Revision 1 missed its progress deadline of 5m: x. 0 of 3 ready")


def test_paused_by_failure_is_stalled():
    frozen = state("Paused", target=B, failed_revision=2, message="revision 2 failed")
    assert said(summary(deployment(B, ready=1), rollout=frozen, target=B))["Stalled"] == "True RolloutPaused"


def test_paused_by_hand_is_neither_stalled_nor_reconciling():
    found = summary(deployment(A), rollout=state("Paused", target=B, run=A), target=B, paused=True)
    assert said(found) == {"Ready": "False Paused"}
    assert "revision 1 runs, 3 of 3 ready; revision 2 waits" in message(found)


def test_paused_with_nothing_pending_is_ready():
    assert said(summary(deployment(A), paused=True)) == {"Ready": "True AllReplicasReady"}


def test_pods_that_crash_after_the_rollout():
    crashed = pod("web-abc", A, ready=False, containers=[crashing(9)])
    found = summary(deployment(A, ready=2), crashed)
    assert said(found) == {"Ready": "False CrashLoopBackOff", "Reconciling": "True ReplicasNotReady"}


def test_scaling():
    assert said(summary(deployment(A, desired=5, replicas=3, ready=3)))["Reconciling"] == "True Scaling"


def test_a_status_that_lags_is_not_ready():
    assert said(summary(deployment(A, settled=False)))["Ready"] == "False Applying"


def test_a_tampered_template_is_not_ready_on_the_revision():
    live = deployment(A)
    live["spec"]["template"]["metadata"]["labels"] = {}
    assert said(summary(live))["Ready"] == "False Applying"
    assert summary(live).counts.updated == 0


def test_what_cannot_be_written_is_stalled():
    trouble = Trouble("Conflict", "Deployment shop/web is controlled by Foo bar")
    found = summary(deployment(A), errors=[trouble, trouble])
    assert said(found) == {"Ready": "False Conflict", "Stalled": "True Conflict"}
    assert message(found) == "Deployment shop/web is controlled by Foo bar (and 1 more)"


def test_an_error_in_the_document_is_stalled():
    wrong = Finding(path="spec.pod.containers[0].resorces", severity="error", reason="UnknownField", message="no")
    assert [verdict[:3] for verdict in invalid([wrong])] == [
        ("Ready", "False", "InvalidSpec"),
        ("Stalled", "True", "InvalidSpec"),
    ]
    assert invalid([wrong])[0].message == "spec.pod.containers[0].resorces: no"


def test_a_warning_in_the_document_keeps_nothing_from_being_ready():
    warning = Finding(path="spec.route", severity="warning", reason="NoGateway", message="no")
    assert said(summary(deployment(A), findings=[warning])) == {"Ready": "True AllReplicasReady"}


def job(result, **fields):
    done = JobStatus(name="web-aaa", revision=1, result=result, **fields)
    kind = {"Running": "Progressing", "Complete": "Completed", "Failed": "Failed"}[result]
    return summary(None, rollout=state(kind), mode="job", job=done, suspended=False)


def test_a_complete_job_is_ready_and_complete():
    assert said(job("Complete", succeeded=1)) == {"Ready": "True JobComplete", "Complete": "True JobComplete"}


def test_a_failed_job_is_stalled_and_failed():
    assert said(job("Failed", failed=7)) == {
        "Ready": "False JobFailed",
        "Stalled": "True JobFailed",
        "Failed": "True JobFailed",
    }


def test_a_running_job_is_reconciling():
    assert said(job("Running")) == {"Ready": "False JobRunning", "Reconciling": "True JobRunning"}


def test_a_schedule_in_place_is_ready():
    assert said(summary(cronjob(A), mode="cron")) == {"Ready": "True Scheduled"}


def test_a_scheduled_job_that_cannot_start_shows():
    assert said(summary(cronjob(A), PULLING, mode="cron")) == {"Ready": "False ImagePullBackOff"}


def test_a_run_of_a_schedule_that_failed_shows_in_the_problems_only():
    failed = pod("web-1", A, ready=False, phase="Failed")
    found = summary(cronjob(A), failed, mode="cron")
    assert (said(found), [problem.reason for problem in found.problems]) == ({"Ready": "True Scheduled"}, ["PodFailed"])


def test_a_bare_pod_that_did_its_work_is_ready_and_complete():
    done = pod("web", A, phase="Succeeded", ready=False)
    assert said(summary(done, done, mode="pod")) == {"Ready": "True PodSucceeded", "Complete": "True PodSucceeded"}


def test_a_bare_pod_that_failed_for_good_is_stalled():
    failed = pod("web", A, phase="Failed", ready=False, spec={"restartPolicy": "Never"})
    assert said(summary(failed, failed, mode="pod")) == {"Ready": "False PodFailed", "Stalled": "True PodFailed"}


@pytest.mark.parametrize(
    ("live", "mode", "expected"),
    [
        (deployment(A, desired=3, replicas=4, updated=2, ready=3), "service", (4, 2, 3, 3, 0)),
        (daemonset(A, desired=2, updated=1, ready=2), "daemon", (2, 1, 2, 2, 0)),
        (cronjob(A), "cron", (None, None, None, None, None)),
    ],
)
def test_counts(live, mode, expected):
    assert summary(live, mode=mode).counts == expected


def test_after_a_rollback_no_pod_is_of_the_wanted_revision():
    back = state("RolledBack", target=B, run=A, failed_revision=2, message="why")
    assert summary(deployment(A), pod("web-1", A), rollout=back, target=B).counts.updated == 0
