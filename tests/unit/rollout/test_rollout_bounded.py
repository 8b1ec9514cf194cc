"""Jobs: run once for each revision, remembered afterwards."""

from __future__ import annotations

from rollout_objects import A, B, at, cronjob, job, stamp

from wharfinger.api.status import JobStatus
from wharfinger.rollout import cron_status, job_step


def decide(previous, live, *, target=A, ttl=None, now=0.0, suspended=False):
    return job_step(
        previous, name=f"web-{target.hash}", target=target, live=live, ttl=ttl, now=at(now), suspended=suspended
    )


def status(result="Running", revision=A, **fields):
    return JobStatus(name=f"web-{revision.hash}", revision=revision.number, result=result, **fields)


def test_a_new_job_is_wanted():
    decision = decide(None, None)
    assert (decision.wanted, decision.status.result, decision.state.state) == (True, "Running", "Progressing")


def test_a_job_that_was_deleted_while_it_ran_is_made_again():
    assert decide(status(), None).wanted


def test_a_complete_job_is_remembered():
    decision = decide(status(), job(result="Complete", succeeded=2, completionTime=stamp(50)))
    assert (decision.status.result, decision.status.succeeded, decision.state.state) == ("Complete", 2, "Completed")
    assert [told.reason for told in decision.announce] == ["JobComplete"]


def test_a_job_that_is_gone_after_its_end_is_not_run_again():
    decision = decide(status("Complete", completion_time=stamp(50)), None)
    assert (decision.wanted, decision.status.result, decision.announce) == (False, "Complete", ())


def test_a_failed_job_is_not_run_again():
    assert not decide(status("Failed"), None).wanted


def test_a_failed_job_says_why():
    decision = decide(status(), job(result="Failed", reason="BackoffLimitExceeded", failed=7))
    assert (decision.state.state, decision.state.failed_revision) == ("Failed", 1)
    assert decision.state.message == "BackoffLimitExceeded"


def test_why_a_job_failed_is_remembered_after_it_is_gone():
    recorded = decide(status(), job(result="Failed", reason="BackoffLimitExceeded")).status
    assert decide(recorded, None).state.message == "BackoffLimitExceeded"


def test_another_revision_is_another_job():
    decision = decide(status("Complete"), None, target=B)
    assert (decision.wanted, decision.status.name, decision.status.result) == (True, "web-bbb", "Running")


def test_a_job_stays_for_its_time_to_live():
    ended = status("Complete", completion_time=stamp(50))
    live = job(result="Complete", completionTime=stamp(50))
    early = decide(ended, live, ttl="100s", now=149)
    assert (early.wanted, early.wake_at) == (True, at(150))
    assert not decide(ended, live, ttl="100s", now=150).wanted


def test_a_job_without_time_to_live_stays():
    assert decide(status("Complete", completion_time=stamp(50)), job(result="Complete"), now=10**6).wanted


def test_a_job_is_not_let_go_before_its_result_is_written_down():
    live = job(result="Complete", completionTime=stamp(50))
    assert decide(status("Running"), live, ttl="0s", now=60).wanted


def test_a_failed_jobs_time_to_live_runs_from_its_failure():
    live = job(result="Failed")
    recorded = decide(status(), live).status
    assert recorded.completion_time == stamp(60)
    assert not decide(recorded, live, ttl="10s", now=70).wanted


def test_a_suspended_job_is_paused():
    assert decide(status(), job(), suspended=True).state.state == "Paused"


def test_a_schedule_tells_of_its_runs():
    told = cron_status(cronjob(lastScheduleTime=stamp(1), lastSuccessfulTime=stamp(2), active=[{}, {}]))
    assert (told.last_schedule_time, told.last_successful_time, told.active) == (stamp(1), stamp(2), 2)
