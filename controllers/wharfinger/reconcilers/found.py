"""Pods that were there before us: of a revision that was imported, whose template has none of our labels.

Our watch of pods sees what carries our labels only. Labels of a running pod can be changed without harm, those of a
template cannot; so each pod of such a template gets them when it appears. The object that runs the pods counts them: if
it has more than we see, some have none yet.
"""

from __future__ import annotations

import logging

from wharfinger.api.builtin import POD
from wharfinger.api.labels import MANAGED_BY, MANAGED_BY_LABEL, REVISION_LABEL, WORKLOAD_LABEL
from wharfinger.api.resource import Object, controller_of, key_of
from wharfinger.engine.client import KubeClient
from wharfinger.engine.errors import ApiError, Conflict, NotFound
from wharfinger.reconcilers.plan import Plan
from wharfinger.reconcilers.view import View
from wharfinger.render import selector

_log = logging.getLogger(__name__)


def unseen(view: View, plan: Plan) -> bool:
    """Whether there are pods without our labels, of a template that has none."""
    here = sum("deletionTimestamp" not in pod["metadata"] for pod in view.pods)
    return plan.running.as_found and here < plan.observation.counts.replicas


async def label(client: KubeClient, view: View, plan: Plan) -> None:
    """Put our labels on these pods. What cannot be written is told in the log: only their diagnosis depends on it."""
    labels = labels_of(view.workload.name, plan.running.hash)
    chosen = ",".join(f"{name}={value}" for name, value in selector(view.workload).items())
    without = f"{chosen},{MANAGED_BY_LABEL}!={MANAGED_BY}"
    for pod in await client.list(POD, view.workload.namespace, label_selector=without):
        if not _is_run(pod):
            continue
        try:
            await client.patch(POD, key_of(pod), {"metadata": {"uid": pod["metadata"]["uid"], "labels": labels}})
        except (NotFound, Conflict):
            continue  # it went meanwhile, or another one has its name: the object's counts will tell
        except ApiError as error:
            if not error.permanent:
                raise
            _log.warning("pod %s: cannot be labelled: %s", "/".join(key_of(pod)), error.message)


def labels_of(workload: str, revision: str) -> dict[str, str]:
    """What a pod needs, to be seen as the workload's and of that revision."""
    return {WORKLOAD_LABEL: workload, REVISION_LABEL: revision, MANAGED_BY_LABEL: MANAGED_BY}


def _is_run(pod: Object) -> bool:
    """Whether a controller made it, and it stays: one made by hand may bear the labels by accident."""
    owner = controller_of(pod)
    runs = owner is not None and owner["kind"] in ("ReplicaSet", "StatefulSet", "DaemonSet")
    return runs and "deletionTimestamp" not in pod["metadata"]
