"""Simulated nodes: what a Pod is told to do, it does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from wharfinger.cluster import Cluster
from wharfinger.cluster.supervisor import wait_until

TOLD = "wharfinger.dev/simulate"
Pod = dict[str, Any]


def pod(image: str = "any", *, told: str = "", restart: str = "Always", **spec: Any) -> Pod:
    """A Pod of one container."""
    return {
        "metadata": {"name": "it", "annotations": {TOLD: told} if told else {}},
        "spec": {"restartPolicy": restart, "containers": [{"name": "main", "image": image}], **spec},
    }


def waiting(seen: Pod) -> str:
    """Why the Pod's container waits; empty when it does not."""
    statuses = seen["status"].get("containerStatuses") or [{}]
    return str(statuses[0].get("state", {}).get("waiting", {}).get("reason", ""))


def ready(seen: Pod) -> bool:
    """Whether the Pod is ready."""
    return any(each["type"] == "Ready" and each["status"] == "True" for each in seen["status"].get("conditions", []))


def becomes(cluster: Cluster, namespace: str, body: Pod, condition: Callable[[Pod], bool]) -> Pod:
    """Make the Pod and wait until the condition holds; the Pod as it then is."""
    client = cluster.client()
    client.create(f"/api/v1/namespaces/{namespace}/pods", body)
    seen: Pod = {}

    def holds() -> bool:
        seen.update(client.get(f"/api/v1/namespaces/{namespace}/pods/it"))
        return condition(seen)

    assert wait_until(holds, timeout=30), f"the Pod came to {seen['status']}"
    return seen


def test_well_pod_gets_ready_with_an_address(wharfinger_cluster: Cluster, namespace: str) -> None:
    seen = becomes(wharfinger_cluster, namespace, pod(), ready)
    assert seen["status"]["phase"] == "Running"
    assert seen["status"]["podIP"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (pod("example.com/team/simulate-image-pull-backoff:1"), "ImagePullBackOff"),
        (pod(told="image-pull-backoff"), "ImagePullBackOff"),
        (pod(told="config-error"), "CreateContainerConfigError"),
        (pod(told="crash-loop"), "CrashLoopBackOff"),
        (pod("simulate-crash-loop"), "CrashLoopBackOff"),
    ],
)
def test_failing_pod_says_why(wharfinger_cluster: Cluster, namespace: str, body: Pod, reason: str) -> None:
    seen = becomes(wharfinger_cluster, namespace, body, lambda seen: waiting(seen) == reason)
    assert not ready(seen)


def test_crashing_pod_counts_its_restarts(wharfinger_cluster: Cluster, namespace: str) -> None:
    def restarted(seen: Pod) -> bool:
        return bool(seen["status"].get("containerStatuses", [{}])[0].get("restartCount", 0) >= 3)

    seen = becomes(wharfinger_cluster, namespace, pod(told="crash-loop"), restarted)
    assert seen["status"]["containerStatuses"][0]["lastState"]["terminated"]["exitCode"] == 1


@pytest.mark.parametrize(("told", "phase"), [("fail", "Failed"), ("crash-loop", "Failed"), ("complete", "Succeeded")])
def test_pod_that_is_not_restarted_ends(wharfinger_cluster: Cluster, namespace: str, told: str, phase: str) -> None:
    becomes(
        wharfinger_cluster, namespace, pod(told=told, restart="Never"), lambda seen: seen["status"]["phase"] == phase
    )


def test_never_ready_runs_and_is_not_ready(wharfinger_cluster: Cluster, namespace: str) -> None:
    seen = becomes(
        wharfinger_cluster, namespace, pod(told="never-ready"), lambda seen: seen["status"]["phase"] == "Running"
    )
    assert not ready(seen)


def test_job_completes(wharfinger_cluster: Cluster, namespace: str) -> None:
    client = wharfinger_cluster.client()
    path = f"/apis/batch/v1/namespaces/{namespace}/jobs"
    client.create(path, {"metadata": {"name": "once"}, "spec": {"template": {"spec": pod(restart="Never")["spec"]}}})
    assert wait_until(lambda: client.get(f"{path}/once")["status"].get("succeeded") == 1, timeout=30)


def test_claim_is_bound_and_its_volume_goes_with_it(wharfinger_cluster: Cluster, namespace: str) -> None:
    client = wharfinger_cluster.client()
    claims = f"/api/v1/namespaces/{namespace}/persistentvolumeclaims"
    resources = {"requests": {"storage": "1Gi"}}
    client.create(
        claims, {"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"], "resources": resources}}
    )
    volumes = [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]
    becomes(wharfinger_cluster, namespace, pod(volumes=volumes), ready)
    volume = client.get(f"{claims}/data")["spec"]["volumeName"]
    directory = wharfinger_cluster.root / "volumes" / volume
    assert directory.is_dir()
    client.delete(f"/api/v1/namespaces/{namespace}/pods/it")
    client.delete(f"{claims}/data")
    assert wait_until(lambda: not directory.exists(), timeout=30), "the volume outlived its claim"
