"""The embedded cluster's real node: containers run, are reached, logged, entered, restarted; and nothing is left."""

from __future__ import annotations

import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import kubernetes
import pytest
from kubernetes.stream import stream

from wharfinger.cluster import Cluster, NodeKind, Options, images
from wharfinger.cluster.build import build
from wharfinger.cluster.nodes.real.config import registry_url
from wharfinger.cluster.supervisor import wait_until

pytestmark = pytest.mark.e2e

DEMO = "registry.wharfinger.local/demo:1"
TIMEOUT = 90.0


@pytest.fixture(scope="session")
def core(wharfinger_cluster: Cluster) -> Iterator[Any]:
    """The official client's core/v1, for logs and exec."""
    with kubernetes.config.new_client_from_config(str(wharfinger_cluster.kubeconfig)) as api:
        yield kubernetes.client.CoreV1Api(api)


@pytest.fixture
def pods(wharfinger_cluster: Cluster, namespace: str) -> Pods:
    """Pods of the test's namespace."""
    return Pods(wharfinger_cluster, namespace)


class Pods:
    """Make Pods and wait for what becomes of them."""

    def __init__(self, cluster: Cluster, namespace: str) -> None:
        self.client = cluster.client()
        self.path = f"/api/v1/namespaces/{namespace}/pods"

    def run(self, name: str, image: str, *command: str, **spec: Any) -> None:
        """Make a Pod of one container."""
        container = {"name": "main", "image": image, "command": list(command) or None, **spec.pop("container", {})}
        body = {"metadata": {"name": name, "labels": {"app": name}}, "spec": {"containers": [container], **spec}}
        self.client.create(self.path, body)

    def until(self, name: str, condition: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Wait for a condition on the Pod; the Pod as it then is."""
        seen: dict[str, Any] = {}

        def holds() -> bool:
            seen.update(self.client.get(f"{self.path}/{name}"))
            return condition(seen)

        assert wait_until(holds, timeout=TIMEOUT), f"Pod {name} came to {seen['status']}"
        return seen


def ready(pod: dict[str, Any]) -> bool:
    """Whether the Pod is ready."""
    return any(each["type"] == "Ready" and each["status"] == "True" for each in pod["status"].get("conditions", []))


def succeeded(pod: dict[str, Any]) -> bool:
    """Whether the Pod ended well."""
    return bool(pod["status"]["phase"] == "Succeeded")


def restarts(pod: dict[str, Any]) -> int:
    """How often the Pod's container was started again."""
    return sum(each["restartCount"] for each in pod["status"].get("containerStatuses", []))


def post(pod: dict[str, Any], path: str) -> None:
    """Tell the demo server of a Pod something, at its own address: the machine has a route to Pods."""
    url = f"http://{pod['status']['podIP']}:8080{path}"
    urllib.request.urlopen(urllib.request.Request(url, method="POST"), timeout=10)


PROBED = {"readinessProbe": {"httpGet": {"path": "/healthz", "port": 8080}, "periodSeconds": 1, "failureThreshold": 1}}


def test_logs_and_exec_through_the_api_server(pods: Pods, core: Any, namespace: str) -> None:
    pods.run("web", DEMO)
    pods.until("web", ready)
    assert wait_until(lambda: "listens" in core.read_namespaced_pod_log("web", namespace), timeout=TIMEOUT)
    said = stream(
        core.connect_get_namespaced_pod_exec,
        "web",
        namespace,
        command=["/demo", "get", "http://localhost:8080/"],
        stdout=True,
    )
    assert said == "web 1\n"


def test_service_is_reached_by_its_name(pods: Pods, core: Any, namespace: str) -> None:
    pods.run("web", DEMO, container=PROBED)
    service = {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 8080}]}
    pods.client.create(f"/api/v1/namespaces/{namespace}/services", {"metadata": {"name": "shop"}, "spec": service})
    pods.until("web", ready)
    script = f"until wget -qO- http://shop; do sleep 0.2; done; nslookup shop.{namespace}.svc.cluster.local"
    pods.run("ask", "busybox", "sh", "-c", script, restartPolicy="Never")
    pods.until("ask", succeeded)
    said = core.read_namespaced_pod_log("ask", namespace)
    assert "web 1" in said
    assert f"shop.{namespace}.svc.cluster.local" in said


def test_image_pushed_under_any_name_is_pulled(wharfinger_cluster: Cluster, pods: Pods) -> None:
    pushed = images.push(
        images.demo(build().demo, version="pushed"),
        registry=registry_url(wharfinger_cluster.layout),
        repository="team/shop",
        tag="7",
    )
    pods.run("shop", "example.com/team/shop:7")
    pod = pods.until("shop", ready)
    assert pod["status"]["containerStatuses"][0]["imageID"].endswith(pushed)


def test_missing_image_is_backed_off_from(pods: Pods) -> None:
    def backed_off(pod: dict[str, Any]) -> bool:
        states = [each["state"] for each in pod["status"].get("containerStatuses", [])]
        return any(state.get("waiting", {}).get("reason") == "ImagePullBackOff" for state in states)

    pods.run("missing", "registry.wharfinger.local/no-such-image:1")
    pods.until("missing", backed_off)


def test_container_that_ends_is_started_again(pods: Pods) -> None:
    pods.run("web", DEMO, container=PROBED)
    pod = pods.until("web", ready)
    with pytest.raises(OSError, match=r"closed|reset"):
        post(pod, "/exit?code=3")
    pod = pods.until("web", lambda seen: restarts(seen) == 1 and ready(seen))
    assert pod["status"]["containerStatuses"][0]["lastState"]["terminated"]["exitCode"] == 3


def test_readiness_follows_the_probe(pods: Pods) -> None:
    pods.run("web", DEMO, container=PROBED)
    pod = pods.until("web", ready)
    post(pod, "/health?ok=false")
    pods.until("web", lambda seen: not ready(seen))
    post(pod, "/health?ok=true")
    pods.until("web", ready)


def test_claimed_volume_outlives_its_pod(pods: Pods, core: Any, namespace: str) -> None:
    resources = {"requests": {"storage": "1Mi"}}
    claim = {"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"], "resources": resources}}
    pods.client.create(f"/api/v1/namespaces/{namespace}/persistentvolumeclaims", claim)
    volumes = [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]
    mounted = {"volumeMounts": [{"name": "data", "mountPath": "/data"}]}
    for name, command in {"writes": ("write", "/data/file", "kept"), "reads": ("cat", "/data/file")}.items():
        pods.run(name, DEMO, "/demo", *command, volumes=volumes, container=mounted, restartPolicy="Never")
        pods.until(name, succeeded)
    assert core.read_namespaced_pod_log("reads", namespace) == "kept\n"


def machine() -> dict[str, set[str]]:
    """What of this machine a node could change."""
    return {
        "interfaces": {path.name for path in Path("/sys/class/net").iterdir()},
        "routes": set(_said("ip", "route", "show", "table", "all")),
        "mounts": set(Path("/proc/self/mountinfo").read_text().splitlines()),
        "packet filter": {line for line in _said("iptables-save") if line.startswith("-")},
        "cgroups": {str(path) for path in Path("/sys/fs/cgroup").glob("**/*wharfinger*")},
        "directories": {path for path in ("/run/containerd", "/run/netns", "/var/lib/cni") if Path(path).exists()},
        "kernel settings": {f"{path}={path.read_text()}" for path in _kernel_settings()},
    }


def test_down_leaves_the_machine_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a Pod that runs and one whose image was never found, and after the node has crashed once."""
    state = tmp_path_factory.mktemp("n")  # the path of a socket has at most 104 characters
    monkeypatch.setenv("WHARFINGER_STATE", str(state))
    before = machine()
    with Cluster("brief", Options(node=NodeKind.REAL)) as cluster:
        pods = Pods(cluster, "default")
        pods.run("web", DEMO, container=PROBED)
        pods.run("missing", "registry.wharfinger.local/no-such-image:1")
        pods.until("web", ready)
        cluster.stop("node", grace=0)
        cluster.up()
        pods.until("web", lambda seen: restarts(seen) == 1 and ready(seen))
        assert machine() != before, "the comparison sees nothing"
    after = machine()
    assert {kind: after[kind] ^ before[kind] for kind in before} == {kind: set() for kind in before}
    assert not _processes_that_name(state)
    assert not list((state / "clusters").iterdir())


def _said(*command: str) -> list[str]:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


def _kernel_settings() -> list[Path]:
    names = ("vm/overcommit_memory", "kernel/panic", "kernel/panic_on_oops", "net/ipv4/ip_forward")
    return [Path("/proc/sys") / name for name in names]


def _processes_that_name(directory: Path) -> list[str]:
    """Processes whose command line or working directory is below ``directory``."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            command, place = (path / "cmdline").read_text(), str((path / "cwd").readlink())
        except OSError:
            continue
        if f"{directory}/state" in command or place.startswith(f"{directory}/state"):
            found.append(command.replace("\0", " "))
    return found
