"""What others make of our resources: kstatus, Argo CD's scripts, Flux's expressions, each by its own engine.

The engines are Go libraries; `tests/tools/verdict` puts them into one program.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from wharfinger.api.kinds import CONTAINER_WORKLOAD
from wharfinger.api.resource import Object
from wharfinger.cluster.gobuild import GoModule, build_module

ROOT = Path(__file__).parents[2]
GITOPS = ROOT / "manifests/gitops"
SCRIPTS = GITOPS / "argocd/resource_customizations" / f"{CONTAINER_WORKLOAD.group}" / f"{CONTAINER_WORKLOAD.kind}"
"""Argo CD's scripts for ContainerWorkloads, with their tests: as Argo CD's own repository would have them."""
FLUX_WORKLOADS = GITOPS / "flux/workloads.yaml"
"""Has the Kustomization whose health check expressions are asked."""

_MODULE = GoModule("the engines of GitOps tools", ROOT / "tests/tools/verdict", {"verdict": "."})
_TIMEOUT = 60.0


@dataclass(frozen=True)
class Verdict:
    """What each engine says of one object."""

    kstatus: str
    argo: str
    argo_message: str
    flux: str
    available: dict[str, Object] = field(default_factory=dict)
    """Argo CD's actions by name, with their attributes."""
    after: dict[str, Object] = field(default_factory=dict)
    """The object after each of the actions that were asked for."""

    @property
    def statuses(self) -> tuple[str, str, str]:
        """kstatus', Argo CD's, Flux's."""
        return self.kstatus, self.argo, self.flux


@cache
def program() -> Path:
    """The program, from the cache or built now."""
    return build_module(_MODULE) / "verdict"


def verdicts(objects: Sequence[Object], *, actions: Iterable[str] = ()) -> list[Verdict]:
    """The verdicts on ContainerWorkloads, in their order."""
    answers = ask(
        objects=objects,
        health=(SCRIPTS / "health.lua").read_text(),
        discovery=(SCRIPTS / "actions/discovery.lua").read_text(),
        actions={name: (SCRIPTS / "actions" / name / "action.lua").read_text() for name in actions},
        expressions=flux_expressions(),
    )
    return [_verdict(answer) for answer in answers]


def misfits(objects: Sequence[Object]) -> list[str]:
    """What makes objects none of their kind: for the kinds whose Go types the program has."""
    return [answer["misfit"] for answer in ask(objects=objects) if "misfit" in answer]


def ask(**question: Any) -> list[Any]:
    """The program's answers to a question. AssertionError with its words where it has none."""
    done = subprocess.run(
        [program()], input=json.dumps(question), capture_output=True, text=True, timeout=_TIMEOUT, check=False
    )
    assert done.returncode == 0, done.stderr
    answers: list[Any] = json.loads(done.stdout)
    return answers


def flux_expressions() -> Object:
    """The entry of healthCheckExprs for ContainerWorkloads."""
    documents = yaml.safe_load_all(FLUX_WORKLOADS.read_text())
    entries = [entry for document in documents for entry in document["spec"].get("healthCheckExprs", ())]
    (found,) = [entry for entry in entries if entry["kind"] == CONTAINER_WORKLOAD.kind]
    assert found["apiVersion"] == CONTAINER_WORKLOAD.api_version
    return {key: found[key] for key in ("current", "inProgress", "failed")}


def _verdict(answer: Any) -> Verdict:
    argo = answer["argo"]
    return Verdict(
        kstatus=answer["kstatus"]["status"],
        argo=argo["status"],
        argo_message=argo.get("message", ""),
        flux=answer["flux"]["status"],
        available=answer.get("available") or {},
        after=answer.get("after") or {},
    )
