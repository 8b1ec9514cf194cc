"""Findings about `storage` and `files`."""

from __future__ import annotations

from collections.abc import Iterator

from wharfinger.api.containerworkload import Workload
from wharfinger.api.status import Finding
from wharfinger.render.findings.rule import Rule, error, info, warning
from wharfinger.render.options import Options
from wharfinger.render.pdb import fewest_pods
from wharfinger.render.rolling import recreates
from wharfinger.render.storage import on_one_node
from wharfinger.render.tasking import tasks_block

_CONFIG_MAP_LIMIT = 1024 * 1024
"""Bytes of data that a ConfigMap may hold (k8s.io/kubernetes/pkg/apis/core/validation: MaxSecretSize)."""


def storage_on_one_node(workload: Workload, options: Options) -> Iterator[Finding]:
    """A volume that one node can mount, for pods that may be on several."""
    if workload.spec.mode not in ("service", "daemon", "job", "cron", "tasks"):
        return
    for index, storage in enumerate(workload.spec.storage):
        if on_one_node(storage) and _many_pods(workload, options):
            message = (
                f"{', '.join(storage.access_modes)} binds all pods to one node: pods elsewhere wait; "
                "use mode stateful (a volume for each pod) or ReadWriteMany"
            )
            yield warning(f"spec.storage[{index}].accessModes", "SingleNodeVolume", message)


def _many_pods(workload: Workload, options: Options) -> bool:
    spec = workload.spec
    block = tasks_block(workload)
    if spec.mode == "daemon" or (block and block.per_node):
        return True
    if spec.mode in ("job", "cron"):
        return spec.job is not None and spec.job.parallelism > 1
    return fewest_pods(workload, options) > 1


def storage_stops_first(workload: Workload, _: Options) -> Iterator[Finding]:
    """Pods that share such a volume cannot overlap, so an update has a gap."""
    if workload.spec.mode == "service" and workload.spec.storage and recreates(workload):
        message = "updates stop all pods first (Recreate), since the volume can be on one node only; maxSurge overrides"
        yield info("spec.storage", "RecreateForStorage", message)


def claims_share_a_policy(workload: Workload, _: Options) -> Iterator[Finding]:
    """A StatefulSet retains all of its claims, or none."""
    if workload.spec.mode == "stateful" and len({storage.retain for storage in workload.spec.storage}) > 1:
        message = "a StatefulSet retains all claims or none: all are retained"
        yield warning("spec.storage", "RetainsAll", message)


def files_fit(workload: Workload, _: Options) -> Iterator[Finding]:
    """The text of all files is one ConfigMap."""
    size = sum(len(file.content.encode()) for file in workload.spec.files if file.content is not None)
    if size > _CONFIG_MAP_LIMIT:
        message = f"{size} bytes of content; a ConfigMap holds {_CONFIG_MAP_LIMIT}: mount a volume instead"
        yield error("spec.files", "TooMuchContent", message)


def others_can_read(workload: Workload, _: Options) -> Iterator[Finding]:
    """The kubelet gives mounted files to root, and to the pod's fsGroup where there is one."""
    security, said = workload.spec.security, (workload.spec.pod or {}).get("securityContext") or {}
    if not (security.restricted and security.run_as_non_root) or "fsGroup" in said:
        return
    for index, file in enumerate(workload.spec.files):
        if not file.mode & 0o004:
            message = f"mode {file.mode:04o} lets only root read it: use 0444, or set spec.pod.securityContext.fsGroup"
            yield warning(f"spec.files[{index}].mode", "UnreadableFile", message)


def secrets_are_followed(workload: Workload, options: Options) -> Iterator[Finding]:
    """A Secret's new content rolls the pods only where the operator may watch Secrets."""
    if options.secrets_watched:
        return
    for index, file in enumerate(workload.spec.files):
        if file.secret_ref is not None:
            # A single key is a subPath mount, which the kubelet never updates (Kubernetes, Secrets: mounted Secrets).
            running = "running pods keep what they have" if file.secret_ref.key else "running pods see it after a while"
            message = f"new content does not roll the pods, {running}: the operator does not watch Secrets"
            yield info(f"spec.files[{index}].secretRef", "SecretNotWatched", message)


RULES: tuple[Rule, ...] = (
    storage_on_one_node,
    storage_stops_first,
    claims_share_a_policy,
    files_fit,
    others_can_read,
    secrets_are_followed,
)
