"""Objects as a base for Kustomize: a file each, and the images, whose tags an overlay sets anew."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from wharfinger.api import GROUP
from wharfinger.cli import console
from wharfinger.cli.converting.images import Image, holders, image

Object = dict[str, Any]

_OURS: Final = {
    "images": [
        {"path": path, "group": GROUP, "kind": "ContainerWorkload"}
        for path in ("spec/image", "spec/pod/containers[]/image")
    ]
}
"""Where a ContainerWorkload has images, for Kustomize, which knows built-in kinds alone."""


def base(objects: Sequence[Object]) -> dict[str, str]:
    """The files of a base, by path."""
    files = {f"{obj['kind'].lower()}-{obj['metadata']['name']}.yaml": console.yaml_text(obj) for obj in objects}
    document: Object = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": list(files),
        "images": _images(image(holder["image"]) for obj in objects for _, holder in holders(obj)),
        "configurations": ["kustomizeconfig.yaml"],
    }
    written = {"kustomization.yaml": console.yaml_text(document), "kustomizeconfig.yaml": console.yaml_text(_OURS)}
    return written | files


def _images(found: Iterable[Image]) -> list[Object]:
    """Each repository once; one of which there are several tags is left out: Kustomize would make them one."""
    by_name: dict[str, set[Image]] = {}
    for each in found:
        by_name.setdefault(each.repository, set()).add(each)
    return [_entry(each) for several in by_name.values() if len(several) == 1 for each in several]


def _entry(named: Image) -> Object:
    version = {"newTag": named.tag} if named.tag and not named.digest else {}
    return {"name": named.repository, "newName": named.repository} | (
        {"digest": named.digest} if named.digest and not named.tag else version
    )
