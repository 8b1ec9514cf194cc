"""``wharfinger doctor`` on a cluster of its own, from nothing installed to all well, and broken again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.support.clusters import install_crds
from tests.support.operators import running
from tests.support.waiting import eventually

from wharfinger.api.customresource import definition
from wharfinger.api.kinds import CONTAINER_WORKLOAD_KIND as KIND
from wharfinger.api.kinds import KINDS, NODE_POLICY
from wharfinger.api.resource import Object
from wharfinger.cluster import Cluster, NodeKind, Options
from wharfinger.cluster.process import identify

pytestmark = pytest.mark.integration

CRD = f"CRD {KIND.name}"
LEASE = "operator (Lease wharfinger)"
MANIFESTS = Path(__file__).parents[2] / "manifests" / "base"


@pytest.fixture(scope="module")
def bare() -> Iterator[Cluster]:
    """A cluster without nodes, in which nothing of ours is installed."""
    cluster = Cluster(f"pytest-doctor-{os.getpid()}", Options(node=NodeKind.NONE), owner=identify(os.getpid()))
    try:
        yield cluster.up()
    finally:
        cluster.down()


def doctor(kubeconfig: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "wharfinger", "doctor", "--kubeconfig", str(kubeconfig), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def examined(cluster: Cluster, *arguments: str) -> tuple[int, dict[str, Object]]:
    """Exit code, and the checks by name."""
    done = doctor(cluster.kubeconfig, "-o", "json", *arguments)
    assert done.stderr == ""
    return done.returncode, {each["check"]: each for each in json.loads(done.stdout)["checks"]}


def verdicts(cluster: Cluster, *arguments: str) -> dict[str, str]:
    return {name: each["verdict"] for name, each in examined(cluster, *arguments)[1].items()}


async def test_from_nothing_to_well_and_back(bare: Cluster) -> None:
    client = bare.client()
    code, checks = examined(bare)
    assert code == 1
    failed = {name for name, each in checks.items() if each["verdict"] == "fail"}
    assert failed == {*(f"CRD {kind.name}" for kind in KINDS), "operator"}
    assert checks["API server"]["message"].startswith("Kubernetes v1.")
    assert checks[CRD]["remedy"] == "kubectl apply --server-side -f crds/"
    warned = {name for name, each in checks.items() if each["verdict"] == "warning"}
    assert warned == {"metrics API", "storage class", "ingress class"}

    old = deepcopy(definition(KIND))
    schema = old["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    del schema["properties"]["spec"]["properties"]["workingDir"]
    client.apply(f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{KIND.name}", old)
    await eventually(lambda: _says(bare, CRD, "it lacks spec.workingDir"), timeout=60)

    install_crds(bare)
    async with running(bare.kubeconfig, leader_election=True, lease_namespace="default"):
        await eventually(lambda: _is(bare, LEASE, "ok"), timeout=60)
        code, checks = examined(bare, "--operator-namespace", "default")
        assert code == 0, checks
        assert checks[CRD]["verdict"] == "ok"
        assert checks["your rights"]["verdict"] == "ok"
        assert checks["operator's pods"]["verdict"] == "unknown"
        await _node_policies(bare)
    assert (await eventually(lambda: _check(bare, LEASE), timeout=60))["message"].startswith("nobody holds it")


async def _node_policies(cluster: Cluster) -> None:
    """One that nobody keeps, since the operator was not told to."""
    policy: Object = {"metadata": {"name": "old-pool"}, "spec": {"nodes": ["n1"], "availability": "pause"}}
    client, path = cluster.client(), NODE_POLICY.path()
    client.create(path, {"apiVersion": NODE_POLICY.api_version, "kind": NODE_POLICY.kind, **policy})
    assert "nobody: old-pool" in (await _check(cluster, "node policies"))["message"]
    async with running(cluster.kubeconfig, node_policies=True):
        await eventually(lambda: _is(cluster, "node policies", "ok"), timeout=60)
        client.delete(f"{path}/old-pool")
        await eventually(lambda: _absent(cluster, "node policies"), timeout=60)


async def _absent(cluster: Cluster, name: str) -> bool:
    return name not in examined(cluster)[1]


async def _check(cluster: Cluster, name: str) -> Object:
    return examined(cluster)[1].get(name, {})


async def _is(cluster: Cluster, name: str, verdict: str) -> bool:
    return (await _check(cluster, name)).get("verdict") == verdict


async def _says(cluster: Cluster, name: str, words: str) -> bool:
    return words in (await _check(cluster, name)).get("message", "")


def namespace(cluster: Cluster, name: str, **labels: str) -> None:
    body: Object = {"metadata": {"name": name, "labels": labels}}
    cluster.client().create("/api/v1/namespaces", body)


def test_namespaces_are_looked_at(bare: Cluster) -> None:
    client = bare.client()
    namespace(bare, "strict", **{"pod-security.kubernetes.io/enforce": "restricted"})
    hard = {"services": "0", "requests.cpu": "1"}
    quota: Object = {"metadata": {"name": "q"}, "spec": {"hard": hard}}
    client.create("/api/v1/namespaces/strict/resourcequotas", quota)
    seen = verdicts(bare, "-n", "strict")
    assert seen["namespace strict"] == "warning"
    assert seen["quota"] == "warning"
    code, checks = examined(bare, "-n", "absent")
    assert code == 1
    assert checks["namespace absent"]["remedy"] == "kubectl create namespace absent"


def test_the_operators_rights_are_asked_for(bare: Cluster) -> None:
    client = bare.client()
    namespace(bare, "wharfinger-system")
    where = "/api/v1/namespaces/wharfinger-system"
    client.create(f"{where}/serviceaccounts", {"metadata": {"name": "wharfinger"}})
    labels = {"app.kubernetes.io/name": "wharfinger", "app.kubernetes.io/component": "operator"}
    spec = {"serviceAccountName": "wharfinger", "containers": [{"name": "operator", "image": "wharfinger"}]}
    client.create(f"{where}/pods", {"metadata": {"name": "operator", "labels": labels}, "spec": spec})
    lease = {"metadata": {"name": "wharfinger", "labels": {"wharfinger.dev/election": "wharfinger"}}, "spec": {}}
    client.create("/apis/coordination.k8s.io/v1/namespaces/wharfinger-system/leases", lease)

    _, checks = examined(bare)
    assert checks["operator's pods"]["message"] == "0 of 1 ready"
    rights = checks["operator's rights"]
    assert rights["verdict"] == "fail"
    assert (
        "wharfinger-system/wharfinger may not get containerworkloads.wharfinger.dev, list containerworkloads"
        in rights["message"]
    )

    for each in yaml.safe_load_all((MANIFESTS / "clusterrole.yaml").read_text()):
        plural = f"{each['kind'].lower()}s"
        client.create(f"/apis/rbac.authorization.k8s.io/v1/{plural}", each)
    assert verdicts(bare)["operator's rights"] == "ok"


def without_credentials(cluster: Cluster, path: Path, **changes: Any) -> Path:
    """A kubeconfig that proves nothing: the API server takes its user for system:anonymous."""
    where = {"server": cluster.server, "certificate-authority": str(cluster.layout.certificate("ca"))}
    config: Object = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "a",
        "contexts": [{"name": "a", "context": {"cluster": "a", "user": "a"}}],
        "users": [{"name": "a", "user": {}}],
        "clusters": [{"name": "a", "cluster": where | changes}],
    }
    path.write_text(json.dumps(config))
    return path


def test_what_may_not_be_read_is_unknown(bare: Cluster, tmp_path: Path) -> None:
    done = doctor(without_credentials(bare, tmp_path / "config"), "-o", "json")
    checks = {each["check"]: each for each in json.loads(done.stdout)["checks"]}
    assert checks["API server"]["verdict"] == "ok"
    for name in (CRD, "operator", "your rights", "storage class", "ingress class", "quota"):
        assert checks[name]["verdict"] == "unknown", name


def test_a_server_that_does_not_answer_fails_the_first_check(bare: Cluster, tmp_path: Path) -> None:
    done = doctor(without_credentials(bare, tmp_path / "config", server="https://127.0.0.1:1"))
    assert done.returncode == 1
    assert done.stderr == ""
    header, line = done.stdout.splitlines()
    assert header.split() == ["CHECK", "VERDICT", "MESSAGE", "REMEDY"]
    assert line.startswith("API server   fail   ")
