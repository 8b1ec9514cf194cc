"""One embedded cluster: bring it up, break it on purpose, take it down."""

import re
import shutil
import signal
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from wharfinger.cluster import process, state, supervisor
from wharfinger.cluster.build import Programs, build
from wharfinger.cluster.client import Client, tls_context
from wharfinger.cluster.controlplane import Component, control_plane
from wharfinger.cluster.definitions import apply_definitions
from wharfinger.cluster.errors import ClusterError
from wharfinger.cluster.layout import PORTS, Layout, free_ports
from wharfinger.cluster.nodes.choice import choose, driver_for
from wharfinger.cluster.nodes.driver import Check
from wharfinger.cluster.options import NAME_PATTERN, NodeKind, Options
from wharfinger.cluster.paths import clusters_dir
from wharfinger.cluster.pki import CLIENTS, certificates, issue, write_kubeconfig
from wharfinger.cluster.process import Process
from wharfinger.cluster.state import State
from wharfinger.cluster.status import Status, component_status

STOP_GRACE = 2.0
"""Seconds between SIGTERM and SIGKILL: an API server with open watches would take ten to end of itself."""


class Cluster:
    """A Kubernetes cluster in a directory, known by its name.

    The components outlive the process that started them: another `Cluster` of the same name, in this or another
    process, finds them. As a context manager it is up inside the block and gone after it::

        with Cluster("demo", Options(node=NodeKind.NONE)) as cluster:
            subprocess.run(["kubectl", "--kubeconfig", cluster.kubeconfig, "get", "ns"])
    """

    def __init__(self, name: str, options: Options | None = None, *, owner: Process | None = None) -> None:
        if not re.fullmatch(NAME_PATTERN, name):
            raise ClusterError(f"{name!r} cannot name a cluster: use at most 32 lower-case letters, digits and dashes")
        self.name = name
        self.root = clusters_dir() / name
        self._options = options or Options()
        self._owner = owner

    def __enter__(self) -> Self:
        return self.up()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.down()

    @property
    def exists(self) -> bool:
        """Whether there is such a cluster, running or not."""
        return state.load(self.root) is not None

    @property
    def options(self) -> Options:
        """What the cluster was started with."""
        return self._state().options

    @property
    def layout(self) -> Layout:
        """Its files and ports."""
        return self._state().layout(self.root)

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig, self-contained."""
        return self.layout.kubeconfig

    @property
    def server(self) -> str:
        """The API server's URL."""
        return self.layout.server

    def client(self) -> Client:
        """A small client with the administrator's rights."""
        return Client(self.layout)

    def up(self) -> Self:
        """Make the cluster run and return when it can be used; what runs already is left as it is.

        Raises ClusterError when a component does not start, with the last lines that it wrote.
        """
        programs = build()
        with state.lock(self.root):
            current = state.load(self.root)
            if current is not None and not current.complete:  # its start failed, or was killed: half of it is missing
                self._remove(current)
                current = None
            current = current or self._create(programs)
            self._check_same(current)
            try:
                self._run(current, programs)
            except BaseException:
                if not current.complete:  # what never ran leaves its logs, and no processes
                    self._stop_all(current)
                raise
            current.complete = True
            state.save(self.root, current)
        return self

    def down(self) -> None:
        """End every process and remove every file of the cluster; nothing to do when there is none."""
        with state.lock(self.root):
            current = state.load(self.root)
            if current is not None:
                self._remove(current)

    def stop(self, component: str, *, grace: float = STOP_GRACE) -> None:
        """End one component, as a crash (``grace=0``) or a shutdown; `start` brings it back with its data."""
        with state.lock(self.root):
            process.stop(self._process(component), grace=grace)

    def start(self, component: str) -> None:
        """Start a component that has ended, and wait until it is ready."""
        with state.lock(self.root):
            current = self._state()
            self._start([self._component(current, component)], current, build())

    def restart(self, component: str, *, grace: float = STOP_GRACE) -> None:
        """`stop` and `start`."""
        self.stop(component, grace=grace)
        self.start(component)

    def pause(self, component: str) -> None:
        """Freeze a component: its connections stay open and nothing answers."""
        process.send(self._process(component), signal.SIGSTOP)

    def resume(self, component: str) -> None:
        """Let a frozen component go on."""
        process.send(self._process(component), signal.SIGCONT)

    def adopt(self, name: str, running: Process) -> None:
        """Let a process that others started, such as an operator, go with the cluster: `down` ends it as well.

        A name has one process: the one that had it before is ended.
        """
        with state.lock(self.root):
            current = self._state()
            if known := current.adopted.get(name):
                process.stop(known, grace=STOP_GRACE)
            current.adopted[name] = running
            state.save(self.root, current)

    def status(self) -> Status:
        """What each component does now."""
        current = self._state()
        layout = current.layout(self.root)
        rows = [
            component_status(part.name, current.processes.get(part.name), layout.log(part.name))
            for part in self._components(current)
        ]
        return Status(
            self.name, layout.server, str(layout.kubeconfig), current.options.node.value, current.reason, rows
        )

    def processes(self) -> dict[str, Process]:
        """Every component that was started, by name, in the order of starting."""
        return dict(self._state().processes)

    def log(self, component: str) -> Path:
        """The file that a component writes its log to. Raises ClusterError when there is no such component."""
        self._component(self._state(), component)
        return self.layout.log(component)

    def _create(self, programs: Programs) -> State:
        """Choose ports, make directories and certificates; nothing runs yet."""
        choice = choose(self._options)
        options = self._options.model_copy(update={"node": choice.node})
        host = driver_for(choice.node).host()
        ports = free_ports(PORTS, host=host)
        current = State(options=options, reason=choice.reason, host=host, ports=ports, owner=self._owner)
        layout = current.layout(self.root)
        layout.make_directories()
        state.save(self.root, current)  # from here on, `down` knows what to remove
        identities = driver_for(choice.node).certificates(host, self.name)
        issue([*certificates(host), *identities], program=programs.cluster, directory=layout.pki)
        for user in (*CLIENTS, *(identity.name for identity in identities)):
            write_kubeconfig(layout, user)
        return current

    def _run(self, current: State, programs: Programs) -> None:
        """Start what does not run. The controllers come after the API server: without it they end after 10 s."""
        driver = driver_for(current.options.node)
        layout = current.layout(self.root)
        driver.prepare(layout, current.options, programs)
        etcd, apiserver, *controllers = control_plane(layout, current.options, program=str(programs.cluster))
        self._start([etcd, apiserver], current, programs)
        self._start(controllers, current, programs)
        for component in driver.components(layout, current.options, programs):
            self._start([component], current, programs)
        client = Client(layout)
        check = partial(supervisor.require_all_alive, current.processes, layout)
        wait_service_accounts(client, check)
        driver.settle(client, layout, current.options, check)
        apply_definitions(client, self._options.crds)

    def _start(self, components: Sequence[Component], current: State, programs: Programs) -> None:
        """Start those that do not run, side by side, and wait until all are ready."""
        layout = current.layout(self.root)
        started = [part for part in components if not _runs(current.processes.get(part.name))]
        for component in started:
            current.processes[component.name] = supervisor.start(component, layout, current.processes)
            state.save(self.root, current)
        tls = tls_context(layout)
        for component in components:
            supervisor.wait_ready(component, current.processes[component.name], layout, tls)
        driver = driver_for(current.options.node)
        for component in started:
            driver.started(component.name, current.processes[component.name], layout, programs)

    def _remove(self, current: State) -> None:
        self._stop_all(current)
        shutil.rmtree(self.root)

    def _stop_all(self, current: State) -> None:
        """Kill everything, last started first. Nothing needs a shutdown, since its data goes too."""
        for running in (*current.adopted.values(), *reversed(current.processes.values())):
            process.stop(running, grace=0)
        driver_for(current.options.node).clear(current.layout(self.root))

    def _check_same(self, current: State) -> None:
        if self._options.node not in (NodeKind.AUTO, current.options.node):
            raise ClusterError(
                f"cluster {self.name} exists with node {current.options.node}; take it down first, or use another name"
            )

    def _components(self, current: State) -> list[Component]:
        programs, layout, options = build(), current.layout(self.root), current.options
        own = control_plane(layout, options, program=str(programs.cluster))
        return [*own, *driver_for(options.node).components(layout, options, programs)]

    def _component(self, current: State, name: str) -> Component:
        known = {component.name: component for component in self._components(current)}
        if name not in known:
            raise ClusterError(f"cluster {self.name} has no component {name}; it has {', '.join(known)}")
        return known[name]

    def _process(self, component: str) -> Process:
        running = self._state().processes.get(component)
        if running is None:
            raise ClusterError(f"cluster {self.name} has started no component {component}")
        return running

    def _state(self) -> State:
        current = state.load(self.root)
        if current is None:
            raise ClusterError(f"there is no cluster {self.name}: `wharfinger cluster up --name {self.name}` makes one")
        return current


def _runs(known: Process | None) -> bool:
    return known is not None and process.is_alive(known)


def wait_service_accounts(client: Client, check: Check) -> None:
    """A Pod can be made once its namespace has a service account: then the controllers work."""

    def made() -> bool:
        check()
        names = client.get("/api/v1/namespaces/default/serviceaccounts")["items"]
        return any(item["metadata"]["name"] == "default" for item in names)

    if not supervisor.wait_until(made, timeout=supervisor.START_TIMEOUT):
        raise ClusterError("the controller manager made no service account in the namespace default")
