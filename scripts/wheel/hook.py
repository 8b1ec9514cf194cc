"""Puts the Go programs into a wheel, when asked: ``HATCH_BUILD_HOOK_ENABLE_CUSTOM=true pip wheel .``

Such a wheel is for one platform. Without that variable the wheel is for all, needs no Go, and has Go sources only.
"""

from __future__ import annotations

import json
import platform
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT: Final = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "controllers")]  # a build backend has neither

from scripts.wheel.bom import bill  # noqa: E402

from wharfinger.cluster.gobuild import build_module  # noqa: E402
from wharfinger.cluster.programs import PROGRAMS, go_module  # noqa: E402
from wharfinger.cluster.toolchain import find_toolchain  # noqa: E402

BILL: Final = "wharfinger-programs.cdx.json"
"""In the wheel's ``.dist-info/sboms``, where PEP 770 has such bills."""


class Programs(BuildHookInterface[BuilderConfig]):
    """hatchling asks it before it writes the wheel, and tells it afterwards."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the programs, their bill of materials and the tag. ``version`` is ``editable`` or ``standard``."""
        if version == "editable":
            return
        modules = {name: go_module(name, self.metadata.version) for name in PROGRAMS}
        built = {name: build_module(module) / name for name, module in modules.items()}
        self._scratch = tempfile.TemporaryDirectory(prefix="wharfinger-wheel-")
        listed = Path(self._scratch.name) / BILL
        sources = {built[name]: module.sources for name, module in modules.items()}
        told = bill(find_toolchain(()).go, sources, version=self.metadata.version)
        listed.write_text(json.dumps(told, indent=2, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
        build_data["shared_scripts"] |= {str(path): name for name, path in built.items()}
        build_data["sbom_files"].append(str(listed))
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{_platform()}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """The wheel is written: what was made for it can go."""
        if version != "editable":
            self._scratch.cleanup()


def _platform() -> str:
    """Every Linux of this architecture, whichever its libc: the programs are static. Raises RuntimeError elsewhere."""
    if sys.platform != "linux":
        raise RuntimeError(f"the programs are for Linux; this is {sys.platform}")
    machine = platform.machine()
    return f"manylinux_2_17_{machine}.musllinux_1_1_{machine}"
