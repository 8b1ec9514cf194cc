"""CustomResourceDefinitions of others, from their Go modules: a real API server checks what we write for them."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import yaml

from wharfinger.api.resource import Object
from wharfinger.cluster import Cluster
from wharfinger.cluster.supervisor import wait_until
from wharfinger.cluster.toolchain import find_toolchain

_CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_GO = (1, 26)
_TIMEOUT = 200.0


@dataclass(frozen=True)
class Upstream:
    """Files of one version of a Go module."""

    module: str
    version: str
    sum: str
    """What go.sum has of that version: the content, whoever delivers it."""
    files: tuple[str, ...]

    def definitions(self) -> list[Object]:
        """The CustomResourceDefinitions in the files."""
        folder = self._downloaded()
        return [obj for file in self.files for obj in yaml.safe_load_all((folder / file).read_text()) if obj]

    def _downloaded(self) -> Path:
        """The module in Go's own cache."""
        command = [find_toolchain(_GO).go, "mod", "download", "-json", f"{self.module}@{self.version}"]
        environment = {**os.environ, "GOTOOLCHAIN": "local", "GOFLAGS": ""}
        with tempfile.TemporaryDirectory() as nowhere:  # no go.mod may have a say
            done = subprocess.run(
                command, cwd=nowhere, env=environment, capture_output=True, text=True, timeout=_TIMEOUT, check=False
            )
        told = json.loads(done.stdout or "{}")
        assert done.returncode == 0, f"{self.module}: {told.get('Error') or done.stderr}"
        assert told["Sum"] == self.sum, f"{self.module}@{self.version} is not what it was"
        return Path(told["Dir"])


GATEWAY_API = Upstream(
    "sigs.k8s.io/gateway-api",
    "v1.5.0",
    "h1:duoo14Ky/fJXpjpmyMISE2RTBGnfCg8zICfTYLTnBJA=",
    ("config/crd/standard/gateway.networking.k8s.io_httproutes.yaml",),
)
PROMETHEUS_OPERATOR = Upstream(
    "github.com/prometheus-operator/prometheus-operator",
    "v0.85.0",
    "h1:M5xLCLEoaW2IJfnuCwFzzpL+jSVQu3KGT84Pye+fW8s=",
    tuple(
        f"example/prometheus-operator-crd/monitoring.coreos.com_{kind}.yaml"
        for kind in ("servicemonitors", "podmonitors", "prometheusrules")
    ),
)
FLUX_SOURCES = Upstream(
    "github.com/fluxcd/source-controller",
    "v1.9.6",
    "h1:nG534/bI6nVpyHra7ONAk6xDB3xPsVT+EOLHZHXPrrc=",
    ("config/crd/bases/source.toolkit.fluxcd.io_gitrepositories.yaml",),
)
FLUX_KUSTOMIZATIONS = Upstream(
    "github.com/fluxcd/kustomize-controller",
    "v1.9.6",
    "h1:XB+G3A0mky0j5uVHZWv4oSlS2RvZBoNIUhstIvY0JKE=",
    ("config/crd/bases/kustomize.toolkit.fluxcd.io_kustomizations.yaml",),
)
ARGO_APPLICATIONS = Upstream(
    "github.com/argoproj/argo-cd/v3",
    "v3.1.0",
    "h1:2+gPskQKCyPC9DzRSWQ1AvmS3WiIlRR7bKz/FO3DozI=",
    ("manifests/crds/application-crd.yaml",),
)


def install(cluster: Cluster, *upstreams: Upstream) -> None:
    """Make their kinds known to a cluster, and wait until it serves them."""
    client = cluster.client()
    names = []
    for definition in [obj for upstream in upstreams for obj in upstream.definitions()]:
        names.append(definition["metadata"]["name"])
        client.apply(f"{_CRDS}/{names[-1]}", definition)

    def established(name: str) -> bool:
        said = client.get(f"{_CRDS}/{name}").get("status", {}).get("conditions") or ()
        return any(each["type"] == "Established" and each["status"] == "True" for each in said)

    assert wait_until(lambda: all(map(established, names)), timeout=60), f"{names} are not established within 60 s"
