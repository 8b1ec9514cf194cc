"""Situations that tests of the gate share. Revisions A (1), B (2), C (3); A is the good one, B the one asked for."""

from __future__ import annotations

from rollout_objects import A, B, bad_image, deployment, pod, state

from wharfinger.api.containerworkload import Rollout

ROLLBACK = Rollout(progress_deadline="60s", restart_limit=3)
PAUSE = Rollout(progress_deadline="60s", on_failure="pause")
CONTINUE = Rollout(progress_deadline="60s", on_failure="continue")

MIDWAY = deployment(B, replicas=4, updated=1, ready=3)
STUCK_POD = pod("web-b", B, ready=False, phase="Pending", containers=[bad_image()])
FIRST_TRY = deployment(B, replicas=3, updated=3, ready=0)


def going(**fields: object):
    """B on its way, as `MIDWAY` shows it, since T0."""
    return state(
        "Progressing", target=B, **{"last_good_revision": 1, "progress": "updated=1 ready=0 available=3 old=3"} | fields
    )


def rolled_back(**fields: object):
    return state(
        "RolledBack", target=B, run=A, **{"last_good_revision": 1, "failed_revision": 2, "message": "why"} | fields
    )


def reasons(decision) -> list[str]:
    return [announcement.reason for announcement in decision.announce]
