"""What to do next: pure state machines. Data in, a decision out; no I/O, and the clock is an argument.

- `trim`, `pods`: what is kept of Pods and Events, and what one Pod says about itself.
- `diagnosis`, `advice`: why pods do not start or stay up, in words that help.
- `observation`, `tally`: what runs, as numbers, whatever kind of object runs it.
- `revisions`: what has run before, by number and by hash.
- `native`: the gate over Deployments, StatefulSets, DaemonSets, CronJobs and bare Pods. Read `step` first. Its parts:
  `situation` (what it looks at), `state` (what it remembers), `judgement`, `progress` and `failure` (how it is going),
  `obstacles` (pods in the way) and `announcements`.
- `standing`, `dependencies`, `holding`: how the workloads are that come first, what they lack, and what the rollout is
  asked for meanwhile.
- `bounded`: jobs, which run once and end.
- `summary`, `verdicts`: conditions and counts, from all of the above.
"""

from wharfinger.rollout.announcements import Announcement
from wharfinger.rollout.bounded import JobDecision, cron_status, job_step
from wharfinger.rollout.dependencies import Outlook, cycle, outlook, stamps
from wharfinger.rollout.dependencies import findings as dependency_findings
from wharfinger.rollout.holding import Aim, aim
from wharfinger.rollout.native import Decision, step
from wharfinger.rollout.observation import Observation, observe
from wharfinger.rollout.pods import PodRef
from wharfinger.rollout.revisions import History, RevisionRef, history, prunable, target_ref, unknown_pin
from wharfinger.rollout.standing import Standing, standing
from wharfinger.rollout.summary import Counts, Summary, summarise
from wharfinger.rollout.trim import event_subject, trim_event, trim_pod, trim_task
from wharfinger.rollout.verdicts import Trouble, Verdict, invalid, retrying, stalled

__all__ = [
    "Aim",
    "Announcement",
    "Counts",
    "Decision",
    "History",
    "JobDecision",
    "Observation",
    "Outlook",
    "PodRef",
    "RevisionRef",
    "Standing",
    "Summary",
    "Trouble",
    "Verdict",
    "aim",
    "cron_status",
    "cycle",
    "dependency_findings",
    "event_subject",
    "history",
    "invalid",
    "job_step",
    "observe",
    "outlook",
    "prunable",
    "retrying",
    "stalled",
    "stamps",
    "standing",
    "step",
    "summarise",
    "target_ref",
    "trim_event",
    "trim_pod",
    "trim_task",
    "unknown_pin",
]
