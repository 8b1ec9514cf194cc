"""The real Helm, of two majors, and the chart as a test uses it: rendered, installed, as its previous version."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from wharfinger.api.resource import Object
from wharfinger.cluster.gobuild import GoModule, build_module

ROOT = Path(__file__).parents[2]
CHART = ROOT / "helm/wharfinger"
RELEASE = "wharfinger"
CRD = "containerworkloads.wharfinger.dev"
KUBE_VERSION = "1.36.1"
"""For rendering without a cluster: Helm would otherwise take the version that it was built for."""
OFFLINE = Path(os.devnull)
"""A kubeconfig that leads nowhere."""

MODULES = {
    major: GoModule(f"Helm {major}", ROOT / f"tests/tools/helm{major}", {"helm": f"helm.sh/helm/v{major}/cmd/helm"})
    for major in (4, 3)
}

_TIMEOUT = 120.0


@cache
def program(major: int) -> Path:
    """The program, from the cache or built now."""
    return build_module(MODULES[major]) / "helm"


@dataclass(frozen=True)
class Helm:
    """One Helm, one namespace of one cluster. It reads and writes nothing of the user's own Helm."""

    major: int
    kubeconfig: Path
    namespace: str
    home: Path
    """A directory of the test's own."""

    async def __call__(self, *arguments: str | Path) -> str:
        """What helm prints. AssertionError with what it says where it fails."""
        code, out, err = await self._run(*arguments)
        assert code == 0, f"helm {' '.join(map(str, arguments))}: {err}{out}"
        return out

    async def refusal(self, *arguments: str | Path) -> str:
        """What helm says, on both streams, when it fails, as it must."""
        code, out, err = await self._run(*arguments)
        assert code != 0, f"helm {' '.join(map(str, arguments))} succeeds: {out}"
        return err + out

    async def template(self, values: Object, *options: str, chart: Path = CHART) -> list[Object]:
        """The manifests of a release, without the pods of its tests."""
        text = await self("template", RELEASE, chart, "--skip-tests", *self.given(values), *offline(), *options)
        return [obj for obj in yaml.safe_load_all(text) if obj]

    async def install(self, values: Object, *options: str, chart: Path = CHART) -> str:
        """Install, and wait until all is ready; the notes."""
        return await self("install", RELEASE, chart, *self.given(values), *_WAIT, *options)

    async def upgrade(self, values: Object, *options: str, chart: Path = CHART) -> str:
        """Upgrade to the chart with these values, and wait until all is ready; the notes."""
        return await self("upgrade", RELEASE, chart, *self.given(values), *_WAIT, *options)

    async def rollback(self, revision: int) -> None:
        """Go back, and wait until all is ready."""
        await self("rollback", RELEASE, str(revision), *_WAIT)

    async def uninstall(self) -> None:
        """Remove the release, if there is one, and wait until its objects are gone."""
        await self("uninstall", RELEASE, "--ignore-not-found", *_WAIT)

    def given(self, values: Object) -> tuple[str, ...]:
        """The arguments that hand over values."""
        path = self.home / "values.yaml"
        path.write_text(yaml.safe_dump(values))
        return "--values", str(path)

    async def _run(self, *arguments: str | Path) -> tuple[int, str, str]:
        command = (str(program(self.major)), *map(str, arguments))
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(*command, stdout=pipe, stderr=pipe, env=self._environment())
        out, err = await asyncio.wait_for(process.communicate(), _TIMEOUT)
        assert process.returncode is not None
        return process.returncode, out.decode(), err.decode()

    def _environment(self) -> dict[str, str]:
        homes = {f"HELM_{kind}_HOME": str(self.home / kind.lower()) for kind in ("CACHE", "CONFIG", "DATA")}
        return {**os.environ, **homes, "KUBECONFIG": str(self.kubeconfig), "HELM_NAMESPACE": self.namespace}


_WAIT = ("--wait", "--timeout", "90s")


def offline() -> tuple[str, str]:
    """The arguments that stand for a cluster."""
    return "--kube-version", KUBE_VERSION


def previous_chart(folder: Path) -> Path:
    """The chart as an older version could have been: another number, another default, a field less in the CRD."""
    chart = Path(shutil.copytree(CHART, folder / "wharfinger"))
    _edit(chart / "Chart.yaml", lambda it: it.update(version="0.0.9", appVersion="0.0.9"))
    _edit(chart / "values.yaml", lambda it: it.update(replicas=1))
    _edit(chart / f"files/crds/wharfinger.dev_{CRD.partition('.')[0]}.yaml", lambda it: spec_fields(it).pop(NEW_FIELD))
    return chart


NEW_FIELD = "spread"
"""The field of a spec that the previous version did not know; none that a rule of the CRD speaks of."""


def spec_fields(crd: Object) -> Object:
    """The fields that a CRD allows in a spec."""
    fields: Object = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]
    return fields


def of_kind(manifests: list[Object], kind: str) -> list[Object]:
    """Those of one kind."""
    return [obj for obj in manifests if obj["kind"] == kind]


def by_identity(manifests: list[Object]) -> dict[tuple[str, str, str], Object]:
    """The same, by kind, namespace and name."""
    return {
        (obj["kind"], obj["metadata"].get("namespace", ""), obj["metadata"]["name"]): json.loads(json.dumps(obj))
        for obj in manifests
    }


def _edit(path: Path, change: Any) -> None:
    content = yaml.safe_load(path.read_text())
    change(content)
    path.write_text(yaml.safe_dump(content))
