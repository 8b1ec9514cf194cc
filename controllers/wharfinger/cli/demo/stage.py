"""Where the demo plays: an embedded cluster of its own, or the one that a kubeconfig context names; and the operator.

Whatever is set up here is taken down when its block ends, by Ctrl-C too, unless it is to be kept.
"""

import fcntl
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

from wharfinger.cli.demo.workloads import NAME, OWN, PUBLIC, Server
from wharfinger.cli.errors import CommandError
from wharfinger.cluster import Cluster, NodeKind, Options
from wharfinger.cluster.layout import free_ports
from wharfinger.cluster.process import identify

NAMESPACE = "wharfinger-demo"

STOP_GRACE = 30
"""Seconds that the operator has to finish what it is at: its own limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A cluster to play on."""

    kubeconfig: Path | None
    context: str | None
    described: str
    real: bool
    """Containers really run."""
    server: Server
    """What the nodes can pull and run."""
    samples: bool
    """The nodes can pull the images of manifests/samples."""
    log: Path
    """Where the operator writes its log."""
    cluster: Cluster | None
    """The embedded cluster; None for one that others look after."""
    passing: bool
    """The cluster goes after the demo, so nothing in it has to be tidied up."""

    @property
    def options(self) -> list[str]:
        """By these, any command of ours finds the cluster."""
        named = {"--kubeconfig": self.kubeconfig, "--context": self.context}
        return [part for option, value in named.items() if value for part in (option, str(value))]

    def next_steps(self) -> list[str]:
        """How to go on when all of it is kept."""
        first = [f"export KUBECONFIG={self.kubeconfig}"] if self.cluster else []
        kubectl = "kubectl" if self.cluster else f"kubectl --context {self.context}"
        return [
            *first,
            f"{kubectl} -n {NAMESPACE} get cw,deploy,pods",
            f"wharfinger status -n {NAMESPACE} {' '.join([] if self.cluster else self.options)}".rstrip(),
            f"wharfinger status -n {NAMESPACE} {NAME}",
            f"tail -f {self.log}",
            f"wharfinger cluster down --name {self.cluster.name}"
            if self.cluster
            else f"kubectl delete namespace {NAMESPACE}",
        ]

    def new_start(self) -> list[str]:
        """How to go on when all of it is taken down."""
        again = "make demo KEEP=1" if self.cluster else f"make demo CONTEXT={self.context} KEEP=1"
        return [
            f"{again}  # once more, and cluster and operator stay up",
            *(["wharfinger cluster up  # an empty Kubernetes on this machine"] if self.cluster else []),
            "kubectl apply --server-side -k manifests  # the operator, on any cluster that can pull its image",
        ]


@contextmanager
def embedded(name: str, node: NodeKind, *, keep: bool) -> Iterator[Place]:
    """An embedded cluster, made now if it is not there. One that was there before stays."""
    cluster = Cluster(name, Options(node=node))
    with _alone(cluster):
        existed = cluster.exists
        try:
            cluster.up()
            yield _place(cluster, passing=not (keep or existed))
        finally:
            if not (keep or existed):
                cluster.down()


@contextmanager
def _alone(cluster: Cluster) -> Iterator[None]:
    """One demo at a time on a cluster: another one would take this one's namespace away."""
    path = cluster.root.parent / f".{cluster.name}.demo"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CommandError(f"a demo runs on the cluster {cluster.name} already; --name takes another") from error
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def _place(cluster: Cluster, *, passing: bool) -> Place:
    status = cluster.status()
    return Place(
        kubeconfig=cluster.kubeconfig,
        context=None,
        described=f"cluster {cluster.name} at {cluster.server}, node: {status.node} ({status.reason})",
        real=cluster.options.node is NodeKind.REAL,
        server=OWN,
        samples=True,
        log=cluster.layout.log("operator"),
        cluster=cluster,
        passing=passing,
    )


@contextmanager
def foreign(*, kubeconfig: Path | None, context: str, image: str | None, keep: bool) -> Iterator[Place]:
    """The cluster of a kubeconfig context, and an image that its nodes can pull."""
    server = Server(image=image) if image else PUBLIC
    with _log_directory(keep=keep) as directory:
        yield Place(
            kubeconfig=kubeconfig,
            context=context,
            described=f"the cluster of the context {context}; its nodes must be able to pull {server.image}",
            real=True,
            server=server,
            samples=False,
            log=directory / "operator.log",
            cluster=None,
            passing=False,
        )


@contextmanager
def _log_directory(*, keep: bool) -> Iterator[Path]:
    """A directory for the operator's log; it stays where someone may still want to read it: after an error, too."""
    directory = Path(mkdtemp(prefix="wharfinger-demo-"))
    try:
        yield directory
    except CommandError:
        keep = (directory / "operator.log").exists()
        raise
    finally:
        if not keep:
            shutil.rmtree(directory)


@dataclass(slots=True)
class Operator:
    """The operator, in a process of its own."""

    process: "subprocess.Popen[bytes]"
    log: Path
    metrics: str
    """URL of its metrics."""

    def require_alive(self) -> None:
        """Raises CommandError, with the last lines of its log, when it has ended."""
        if self.process.poll() is not None:
            tail = "\n  ".join(self.log.read_text(errors="replace").splitlines()[-8:])
            raise CommandError(f"the operator ended with code {self.process.returncode}:\n  {tail}\n(all: {self.log})")


@contextmanager
def operator(place: Place, *, keep: bool) -> Iterator[Operator]:
    """``wharfinger run`` against the place; ended gracefully with the block, unless it went well and is to be kept.

    It has a session of its own, so that Ctrl-C reaches only us, and we end things in their order.
    """
    port = free_ports(("metrics",), host="127.0.0.1")["metrics"]
    command = [sys.executable, "-m", "wharfinger", "run", *place.options]
    command += ["--lease-namespace", NAMESPACE, "--metrics-host", "127.0.0.1", "--metrics-port", str(port)]
    command += [] if place.cluster else ["--namespace", NAMESPACE]  # others' namespaces are not ours to look after
    with place.log.open("ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True)
    stays = False
    try:
        if place.cluster and (running := identify(process.pid)):
            place.cluster.adopt("operator", running)
        yield Operator(process, place.log, f"http://127.0.0.1:{port}/metrics")
        stays = keep
    finally:
        if not stays:
            _end(process)


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(STOP_GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
