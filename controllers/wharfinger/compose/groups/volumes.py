"""What a service sees in its file system: volumes, memory, files and directories that were given, images."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from typing import Final

from wharfinger.api.resource import Object
from wharfinger.api.status import Finding
from wharfinger.compose.groups.binds import bound, left_out
from wharfinger.compose.groups.claims import claim_name, many_nodes
from wharfinger.compose.groups.mounts import mounts
from wharfinger.compose.groups.quantities import of_size
from wharfinger.compose.mode import mode_of
from wharfinger.compose.part import Part, Service, merged
from wharfinger.compose.rows import Row

_EFFECTLESS: Final = {
    "consistency": "is Docker Desktop's; leave it out",
    "bind.propagation": "no volume of a node is mounted; write mountPropagation in spec.pod of the workload",
    "bind.selinux": "files are labelled for each pod by its own; leave it out",
    "volume.labels": "labels belong to the volume; write them below `volumes`",
    "tmpfs.mode": "it is 0777, and files belong to whoever writes them; change it in the command",
}

ROWS: Final = (
    Row("services.*.volumes", "partly", "by `type`, as below; `read_only` and `target` as they are", whole=True),
    Row(
        "services.*.volumes.source",
        "partly",
        "volume: the PersistentVolumeClaim, mounted once a path; without a source an `emptyDir`, with a finding. bind: "
        "files that were given are `spec.files`; what was not, and what is the node's, has a finding, and is not "
        "mounted. image: an image volume. npipe has a finding",
    ),
    Row("services.*.volumes.volume.subpath", "honoured", "`subPath` of the mount"),
    Row("services.*.volumes.volume.nocopy", "honoured", "nothing is ever copied from the image, see `volumes`"),
    Row("services.*.volumes.image.subpath", "honoured", "`subPath` of the mount"),
    Row("services.*.volumes.tmpfs.size", "honoured", "`emptyDir` in memory, with `sizeLimit`"),
    *(Row(f"services.*.volumes.{name}", "reported", why) for name, why in _EFFECTLESS.items()),
    Row("services.*.volumes.bind.create_host_path", "honoured", "nothing: no directory is made on a node"),
    Row("services.*.volumes.bind.recursive", "honoured", "nothing: files that are given have no mounts below them"),
    Row("services.*.volumes_from", "partly", "the volumes of that service; those of a container have a finding"),
    Row("services.*.tmpfs", "partly", "`emptyDir` in memory, with `size`; other options have a finding"),
    Row("services.*.shm_size", "honoured", "`emptyDir` in memory at /dev/shm, with `sizeLimit`"),
)


_SHM: Final = "/dev/shm"  # noqa: S108 - where every container has its shared memory


def part(service: Service) -> Part:
    """`spec.files`, the pod's volumes, the container's mounts."""
    made = [_mounted(service, mount) for mount in mounts(service.context, service.name)]
    whole = merged([*made, *(_tmpfs(service, text) for text in service.data.get("tmpfs") or ()), _shm(service)])
    volumes = list({volume["name"]: volume for volume in whole.pod.get("volumes", ())}.values())
    recreate = {"rollout": {"strategy": "Recreate"}} if _on_one_node(service) else {}
    return Part(
        spec=whole.spec | recreate,
        pod={"volumes": volumes} if volumes else {},
        container=whole.container,
        findings=tuple(_findings(service)),
    )


def _on_one_node(service: Service) -> bool:
    """Whether old pods must go before new ones, maybe on other nodes, can mount what they share."""
    return mode_of(service) == "service" and any(
        mount["type"] == "volume" and mount.get("source") and not many_nodes(service.context, mount["source"])
        for mount in mounts(service.context, service.name)
    )


def _mounted(service: Service, mount: Object) -> Part:
    match mount["type"]:
        case "volume" | "cluster":
            return _volume(service, mount)
        case "tmpfs":
            return _memory(mount["target"], (mount.get("tmpfs") or {}).get("size"), read_only=mount.get("read_only"))
        case "image":
            held = {"image": {"reference": mount["source"]}}
            return _mount(mount["target"], held, "image", (mount.get("image") or {}).get("subpath"), read_only=True)
        case "bind":
            return Part(spec={"files": files} if (files := bound(service, mount)) else {})
        case _:
            return Part()


def _volume(service: Service, mount: Object) -> Part:
    sub_path = (mount.get("volume") or {}).get("subpath")
    if not mount.get("source"):
        return _mount(mount["target"], {"emptyDir": {}}, "anonymous", sub_path, read_only=mount.get("read_only"))
    claim = claim_name(service.context, mount["source"])
    volume = {"name": f"volume-{_short(claim)}", "persistentVolumeClaim": {"claimName": claim}}
    return _placed(volume, mount["target"], sub_path, read_only=mount.get("read_only"))


def _memory(path: str, size: object, *, read_only: object = None) -> Part:
    limit = of_size(size) if size else None
    held = {"medium": "Memory"} | ({"sizeLimit": limit} if limit else {})
    return _mount(path, {"emptyDir": held}, "memory", None, read_only=read_only)


def _mount(path: str, held: Object, kind: str, sub_path: str | None, *, read_only: object) -> Part:
    """A volume for one path."""
    return _placed({"name": f"{kind}-{_short(path)}"} | held, path, sub_path, read_only=read_only)


def _placed(volume: Object, path: str, sub_path: str | None, *, read_only: object) -> Part:
    mount: Object = {"name": volume["name"], "mountPath": path}
    if sub_path:
        mount["subPath"] = sub_path.strip("/")
    if read_only:
        mount["readOnly"] = True
    return Part(pod={"volumes": [volume]}, container={"volumeMounts": [mount]})


def _short(text: str) -> str:
    return blake2b(text.encode(), digest_size=4).hexdigest()


def _tmpfs(service: Service, text: str) -> Part:
    """``/run:size=64m,mode=1777``."""
    path, _, options = text.partition(":")
    taken = {mount["target"] for mount in mounts(service.context, service.name)}
    return Part() if path in taken else _memory(path, dict(_options(options)).get("size"))


def _options(text: str) -> list[tuple[str, str]]:
    return [(name, value) for name, _, value in (word.partition("=") for word in text.split(",") if word)]


def _shm(service: Service) -> Part:
    size = of_size(service.data.get("shm_size") or 0)
    return _memory(_SHM, size) if size and service.data.get("ipc") != "host" else Part()


def _findings(service: Service) -> Iterator[Finding]:
    for index, mount in enumerate(service.data.get("volumes") or ()):
        yield from _mount_findings(service, f"volumes[{index}]", mount)
    for index, text in enumerate(service.data.get("volumes_from") or ()):
        if text.partition(":")[0] not in service.context.project["services"]:
            message = f"`{text}` is a container outside of the project; write its volumes here, as external ones"
            yield service.finding(f"volumes_from[{index}]", "warning", "VolumesElsewhere", message)
    if any(mount["type"] == "tmpfs" or not mount.get("source") for mount in _foreign(service)):
        message = "what has no name is not shared: each pod has its own; name a volume"
        yield service.finding("volumes_from", "warning", "VolumeOfPod", message)
    for index, text in enumerate(service.data.get("tmpfs") or ()):
        others = [name for name, _ in _options(text.partition(":")[2]) if name not in ("size", "rw")]
        if others:
            message = f"{', '.join(others)} cannot be said of an emptyDir, whose mode is 0777; leave that out"
            yield service.finding(f"tmpfs[{index}]", "info", "TmpfsOptions", message)


def _foreign(service: Service) -> list[Object]:
    own = service.data.get("volumes") or ()
    return [mount for mount in mounts(service.context, service.name) if mount not in own]


def _mount_findings(service: Service, path: str, mount: Object) -> Iterator[Finding]:
    for name, why in _EFFECTLESS.items():
        block, _, key = name.rpartition(".")
        if ((mount.get(block) or {}) if block else mount).get(key):
            yield service.finding(f"{path}.{name}", "info", "MountOption", why)
    kind, target = mount["type"], mount["target"]
    if kind != "npipe" and (not target.startswith("/") or ":" in target):
        message = f"`{target}` is no absolute path without a colon; write it from /"
        yield service.finding(path, "error", "PathNotAbsolute", message)
    if kind == "volume" and not mount.get("source"):
        message = f"{target} has no source: it lasts as long as its pod; name a volume to keep what is in it"
        yield service.finding(path, "info", "VolumeOfPod", message)
    elif kind == "image":
        message = "needs a cluster that mounts images (ImageVolume, Kubernetes 1.33)"
        yield service.finding(path, "info", "ImageVolumeNeeded", message)
    elif kind == "npipe":
        message = f"{target}: named pipes are Windows nodes' own, and not mounted; write a hostPath in spec.pod"
        yield service.finding(f"{path}.source", "warning", "NotMounted", message)
    elif kind == "bind":
        yield from left_out(service, f"{path}.source", mount)
