"""The operator as users run it, a process of its own, and what the kernel and the API server say that it costs."""

from __future__ import annotations

import asyncio
import os
import re
import sys
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Final

from tests.bench.bare import BareClient
from wharfinger.cluster.layout import free_ports

_TICK = os.sysconf("SC_CLK_TCK")
_POLL = 0.05
_QUIET = 0.03
"""Seconds of CPU within two that count as nothing."""
_SAMPLE = re.compile(r"^(\w+)(?:\{(.*)\})? (\S+)$", re.MULTILINE)
_READS: Final = frozenset({"get", "list", "watch"})
_LABEL = re.compile(r'(\w+)="([^"]*)"')

Labels = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OperatorProcess:
    """`wharfinger run`, and where its metrics are."""

    pid: int
    port: int
    started: float
    """`perf_counter` when it was started."""

    def cpu(self) -> float:
        """Seconds of CPU used so far, user and system."""
        return cpu_seconds(self.pid)

    def cpu_with_children(self) -> float:
        """The same, with the processes that it started and that still run: the parser of documents."""
        tasks = Path(f"/proc/{self.pid}/task").glob("*/children")
        children = [int(pid) for each in tasks for pid in each.read_text().split()]
        return sum(map(cpu_seconds, (self.pid, *children)))

    def resident(self) -> int:
        """Bytes of memory in use now."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return 1024 * next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))

    def ask(self, path: str) -> str | None:
        """The body of /readyz or /metrics; None while it does not answer, or answers that it is not ready."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as response:
                text: str = response.read().decode()
                return text
        except (urllib.error.URLError, OSError):
            return None

    def total(self, metric: str) -> float:
        """Sum of a metric over its labels."""
        return sum(samples(self.ask("/metrics") or "", metric).values())

    def written(self) -> float:
        """Requests that it sent to write, whatever they were answered; its Events are among them."""
        counted = samples(self.ask("/metrics") or "", "wharfinger_api_requests_total")
        return sum(value for labels, value in counted.items() if dict(labels)["verb"].lower() not in _READS)

    async def until(self, holds: Callable[[OperatorProcess], bool], timeout: float, what: str) -> float:
        """Wait; the moment (`perf_counter`) at which it was seen. Raises RuntimeError."""
        limit = perf_counter() + timeout
        while not await asyncio.to_thread(holds, self):
            if perf_counter() > limit:
                raise RuntimeError(f"the operator is not {what} after {timeout:.0f} s")
            await asyncio.sleep(_POLL)
        return perf_counter()

    async def quiet(self, seconds: float = 2.0, timeout: float = 300.0) -> None:
        """Wait until it has used next to no CPU for so long: it would cost some to ask it."""
        used, since, limit = self.cpu(), perf_counter(), perf_counter() + timeout
        while perf_counter() - since < seconds:
            await asyncio.sleep(_POLL)
            if self.cpu() - used > _QUIET:
                used, since = self.cpu(), perf_counter()
            if perf_counter() > limit:
                raise RuntimeError(f"the operator is still at work after {timeout:.0f} s")


@asynccontextmanager
async def operating(
    kubeconfig: Path, namespace: str, *, log: Path, leader_election: bool = False, wait: bool = True
) -> AsyncIterator[OperatorProcess]:
    """An operator for one namespace, its caches full; it ends with SIGTERM."""
    port = free_ports(["metrics"], host="127.0.0.1")["metrics"]
    election = ["--lease-namespace", namespace] if leader_election else ["--no-leader-election"]
    command = [sys.executable, "-m", "wharfinger", "run", "--kubeconfig", str(kubeconfig), "--namespace", namespace]
    command += ["--metrics-host", "127.0.0.1", "--metrics-port", str(port), *election]
    started = perf_counter()
    with log.open("ab") as output:
        child = await asyncio.create_subprocess_exec(*command, stdout=output, stderr=output)
    operator = OperatorProcess(child.pid, port, started)
    try:
        if wait:
            await operator.until(is_ready, 120, "ready")
        yield operator
    finally:
        if child.returncode is None:
            child.terminate()
            await child.wait()


def is_ready(operator: OperatorProcess) -> bool:
    """Whether its caches are full."""
    return operator.ask("/readyz") is not None


def cpu_seconds(pid: int) -> float:
    """Seconds of CPU that a process has used, user and system."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def samples(text: str, metric: str) -> dict[frozenset[tuple[str, str]], float]:
    """Values of one metric by their labels, from the text that Prometheus reads."""
    return {
        frozenset(_LABEL.findall(found[2] or "")): float(found[3])
        for found in _SAMPLE.finditer(text)
        if found[1] == metric
    }


async def requests(client: BareClient) -> Counter[Labels]:
    """What the API server has served so far: (verb, resource, subresource) to a number. Refused ones count too."""
    counted: Counter[Labels] = Counter()
    text = (await client.send("GET", "/metrics")).decode()
    lines = "\n".join(line for line in text.splitlines() if line.startswith("apiserver_request_total{"))
    for labels, value in samples(lines, "apiserver_request_total").items():
        of = dict(labels)
        counted[of["verb"], of["resource"], of["subresource"]] += int(value)
    return counted
