"""Names of images, in the parts that people change, and where objects have them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

Object = dict[str, Any]

_POD: Final = {
    "ContainerWorkload": ("spec", "pod"),
    "Pod": ("spec",),
    "CronJob": ("spec", "jobTemplate", "spec", "template", "spec"),
}
_TEMPLATE: Final = ("spec", "template", "spec")


@dataclass(frozen=True, slots=True)
class Image:
    """``registry.example.com:5000/shop/web:1.4@sha256:…`` in its parts; empty where a part is not there."""

    repository: str
    tag: str = ""
    digest: str = ""


def image(text: str) -> Image:
    """The parts of a name. What follows the last colon is a tag, unless that is the registry's port."""
    name, _, digest = text.partition("@")
    repository, colon, tag = name.rpartition(":")
    return Image(repository, tag, digest) if colon and "/" not in tag else Image(name, "", digest)


def holders(obj: Object) -> Iterator[tuple[str, Object]]:
    """Container and the mapping whose ``image`` it runs: of an object that runs pods, each container."""
    if obj["kind"] == "ContainerWorkload":
        yield obj["metadata"]["name"], obj["spec"]
    pod: Any = obj
    for step in _POD.get(obj["kind"], _TEMPLATE):
        pod = pod.get(step) if isinstance(pod, dict) else None
    for container in (pod or {}).get("containers") or ():
        if "image" in container:
            yield container["name"], container
