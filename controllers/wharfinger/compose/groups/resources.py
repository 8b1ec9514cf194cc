"""What a service may use, and what it is promised: CPU, memory, processes, GPUs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from wharfinger.api.resource import Object
from wharfinger.api.status import Finding
from wharfinger.compose.groups.quantities import of_cpus, of_size, size_bytes
from wharfinger.compose.part import Part, Service
from wharfinger.compose.reporting import Report, reported, rows
from wharfinger.compose.rows import Row

_WEIGHT: Final = "weights of CPU follow requests; write deploy.resources.reservations.cpus"
_REALTIME: Final = "real-time scheduling is the node's to give, and no pod can ask for it; leave it out"
_WINDOWS: Final = "is for containers on Windows; write deploy.resources.limits.cpus"
_SWAP: Final = "swap is the node's to give (memorySwap of its kubelet); write deploy.resources.limits.memory alone"
_OOM: Final = "the kernel's order is by requests and limits; write both alike to be among the last that are killed"
_PIDS: Final = "no pod can say it: podPidsLimit of the nodes' kubelets counts; set that"

_TABLE: Final = (
    Report("cpu_count", "CpuOfWindows", _WINDOWS),
    Report("cpu_percent", "CpuOfWindows", _WINDOWS),
    Report("cpu_shares", "CpuWeight", _WEIGHT),
    Report("cpu_rt_runtime", "NoRealTime", _REALTIME),
    Report("cpu_rt_period", "NoRealTime", _REALTIME),
    Report(
        "cpuset",
        "CpusNotChosen",
        "no pod chooses its CPUs; with the static CPU manager, whole numbers of cpus, reserved and limited alike, "
        "have CPUs of their own",
    ),
    Report("mem_swappiness", "SwapOfNode", _SWAP),
    Report("memswap_limit", "SwapOfNode", _SWAP),
    Report("oom_kill_disable", "KilledByKernel", _OOM),
    Report("oom_score_adj", "KilledByKernel", _OOM),
    Report("pids_limit", "PidsOfNode", _PIDS),
    Report(
        "blkio_config",
        "NoBlockIo",
        "no pod can limit input and output of block devices; choose a storage class that does",
    ),
)

ROWS: Final = (
    Row("services.*.cpus", "honoured", "`resources.limits.cpu`; nothing is reserved by it"),
    Row("services.*.cpu_quota", "honoured", "with `cpu_period` (100000 if absent): `resources.limits.cpu`"),
    Row("services.*.cpu_period", "honoured", "see `cpu_quota`"),
    Row("services.*.mem_limit", "honoured", "`resources.limits.memory`; nothing is reserved by it"),
    Row("services.*.mem_reservation", "honoured", "`resources.requests.memory`"),
    Row(
        "services.*.storage_opt",
        "partly",
        "`size`: `resources.limits.ephemeral-storage`, beyond which a pod is evicted, as a finding says; others have "
        "one too",
    ),
    Row(
        "services.*.gpus",
        "partly",
        "`resources.limits`, by the vendor's extended resource (nvidia.com/gpu); `all`, chosen ones and options have "
        "a finding",
        whole=True,
    ),
    Row("services.*.deploy.resources", "partly", "`spec.resources`, each as below"),
    Row("services.*.deploy.resources.limits.cpus", "honoured", "`resources.limits.cpu`"),
    Row("services.*.deploy.resources.limits.memory", "honoured", "`resources.limits.memory`"),
    Row("services.*.deploy.resources.limits.pids", "reported", _PIDS),
    Row(
        "services.*.deploy.resources.reservations.cpus",
        "honoured",
        "`resources.requests.cpu`; 0 if absent beside a limit, which Kubernetes would reserve otherwise",
    ),
    Row("services.*.deploy.resources.reservations.memory", "honoured", "`resources.requests.memory`, likewise"),
    Row("services.*.deploy.resources.reservations.devices", "partly", "as `gpus`", whole=True),
    Row("services.*.deploy.resources.reservations.generic_resources", "honoured", "see `deploy.placement`", whole=True),
    *rows(_TABLE),
)

_GPUS: Final = {"": "nvidia.com/gpu", "nvidia": "nvidia.com/gpu", "amd": "amd.com/gpu", "intel": "gpu.intel.com/i915"}
"""Driver to the extended resource of its device plugin."""
_PERIOD: Final = 100_000
"""Microseconds, as the kernel has it."""


def part(service: Service) -> Part:
    """`spec.resources`, and what cannot be said there."""
    limits = _limits(service.data) | _gpus(service.data)
    requests = _requests(service.data, limits)
    resources = {name: held for name, held in (("limits", limits), ("requests", requests)) if held}
    return Part(
        spec={"resources": resources} if resources else {},
        findings=(*reported(service, _TABLE), *_findings(service)),
    )


def _deployed(data: Object, which: str) -> Object:
    resources = (data.get("deploy") or {}).get("resources") or {}
    held: Object = resources.get(which) or {}
    return held


def _limits(data: Object) -> dict[str, str]:
    deployed = _deployed(data, "limits")
    cpus = deployed.get("cpus") or data.get("cpus") or _quota(data)
    memory = deployed.get("memory") or data.get("mem_limit")
    found = {
        "cpu": of_cpus(cpus) if cpus else None,
        "memory": of_size(memory) if memory else None,
        "ephemeral-storage": of_size((data.get("storage_opt") or {}).get("size", "")),
    }
    return {name: limit for name, limit in found.items() if limit}


def _quota(data: Object) -> float:
    quota = float(data.get("cpu_quota") or 0)
    return quota / float(data.get("cpu_period") or _PERIOD) if quota > 0 else 0


def _reserved(data: Object) -> dict[str, str]:
    deployed = _deployed(data, "reservations")
    cpus, memory = deployed.get("cpus"), deployed.get("memory") or data.get("mem_reservation")
    found = {"cpu": of_cpus(cpus) if cpus else None, "memory": of_size(memory) if memory else None}
    return {name: request for name, request in found.items() if request}


def _requests(data: Object, limits: dict[str, str]) -> dict[str, str]:
    """What is reserved, never more than the limit, which Kubernetes refuses; 0 beside a limit alone."""
    reserved = _reserved(data)
    beside = {name: "0" for name in ("cpu", "memory", "ephemeral-storage") if name in limits}
    above = {name: limits[name] for name in _above(data)}
    return beside | reserved | above


def _above(data: Object) -> list[str]:
    """Resources of which more is reserved than the limit allows."""
    limits, reserved = _deployed(data, "limits"), _deployed(data, "reservations")
    cpus = float(limits.get("cpus") or data.get("cpus") or _quota(data) or 0)
    memory = size_bytes(limits.get("memory") or data.get("mem_limit") or 0) or 0
    asked = size_bytes(reserved.get("memory") or data.get("mem_reservation") or 0) or 0
    found = (("cpu", cpus, float(reserved.get("cpus") or 0)), ("memory", memory, asked))
    return [name for name, limit, wanted in found if limit and wanted > limit]


def _devices(data: Object) -> Iterator[tuple[str, Object]]:
    """Where, below the service, and the request for devices."""
    for index, each in enumerate(data.get("gpus") or ()):
        yield f"gpus[{index}]", each
    for index, each in enumerate(_deployed(data, "reservations").get("devices") or ()):
        yield f"deploy.resources.reservations.devices[{index}]", each


def _gpus(data: Object) -> dict[str, str]:
    counts: dict[str, int] = {}
    for path, device in _devices(data):
        if name := _resource(path, device):
            counts[name] = counts.get(name, 0) + _count(device)
    return {name: str(count) for name, count in counts.items()}


def _resource(path: str, device: Object) -> str | None:
    """The extended resource; None for what is no GPU, or of a driver that is not known."""
    is_gpu = path.startswith("gpus") or "gpu" in (device.get("capabilities") or ())
    return _GPUS.get(device.get("driver") or "") if is_gpu else None


def _count(device: Object) -> int:
    ids = device.get("device_ids") or ()
    return len(ids) or max(1, int(device.get("count") or 1))


def _findings(service: Service) -> Iterator[Finding]:
    data = service.data
    if _deployed(data, "limits").get("pids") and not data.get("pids_limit"):
        yield service.finding("deploy.resources.limits.pids", "warning", "PidsOfNode", _PIDS)
    for name in _above(data):
        message = f"more {name} is reserved than the limit allows: the limit is reserved; write no more than that"
        yield service.finding("deploy.resources.reservations", "warning", "ReservedAboveLimit", message)
    for path, device in _devices(data):
        yield from _device_findings(service, path, device)
    for name in data.get("storage_opt") or {}:
        if name == "size" and of_size(data["storage_opt"][name]):
            message = "a pod that writes more is evicted, where Docker would say that the disk is full"
            yield service.finding("storage_opt.size", "info", "EvictedWhenFull", message)
        else:
            message = "is an option of Docker's storage driver, and has no effect; write size alone"
            yield service.finding(f"storage_opt.{name}", "warning", "StorageOptionUnknown", message)


def _device_findings(service: Service, path: str, device: Object) -> Iterator[Finding]:
    resource = _resource(path, device)
    if not resource:
        message = "no device plugin for it is known; write its extended resource in resources.limits of the workload"
        yield service.finding(path, "warning", "DeviceUnknown", message)
        return
    ids = device.get("device_ids") or ()
    if ids:
        message = f"which of {resource} it is cannot be chosen: {len(ids)} of them; label nodes, and write `placement`"
        yield service.finding(f"{path}.device_ids", "warning", "DeviceNotChosen", message)
    elif int(device.get("count") or -1) < 0:
        message = f"all of a node's {resource} cannot be asked for: one is; write their number as `count`"
        yield service.finding(path, "warning", "DeviceCount", message)
    if device.get("options"):
        message = "is for Docker's driver, and has no effect; set what the device plugin reads in the cluster"
        yield service.finding(f"{path}.options", "warning", "DeviceOptions", message)
