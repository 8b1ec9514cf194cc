"""YAML of the documentation: objects by the API server, other files by the program that they are for."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.support.debian import program
from tests.support.docs.pages import ROOT, Block
from wharfinger.api.resource import Object
from wharfinger.cli.main import invoke

_TIMEOUT = 120.0
_OUR_COPY = re.compile(r"https://[\w./-]+/manifests((?:/[\w-]+)*)(\?ref=\w+)?")


@dataclass(frozen=True)
class Judges:
    """What checks need."""

    kubeconfig: Path
    helm: Path
    place: Path
    """A directory of the test's own."""

    @property
    def kubectl(self) -> tuple[str | Path, ...]:
        """In the context's namespace, where an object names none."""
        return "kubectl", "--kubeconfig", self.kubeconfig

    def run(self, *command: str | Path, stdin: str | None = None) -> str:
        """What a program prints. AssertionError with what it says where it fails."""
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False, timeout=_TIMEOUT)
        assert done.returncode == 0, f"{' '.join(map(str, command))}: {done.stdout}{done.stderr}"
        return done.stdout

    def dry_run(self, *objects: Object) -> None:
        """The API server takes them, strictly, and keeps none."""
        options = ("--server-side", "--force-conflicts", "--dry-run=server", "--validate=strict", "-f", "-")
        said = self.run(*self.kubectl, "apply", *options, stdin=yaml.safe_dump_all(objects))
        assert said.count("(server dry run)") == len(objects), said

    def written(self, text: str, name: str = "block.yaml") -> Path:
        """The text in a file."""
        path = self.place / name
        path.write_text(text, encoding="utf-8")
        return path


def check(block: Block, judges: Judges) -> None:
    """AssertionError where the block is not what it is said to be."""
    kind = block.directives.kind or "objects"
    _CHECKS[kind](block.filled, judges)


def _objects(text: str, judges: Judges) -> None:
    objects = [each for each in yaml.safe_load_all(text) if each]
    unfinished = [each for each in objects if not {"apiVersion", "kind", "metadata"} <= set(each)]
    assert objects, "there is nothing in it"
    assert not unfinished, f"no Kubernetes object (`as=` says what else it is): {unfinished}"
    judges.dry_run(*objects)


def _workload_spec(text: str, judges: Judges) -> None:
    """Fields of a ContainerWorkload's spec, with or without `spec:` above them: no finding, and it can be applied."""
    fields = yaml.safe_load(text)
    spec = {"image": "registry.example.com/shop/web:1.4", **fields.get("spec", fields)}
    if spec.get("mode") == "cron":
        spec.setdefault("cron", {"schedule": "0 3 * * *"})
    document = {
        "apiVersion": "wharfinger.dev/v1alpha1",
        "kind": "ContainerWorkload",
        "metadata": {"name": "web"},
        "spec": spec,
    }
    assert invoke(["render", str(judges.written(yaml.safe_dump(document))), "--http-route"]) == 0
    judges.dry_run(document)


def _helm_values(text: str, judges: Judges) -> None:
    """By the chart's own schema."""
    judges.run(judges.helm, "lint", ROOT / "helm/wharfinger", "--strict", "--values", judges.written(text))


def _kustomization(text: str, judges: Judges) -> None:
    """Built, with this repository in the place of a reader's copy."""
    manifests = os.path.relpath(ROOT / "manifests", judges.place.resolve())
    there, count = _OUR_COPY.subn(lambda found: manifests + found[1], text)
    assert count, "it names no copy of manifests/"
    built = judges.written(there, "kustomization.yaml").parent
    document = yaml.safe_load(there)
    if not document.get("resources"):  # a component changes what others bring
        return
    assert judges.run("kubectl", "kustomize", built)


def _prometheus(text: str, judges: Judges) -> None:
    """Without the discovery of pods, which Debian's Prometheus is built without."""
    there = re.sub(r"kubernetes_sd_configs: .*", "static_configs: []", text)
    assert "SUCCESS" in judges.run(program("prometheus", "promtool"), "check", "config", judges.written(there))


def _policy_validations(text: str, judges: Judges) -> None:
    """In a ValidatingAdmissionPolicy on ContainerWorkloads, whose expressions the API server compiles."""
    rules = {
        "apiGroups": ["wharfinger.dev"],
        "apiVersions": ["*"],
        "operations": ["CREATE", "UPDATE"],
        "resources": ["containerworkloads"],
    }
    judges.dry_run(
        {
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "ValidatingAdmissionPolicy",
            "metadata": {"name": "documented"},
            "spec": {"matchConstraints": {"resourceRules": [rules]}, **yaml.safe_load(text)},
        }
    )


_CHECKS: dict[str, Callable[[str, Judges], None]] = {
    "objects": _objects,
    "workload-spec": _workload_spec,
    "helm-values": _helm_values,
    "kustomization": _kustomization,
    "prometheus": _prometheus,
    "policy-validations": _policy_validations,
}


def parses(expression: str, judges: Judges) -> None:
    """A PromQL expression: Prometheus' own tool takes it as a rule."""
    rule = {"groups": [{"name": "documented", "rules": [{"record": "documented", "expr": expression}]}]}
    judges.run(program("prometheus", "promtool"), "check", "rules", judges.written(yaml.safe_dump(rule)))
