"""Kustomizations as kubectl builds and applies them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import yaml

from tests.support.world import World
from wharfinger.api.resource import Object

ROOT = Path(__file__).parents[2]
MANIFESTS = ROOT / "manifests"
SYSTEM = "wharfinger-system"
EVERYWHERE = ("--namespace", "")
"""For kubectl: not the world's own namespace, but whatever each object says."""


def overlay(folder: Path, *, components: Iterable[str] = (), base: Path = MANIFESTS) -> Path:
    """Make `folder` an overlay of `base`, with components of ours; kustomize takes relative paths only."""
    start = folder.resolve()
    document = {
        "resources": [os.path.relpath(base, start)],
        "components": [os.path.relpath(MANIFESTS / name, start) for name in components],
    }
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(document))
    return folder


async def build(world: World, folder: Path) -> list[Object]:
    """What `kubectl kustomize` makes of it."""
    return [obj for obj in yaml.safe_load_all(await world.kubectl("kustomize", str(folder))) if obj]


async def apply(world: World, folder: Path, *options: str) -> str:
    """Apply it, as the documentation says."""
    return await world.kubectl(*EVERYWHERE, "apply", "--server-side", "--force-conflicts", "-k", str(folder), *options)


def one(objects: Iterable[Object], kind: str, name: str = "wharfinger") -> Object:
    """The object of that kind and name."""
    (found,) = [obj for obj in objects if obj["kind"] == kind and obj["metadata"]["name"] == name]
    return found


def environment(deployment: Object) -> dict[str, str]:
    """The variables of the operator's container that have a value."""
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    return {each["name"]: each["value"] for each in container["env"] if "value" in each}
