"""The operator, installed with an image as an administrator does it, and looked at from outside."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from tests.support.helm import CHART, RELEASE, Helm
from tests.support.image.lock import ROOT
from wharfinger.api.resource import Object

SYSTEM = "wharfinger-system"
SELECTOR = "app.kubernetes.io/name=wharfinger,app.kubernetes.io/component=operator"
_TIMEOUT = 320.0


@dataclass(frozen=True)
class Installation:
    """The operator in its own namespace of a cluster."""

    kubeconfig: Path

    def kubectl(self, *arguments: str) -> str:
        """What kubectl prints. AssertionError with what it says where it fails."""
        code, said = self._kubectl(*arguments)
        assert code == 0, f"kubectl {' '.join(arguments)}: {said}"
        return said

    def _kubectl(self, *arguments: str) -> tuple[int, str]:
        command = ("kubectl", "--kubeconfig", str(self.kubeconfig), "--namespace", SYSTEM, *arguments)
        result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_TIMEOUT)
        return result.returncode, result.stderr * bool(result.returncode) + result.stdout

    def get(self, *what: str) -> Object:
        """An object, or a list of them."""
        found: Object = json.loads(self.kubectl("get", *what, "--output", "json"))
        return found

    def pods(self) -> list[Object]:
        """The operator's pods that are not on their way out."""
        found = self.get("pods", "--selector", SELECTOR)["items"]
        return [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]

    def names(self) -> set[str]:
        """Their names."""
        return {str(pod["metadata"]["name"]) for pod in self.pods()}

    def wait_ready(self) -> None:
        """Wait until as many are ready as the Deployment wants. AssertionError with what their logs and Events say."""
        try:
            self.kubectl("rollout", "status", "deployment/wharfinger", "--timeout=300s")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self._explanation()}") from None

    def _explanation(self) -> str:
        """What the operator's pods and logs tell, as far as there are any."""
        logs = ("logs", "--selector", SELECTOR, "--tail", "20", "--prefix")
        return "\n".join(self._kubectl(*each)[1] for each in (("get", "pods,events"), logs))

    def leader(self) -> str:
        """The name of the pod that holds the Lease; empty where nobody does."""
        lease = self.get("lease/wharfinger")
        return str(lease["spec"].get("holderIdentity") or "")

    def run(self, pod: str, *command: str) -> str:
        """What a command prints in a pod's container."""
        return self.kubectl("exec", pod, "--", *command)

    def metrics(self, pod: str) -> list[Sample]:
        """The samples of a pod's /metrics, by the API server's proxy."""
        text = self.kubectl("get", "--raw", f"/api/v1/namespaces/{SYSTEM}/pods/{pod}:8080/proxy/metrics")
        return [sample for family in text_string_to_metric_families(text) for sample in family.samples]

    def kill(self, pod: str) -> None:
        """End a pod as a machine that loses its power does: its processes at once, then the object itself."""
        uid = str(self.get(f"pod/{pod}")["metadata"]["uid"])
        killed = [os.kill(process, signal.SIGKILL) for process in _processes(uid)]
        assert killed, f"no process of pod {pod} was found"
        self.kubectl("delete", f"pod/{pod}", "--grace-period=0", "--force")


@contextmanager
def by_kustomize(kubeconfig: Path, image: str, directory: Path) -> Iterator[Installation]:
    """Install by an overlay in `directory` that names the image; remove all but the CRDs, which other tests use."""
    installation = Installation(kubeconfig)
    _write_overlay(directory, image)
    try:
        installation.kubectl("apply", "--server-side", "--force-conflicts", "--kustomize", str(directory))
        yield installation
    finally:
        installation.kubectl("delete", "--ignore-not-found", "clusterrolebinding/wharfinger", "clusterrole/wharfinger")
        installation.kubectl("delete", "--ignore-not-found", "--timeout=300s", f"namespace/{SYSTEM}")


@contextmanager
def by_helm(kubeconfig: Path, image: str, directory: Path) -> Iterator[Installation]:
    """Install the chart, less its CRDs, into a namespace that enforces Pod Security `restricted`; remove all of it."""
    installation, helm = Installation(kubeconfig), Helm(4, kubeconfig, SYSTEM, directory)
    repository, _, tag = image.rpartition(":")
    values = {"image": {"repository": repository, "tag": tag}, "crds": {"install": False}}
    try:
        installation.kubectl("create", "namespace", SYSTEM)
        installation.kubectl("label", "namespace", SYSTEM, "pod-security.kubernetes.io/enforce=restricted")
        asyncio.run(helm("install", RELEASE, CHART, *helm.given(values)))
        yield installation
    finally:
        asyncio.run(helm.uninstall())
        installation.kubectl("delete", "--ignore-not-found", "--timeout=300s", f"namespace/{SYSTEM}")


def helm_test(kubeconfig: Path, directory: Path) -> str:
    """What `helm test` says of the release. AssertionError with that where it fails."""
    return asyncio.run(Helm(4, kubeconfig, SYSTEM, directory)("test", RELEASE, "--timeout", "110s"))


def refused(samples: list[Sample]) -> list[dict[str, str]]:
    """The requests to the API server that it refused for want of rights. AssertionError where none was made at all."""
    requests = [each for each in samples if each.name == "wharfinger_api_requests_total" and each.value]
    assert {"create", "list"} <= {each.labels["verb"] for each in requests}
    return [each.labels for each in requests if each.labels["code"] in {"401", "403"}]


def _write_overlay(directory: Path, image: str) -> None:
    """As docs/operations.md says. kustomize takes no absolute paths."""
    name, _, tag = image.rpartition(":")
    base = os.path.relpath(ROOT / "manifests", directory.resolve())
    overlay = {"resources": [base], "images": [{"name": "wharfinger", "newName": name, "newTag": tag}]}
    (directory / "kustomization.yaml").write_text(yaml.safe_dump(overlay))


def _processes(pod_uid: str) -> Iterator[int]:
    """The processes of a pod, as this machine numbers them: its cgroup is named by its uid."""
    for path in Path("/proc").glob("[0-9]*/cgroup"):
        try:
            if pod_uid in path.read_text():
                yield int(path.parent.name)
        except OSError:  # it has ended meanwhile
            continue
