"""Puts Argo CD's scripts for our kinds into the forms in which an Argo CD takes them: `make gitops` writes them anew.

Argo CD looks for health checks and actions in the ConfigMap `argocd-cm`. The scripts themselves lie in the folders that
Argo CD's own repository has for them, with the tests that are usual there; from them are made

- `argocd-cm.yaml`, the part of that ConfigMap that is ours, to be applied server-side or as a kustomize patch;
- `values.yaml`, the same for the Helm chart `argo-cd`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from wharfinger.api.kinds import CONTAINER_WORKLOAD, KINDS

ARGOCD = Path(__file__).parents[1] / "manifests/gitops/argocd"
_MADE = "# Made from resource_customizations/ by `make gitops`; not to be edited.\n"


_HEALTH = "resource.customizations.health."


class _Dumper(yaml.SafeDumper):
    """Writes text of several lines as it is."""


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)


def settings(customizations: Path = ARGOCD / "resource_customizations") -> dict[str, str]:
    """The entries of `argocd-cm`: a health check and the actions of each kind that has a folder.

    Our other kinds have the same health check, since all of them report by the same rules.
    """
    found: dict[str, str] = {}
    for health in sorted(customizations.glob("*/*/health.lua")):
        kind = f"{health.parent.parent.name}_{health.parent.name}"
        found[f"{_HEALTH}{kind}"] = health.read_text()
        found[f"resource.customizations.actions.{kind}"] = _dump(actions(health.parent / "actions"))
    of_workloads = found[f"{_HEALTH}{CONTAINER_WORKLOAD.group}_{CONTAINER_WORKLOAD.kind}"]
    return {f"{_HEALTH}{kind.resource.group}_{kind.resource.kind}": of_workloads for kind in KINDS} | found


def actions(folder: Path) -> dict[str, Any]:
    """What an entry `resource.customizations.actions` holds: the discovery script, and one definition an action."""
    scripts = sorted(folder.glob("*/action.lua"))
    definitions = [{"name": script.parent.name, "action.lua": script.read_text()} for script in scripts]
    return {"discovery.lua": (folder / "discovery.lua").read_text(), "definitions": definitions}


def files() -> dict[Path, str]:
    """The content of each file that is made."""
    metadata = {"name": "argocd-cm", "namespace": "argocd", "labels": {"app.kubernetes.io/part-of": "argocd"}}
    config_map = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": settings()}
    return {
        ARGOCD / "argocd-cm.yaml": _MADE + _dump(config_map),
        ARGOCD / "values.yaml": _MADE + _dump({"configs": {"cm": settings()}}),
    }


def _dump(document: dict[str, Any]) -> str:
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, width=1000)


if __name__ == "__main__":
    for path, content in files().items():
        path.write_text(content)
