"""``wharfinger status`` against a real API server. No operator runs: the tests write the status themselves."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from wharfinger.api import API_VERSION
from wharfinger.api.crd import KINDS
from wharfinger.api.customresource import definition
from wharfinger.cluster import Cluster
from wharfinger.cluster.client import ApiError
from wharfinger.cluster.supervisor import wait_until

pytestmark = pytest.mark.integration

Object = dict[str, Any]

READY = {
    "observedGeneration": 1,
    "readyReplicas": 2,
    "desiredReplicas": 2,
    "rollout": {"state": "Completed", "revision": 1, "runningRevision": 1, "lastGoodRevision": 1},
    "conditions": [
        {
            "type": "Ready",
            "status": "True",
            "reason": "AllReplicasReady",
            "message": "2 of 2 replicas ready on revision 1",
            "lastTransitionTime": "2026-01-01T00:00:00Z",
            "observedGeneration": 1,
        }
    ],
}


class Workloads:
    """Workloads of one namespace, written without an operator."""

    def __init__(self, cluster: Cluster, namespace: str) -> None:
        self._client = cluster.client()
        self._namespace = namespace
        self._kubeconfig = str(cluster.kubeconfig)

    def path(self, group: str = "apis/wharfinger.dev/v1alpha1", plural: str = "containerworkloads") -> str:
        return f"/{group}/namespaces/{self._namespace}/{plural}"

    def create(self, name: str, **spec: Any) -> Object:
        body = {
            "apiVersion": API_VERSION,
            "kind": "ContainerWorkload",
            "metadata": {"name": name},
            "spec": {"image": "web:1", **spec},
        }
        return self._client.create(self.path(), body)

    def make_ready(self, workload: Object) -> None:
        name = workload["metadata"]["name"]
        body = {"apiVersion": API_VERSION, "kind": "ContainerWorkload", "metadata": {"name": name}, "status": READY}
        self._client.apply(f"{self.path()}/{name}/status", body)

    def own(self, workload: Object, obj: Object, *, group: str, plural: str) -> None:
        """Create an object that the workload controls, with the labels that the operator sets."""
        name, uid = workload["metadata"]["name"], workload["metadata"]["uid"]
        owner = {"apiVersion": API_VERSION, "kind": "ContainerWorkload", "name": name, "uid": uid, "controller": True}
        labels = {"app.kubernetes.io/managed-by": "wharfinger", "app.kubernetes.io/instance": name}
        metadata = {"name": name, "labels": labels, "ownerReferences": [owner]}
        self._client.create(self.path(group, plural), {**obj, "metadata": metadata})

    def status(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "wharfinger", "status", "--kubeconfig", self._kubeconfig]
        command += ["-n", self._namespace] if "-A" not in arguments else []
        return subprocess.run([*command, *arguments], capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def workloads(wharfinger_cluster: Cluster, namespace: str) -> Workloads:
    client = wharfinger_cluster.client()
    for kind in KINDS:
        client.apply(f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{kind.name}", definition(kind))
    made = Workloads(wharfinger_cluster, namespace)

    def served() -> bool:
        try:
            return client.get(made.path())["kind"] == "ContainerWorkloadList"
        except ApiError:
            return False

    assert wait_until(served, timeout=30), "the CRD is not served after 30 s"
    return made


def test_an_empty_namespace_is_well(workloads: Workloads) -> None:
    done = workloads.status()
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "No ContainerWorkloads found.\n")


def test_the_list_says_who_is_well_and_the_exit_code_whether_all_are(workloads: Workloads) -> None:
    workloads.make_ready(workloads.create("web", replicas=2))
    assert workloads.status().returncode == 0
    workloads.create("worker")
    done = workloads.status()
    assert done.returncode == 1
    header, web, worker = done.stdout.splitlines()
    assert header.split() == ["NAME", "MODE", "READY", "REVISION", "STATE", "AGE", "WHY"]
    assert web.split()[:5] == ["web", "service", "2/2", "1", "Ready"]
    assert worker.split()[:3] == ["worker", "service", "Unseen"]


def test_data_and_names_are_for_scripts(workloads: Workloads) -> None:
    workloads.make_ready(workloads.create("web", replicas=2))
    answer = json.loads(workloads.status("-o", "json").stdout)
    assert [(each["name"], each["state"], each["ready"]) for each in answer["workloads"]] == [("web", "Ready", 2)]
    assert workloads.status("-o", "name").stdout == "containerworkload.wharfinger.dev/web\n"
    assert "web" in workloads.status("-A", "-o", "wide").stdout


def test_one_workload_is_shown_with_what_it_made(workloads: Workloads) -> None:
    web = workloads.create("web", replicas=2)
    workloads.make_ready(web)
    config = {"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "1"}}
    workloads.own(web, config, group="api/v1", plural="configmaps")
    done = workloads.status("web")
    assert done.returncode == 0, done.stderr
    assert "Ready=True  AllReplicasReady: 2 of 2 replicas ready on revision 1" in done.stdout
    assert "ConfigMap/web  1 file" in done.stdout
    answer = json.loads(workloads.status("web", "-o", "json").stdout)
    assert [child["kind"] for child in answer["workloads"][0]["children"]] == ["ConfigMap"]


def test_a_name_that_is_not_there_is_told_in_one_line(workloads: Workloads) -> None:
    done = workloads.status("absent")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == 'wharfinger: containerworkloads.wharfinger.dev "absent" not found\n'


def test_what_may_not_be_read_is_told_in_one_line(wharfinger_cluster: Cluster, tmp_path: Path) -> None:
    """No credentials at all: the API server takes us for system:anonymous, who may nothing."""
    kubeconfig = tmp_path / "config"
    authority = wharfinger_cluster.layout.certificate("ca")
    cluster = {"server": wharfinger_cluster.server, "certificate-authority": str(authority)}
    kubeconfig.write_text(
        json.dumps(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "current-context": "a",
                "contexts": [{"name": "a", "context": {"cluster": "a", "user": "a"}}],
                "users": [{"name": "a", "user": {}}],
                "clusters": [{"name": "a", "cluster": cluster}],
            }
        )
    )
    command = [sys.executable, "-m", "wharfinger", "status", "--kubeconfig", str(kubeconfig)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert done.stderr.startswith("wharfinger: the API server answered 403 Forbidden: ")
