"""An embedded cluster's life: up, broken on purpose, down, and nothing left of it."""

from __future__ import annotations

import json
import os
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from wharfinger.cli.main import invoke
from wharfinger.cluster import Cluster, ClusterError, NodeKind, Options, process
from wharfinger.cluster.process import identify
from wharfinger.cluster.status import ComponentState
from wharfinger.cluster.sweep import sweep

BARE = Options(node=NodeKind.NONE)
NAMESPACES = "/api/v1/namespaces"
WIDGETS = """\
kind: ConfigMap
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: widgets, singular: widget, kind: Widget}
  versions:
    - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}
"""


@pytest.fixture(scope="module")
def state_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A state directory of the module's own, so that what is left in it is ours."""
    with pytest.MonkeyPatch.context() as patch:
        directory = tmp_path_factory.mktemp("state")
        patch.setenv("WHARFINGER_STATE", str(directory))
        yield directory


@pytest.fixture(scope="module")
def cluster(state_dir: Path) -> Iterator[Cluster]:
    """A cluster without nodes."""
    with Cluster("alpha", BARE) as cluster:
        yield cluster


def test_directory_is_for_its_owner_only(cluster: Cluster) -> None:
    assert cluster.root.stat().st_mode & 0o777 == 0o700
    assert cluster.kubeconfig.stat().st_mode & 0o777 == 0o600


def test_caller_without_credentials_is_refused(cluster: Cluster) -> None:
    trusting = ssl.create_default_context(cafile=cluster.layout.certificate("ca"))
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{cluster.server}{NAMESPACES}", context=trusting, timeout=10)
    assert refused.value.code == 403


def test_reports_the_version_it_was_built_from(cluster: Cluster) -> None:
    from wharfinger.cluster.build import kubernetes_version

    assert cluster.client().get("/version")["gitVersion"] == kubernetes_version()


def test_up_again_changes_nothing(cluster: Cluster) -> None:
    before = cluster.processes()
    assert Cluster("alpha", BARE).up().processes() == before


def test_up_with_another_kind_of_node_is_refused(cluster: Cluster) -> None:
    with pytest.raises(ClusterError, match="exists with node none"):
        Cluster("alpha", Options(node=NodeKind.SIMULATED)).up()


def test_up_starts_what_has_ended(cluster: Cluster) -> None:
    before = cluster.processes()
    cluster.stop("kube-scheduler", grace=0)
    assert not cluster.status().healthy
    cluster.up()
    after = cluster.processes()
    assert cluster.status().healthy
    assert {name for name in after if after[name] != before[name]} == {"kube-scheduler"}


@pytest.mark.parametrize("component", ["kube-apiserver", "etcd"])
def test_data_outlives_a_crash(cluster: Cluster, component: str) -> None:
    name = f"before-{component}"
    cluster.client().create(NAMESPACES, {"metadata": {"name": name}})
    cluster.restart(component, grace=0)
    assert cluster.client().get(f"{NAMESPACES}/{name}")["metadata"]["name"] == name


def test_paused_component_does_not_answer_until_it_is_resumed(cluster: Cluster) -> None:
    cluster.pause("kube-apiserver")
    try:
        states = {part.name: part.state for part in cluster.status().components}
        assert states["kube-apiserver"] is ComponentState.PAUSED
        trusting = ssl.create_default_context(cafile=cluster.layout.certificate("ca"))
        with pytest.raises(OSError, match="timed out"):
            urllib.request.urlopen(f"{cluster.server}/readyz", context=trusting, timeout=1)
    finally:
        cluster.resume("kube-apiserver")
    assert cluster.client().get("/version")


def test_unknown_component_is_named_with_those_there_are(cluster: Cluster) -> None:
    with pytest.raises(ClusterError, match=r"no component kubelet.*kube-apiserver"):
        cluster.start("kubelet")


def test_two_side_by_side(cluster: Cluster) -> None:
    with Cluster("beta", BARE) as other:
        assert not set(other.layout.ports.values()) & set(cluster.layout.ports.values())
        other.client().create(NAMESPACES, {"metadata": {"name": "only-in-beta"}})
        found = {item["metadata"]["name"] for item in cluster.client().get(NAMESPACES)["items"]}
        assert "only-in-beta" not in found
    assert cluster.status().healthy, "taking one cluster down ended a part of the other"


def test_component_that_does_not_start_is_told_with_its_own_words(state_dir: Path) -> None:
    options = Options(node=NodeKind.NONE, extra_args={"kube-scheduler": {"no-such-flag": "1"}})
    broken = Cluster("broken", options)
    with pytest.raises(ClusterError, match=r"kube-scheduler ended while it started(.|\n)*no-such-flag"):
        broken.up()
    assert not [name for name, known in broken.processes().items() if process.is_alive(known)]
    with Cluster("broken", BARE) as mended:
        assert mended.status().healthy, "what a failed start left stands in the way of the next"


def test_down_leaves_neither_files_nor_processes_nor_contexts(
    cluster: Cluster, state_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "config"))
    gone = Cluster("gone", BARE).up()
    processes = gone.processes()
    assert invoke(["cluster", "kubeconfig", "--merge", "--name", "alpha"]) == 0
    assert invoke(["cluster", "kubeconfig", "--merge", "--name", "gone"]) == 0
    assert invoke(["cluster", "down", "--name", "gone"]) == 0
    assert not [name for name, known in processes.items() if process.is_alive(known)]
    assert not [path for path in (state_dir / "clusters").iterdir() if "gone" in path.name]
    kept = (tmp_path / "config").read_text()
    assert "wharfinger-alpha" in kept
    assert "wharfinger-gone" not in kept
    gone.down()  # of nothing, is nothing


def test_cluster_goes_when_its_owner_is_gone(state_dir: Path, tmp_path: Path) -> None:
    owner = process.spawn(["sleep", "60"], log=tmp_path / "log")
    orphan = Cluster("orphan", BARE, owner=owner).up()
    sweep()
    assert orphan.exists
    process.stop(owner, grace=0)
    sweep()
    assert not orphan.exists


def test_definitions_are_established_when_the_cluster_is_up(cluster: Cluster, tmp_path: Path) -> None:
    (tmp_path / "crd.yaml").write_text(WIDGETS)
    Cluster("alpha", BARE.model_copy(update={"crds": (tmp_path,)})).up()
    path = "/apis/example.com/v1/namespaces/default/widgets"
    made = cluster.client().create(path, {"kind": "Widget", "apiVersion": "example.com/v1", "metadata": {"name": "a"}})
    assert made["metadata"]["uid"]


def test_directory_without_definitions_is_told(cluster: Cluster, tmp_path: Path) -> None:
    (tmp_path / "other.yaml").write_text("kind: ConfigMap\n")
    with pytest.raises(ClusterError, match="has no CustomResourceDefinition"):
        Cluster("alpha", BARE.model_copy(update={"crds": (tmp_path,)})).up()


@pytest.mark.parametrize("name", ["../other", "", "UPPER", "a" * 33, "-a"])
def test_name_that_is_no_label_is_refused(name: str) -> None:
    with pytest.raises(ClusterError, match="cannot name a cluster"):
        Cluster(name)


def test_status_as_json(cluster: Cluster, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["cluster", "status", "--name", "alpha", "-o", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["healthy"] is True
    assert told["server"] == cluster.server
    assert {part["name"] for part in told["components"]} >= {"etcd", "kube-apiserver"}
    assert all(identify(part["pid"]) for part in told["components"])


def test_status_of_a_broken_cluster_fails(cluster: Cluster, capsys: pytest.CaptureFixture[str]) -> None:
    cluster.stop("kube-scheduler", grace=0)
    assert invoke(["cluster", "status", "--name", "alpha"]) == 1
    told = capsys.readouterr().out
    assert "stopped" in told
    last = cluster.log("kube-scheduler").read_text().splitlines()[-1]
    assert "kube-scheduler wrote last:" in told
    assert last[:300] in told
    assert invoke(["cluster", "status", "--name", "alpha", "-o", "json"]) == 1
    components = json.loads(capsys.readouterr().out)["components"]
    assert {part["name"]: part["lastLog"][-1] for part in components if "lastLog" in part} == {"kube-scheduler": last}
    cluster.start("kube-scheduler")


def test_missing_cluster_is_one_line_that_says_what_to_do(state_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["cluster", "kubeconfig", "--name", "missing"]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "wharfinger cluster up --name missing" in captured.err
    assert "Traceback" not in captured.err


def test_logs_shows_the_last_lines(cluster: Cluster, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["cluster", "logs", "kube-apiserver", "--name", "alpha", "--tail", "3"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 3


def test_plugin_gives_any_project_a_cluster_and_removes_it(state_dir: Path, tmp_path: Path) -> None:
    """The fixtures in a project that has nothing of ours: no conftest, no configuration."""
    (tmp_path / "test_other.py").write_text(
        "def test_namespace(namespace, wharfinger_cluster):\n"
        "    path = f'/api/v1/namespaces/{namespace}/serviceaccounts/default'\n"
        "    assert wharfinger_cluster.client().get(path)\n"
        "def test_kubeconfig(kubeconfig):\n"
        "    assert 'client-certificate-data' in kubeconfig.read_text()\n"
    )
    before = set((state_dir / "clusters").iterdir())
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        str(tmp_path),
        str(tmp_path),
    ]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, env=dict(os.environ))
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "2 passed" in ran.stdout
    assert set((state_dir / "clusters").iterdir()) == before
