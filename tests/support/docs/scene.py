"""What a page's commands find: a copy of the repository, a cluster, the namespace `shop`, maybe an operator."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.clusters import install_crds
from tests.support.docs.pages import ROOT
from tests.support.waiting import eventually
from wharfinger.cluster import Cluster
from wharfinger.cluster.paths import cache_dir

NAMESPACE = "shop"
SYSTEM = "wharfinger-system"

_LEFT_OUT = (".git", ".venv", "*cache*", "__pycache__", "build", "dist", "node_modules", "site")
_OF_A_PAGE = (
    *("stack", "cw", "deploy", "sts", "ds", "cronjob", "job", "pod", "svc", "pdb", "hpa", "ingress", "netpol"),
    *("pvc", "secret", "configmap", "controllerrevision", "rs"),
)
_POLICIES = "mutatingadmissionpolicybinding,mutatingadmissionpolicy"
_TIMEOUT = 90.0
_LAST_LINES = 40


@dataclass
class Scene:
    """One page's surroundings."""

    home: Path
    """A directory of its own, which is HOME; `home/repository` is where commands begin."""
    shared: Cluster
    """The cluster of `start=operator` and `start=kinds`."""
    new: Callable[[], Cluster]
    """A cluster that nothing is in, for `start=bare`; whoever made it takes it down."""
    helm: Path | None = None
    """The program, where the page may need it."""
    _cluster: Cluster | None = None
    _inside: AsyncExitStack = field(default_factory=AsyncExitStack)

    @property
    def repository(self) -> Path:
        """The copy."""
        return self.home / "repository"

    @property
    def kubeconfig(self) -> Path:
        """A kubeconfig of its own, whose context has the namespace `shop`."""
        return self.home / "kubeconfig"

    def environment(self) -> dict[str, str]:
        """Of its commands: nothing of the user's but PATH, with this environment's programs first."""
        programs = self.home / "bin"
        programs.mkdir(exist_ok=True)
        if self.helm and not (programs / "helm").exists():
            (programs / "helm").symlink_to(self.helm)
        path = (str(programs), str(Path(sys.executable).parent), os.environ["PATH"])
        return {
            "PATH": os.pathsep.join(path),
            "HOME": str(self.home),
            "KUBECONFIG": str(self.kubeconfig),
            "WHARFINGER_CACHE": str(cache_dir()),
            "WHARFINGER_METRICS_PORT": "0",  # any that is free
            "PYTHONUNBUFFERED": "1",  # both streams go to one file: in the order in which they were written
            "LANG": "C.UTF-8",
            "COLUMNS": "240",
        }

    async def start(self, what: str) -> None:
        """Make it so: `operator`, `kinds` (CRDs alone), or `bare`."""
        await self._inside.aclose()
        self._cluster = self.new() if what == "bare" else self.shared
        shutil.copy(self._cluster.kubeconfig, self.kubeconfig)
        await self.kubectl("config", "set-context", "--current", f"--namespace={NAMESPACE}")
        if what == "bare":
            await self.kubectl("create", "namespace", NAMESPACE)
        else:
            install_crds(self._cluster)
            await self.empty()
        await self._accounts()
        if what == "operator":
            await self._inside.enter_async_context(self._operator())

    async def empty(self) -> None:
        """Make the namespaces, and leave nothing in `shop`."""
        for name in (NAMESPACE, SYSTEM):
            await self.kubectl("create", "namespace", name, may_fail=True)
        await self.kubectl("delete", _POLICIES, "--all")
        await self.kubectl("-n", NAMESPACE, "delete", ",".join(_OF_A_PAGE), "--all", "--timeout=80s")

    async def end(self) -> None:
        """End the operator."""
        await self._inside.aclose()

    async def kubectl(self, *arguments: str, may_fail: bool = False) -> str:
        """What kubectl prints. AssertionError with what it says where it fails."""
        process = await asyncio.create_subprocess_exec(
            *("kubectl", "--kubeconfig", str(self.kubeconfig), *arguments),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        out, _ = await asyncio.wait_for(process.communicate(), _TIMEOUT)
        assert may_fail or process.returncode == 0, f"kubectl {' '.join(arguments)}: {out.decode()}"
        return out.decode()

    async def _accounts(self) -> None:
        """Pods can be made only when the namespace's account is there."""

        async def there() -> bool:
            return "default" in await self.kubectl("-n", NAMESPACE, "get", "sa", "-o", "name", may_fail=True)

        await eventually(there, timeout=60, what="the service account of the namespace")

    @asynccontextmanager
    async def _operator(self) -> AsyncIterator[None]:
        """`wharfinger run`, for `shop` alone, on this machine."""
        with (self.home / "operator.log").open("w") as log:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "wharfinger", "run", "--namespace", NAMESPACE),
                env=self.environment(),
                cwd=self.home,
                stdout=log,
                stderr=log,
            )
            try:
                await eventually(self._leads, timeout=60, what="the operator's Lease")
                yield
            finally:
                if process.returncode is None:
                    process.terminate()
                await asyncio.wait_for(process.wait(), 60)

    async def _leads(self) -> bool:
        """Whether its log says so."""
        return "leading" in operator_log(self.home)


def operator_log(home: Path) -> str:
    """What the operator of a page wrote last."""
    log = home / "operator.log"
    return "\n".join(log.read_text(encoding="utf-8").splitlines()[-_LAST_LINES:]) if log.exists() else ""


def copy_repository(target: Path) -> None:
    """The repository without what git does not keep."""
    shutil.copytree(ROOT, target, ignore=shutil.ignore_patterns(*_LEFT_OUT), symlinks=True)
