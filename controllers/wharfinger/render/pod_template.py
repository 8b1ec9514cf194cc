"""The pod that a workload's short form means, before and after `spec.pod` is merged over it."""

from __future__ import annotations

from wharfinger.api.containerworkload import Port, Workload
from wharfinger.api.resource import Object
from wharfinger.render import names
from wharfinger.render.files import Contents, file_mounts, file_volumes
from wharfinger.render.pod_overlay import merge
from wharfinger.render.probes import probes
from wharfinger.render.security import hardened
from wharfinger.render.service import has_service
from wharfinger.render.serviceaccount import account_name, mounts_token
from wharfinger.render.spread import spread_constraints
from wharfinger.render.storage import storage_mounts, storage_volumes
from wharfinger.render.tasking import task_check
from wharfinger.render.values import present, whole_seconds

DRAIN_SECONDS = 5
"""How long a pod behind a Service goes on answering after it was told to stop.

Kubernetes tells the kubelet to stop a pod and the proxies to forget it at the same time; requests that arrive in
between would find a closed port. A native sleep before SIGTERM (``lifecycle.preStop.sleep``, Kubernetes 1.30) bridges
that. It is added to the termination grace period, so that the container keeps all of its own. To turn it off:
``pod: {containers: [{name: <workload>, lifecycle: {$patch: delete}}]}``.
"""

_GRACE = "30s"
"""Kubernetes' own default for terminationGracePeriodSeconds."""


def pod_spec(workload: Workload, contents: Contents) -> Object:
    """The whole PodSpec: the short form, `spec.pod` merged over it, production defaults where neither said anything."""
    merged = _merged(workload, contents)
    return hardened(_sleep_within_grace(merged, names.main_container(workload)), workload.spec.security)


def main_container(workload: Workload) -> Object:
    """The container that runs `spec.image`, as it is with `spec.pod` merged over it; empty where that took it away.

    As the document says it: without the production defaults.
    """
    if not workload.spec.pod:
        return _main_container(workload)
    name = names.main_container(workload)
    containers: list[Object] = _merged(workload, {}).get("containers", [])
    return next((each for each in containers if each.get("name") == name), {})


def drains(workload: Workload) -> bool:
    """Whether the main container sleeps before it is told to stop: wherever a Service may send it requests."""
    return has_service(workload)


def grace_period(workload: Workload) -> int:
    """Seconds between the wish to stop the pod and SIGKILL: the drain, then what the container may take."""
    return whole_seconds(workload.spec.termination_grace_period or _GRACE) + (DRAIN_SECONDS if drains(workload) else 0)


def _merged(workload: Workload, contents: Contents) -> Object:
    base, overlay = _base(workload, contents), workload.spec.pod
    return merge(base, overlay) if overlay else base


def _base(workload: Workload, contents: Contents) -> Object:
    spec = workload.spec
    return present(
        containers=[_main_container(workload)],
        restartPolicy="Never" if spec.mode in ("job", "cron", "tasks") else None,
        volumes=[*storage_volumes(workload), *file_volumes(workload, contents)],
        imagePullSecrets=[{"name": ref.name} for ref in spec.image_pull_secrets],
        serviceAccountName=account_name(workload),
        automountServiceAccountToken=mounts_token(workload),
        enableServiceLinks=False,
        terminationGracePeriodSeconds=grace_period(workload),
        topologySpreadConstraints=spread_constraints(workload),
    )


def _main_container(workload: Workload) -> Object:
    spec = workload.spec
    return present(
        name=names.main_container(workload),
        image=spec.image,
        imagePullPolicy=spec.image_pull_policy,
        command=spec.command,
        args=spec.args,
        workingDir=spec.working_dir,
        env=spec.env,
        envFrom=spec.env_from,
        ports=[_port(port) for port in spec.ports],
        resources=spec.resources,
        volumeMounts=[*storage_mounts(workload), *file_mounts(workload)],
        lifecycle={"preStop": {"sleep": {"seconds": DRAIN_SECONDS}}} if drains(workload) else None,
        **probes(task_check(workload)),
    )


def _port(port: Port) -> Object:
    return present(name=port.name, containerPort=port.container_port, protocol=port.protocol, hostPort=port.host_port)


def _sleep_within_grace(pod: Object, main: str) -> Object:
    """The pod, our sleep no longer than a grace period that `spec.pod` made short: the API server would refuse it."""
    grace = pod.get("terminationGracePeriodSeconds", DRAIN_SECONDS)
    if grace >= DRAIN_SECONDS:
        return pod
    return pod | {
        "containers": [_shorter_sleep(c, grace) if c["name"] == main else c for c in pod.get("containers", ())]
    }


def _shorter_sleep(container: Object, grace: int) -> Object:
    lifecycle = container.get("lifecycle") or {}
    if lifecycle.get("preStop") != {"sleep": {"seconds": DRAIN_SECONDS}}:
        return container
    kept = {**lifecycle, "preStop": {"sleep": {"seconds": grace}}} if grace > 0 else _without(lifecycle, "preStop")
    return {**container, "lifecycle": kept} if kept else _without(container, "lifecycle")


def _without(mapping: Object, key: str) -> Object:
    return {name: value for name, value in mapping.items() if name != key}
