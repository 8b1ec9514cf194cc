"""A figure, its target, and the table of them."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

_SHOWN = 7
"""Samples in the table; the file has all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured quantity at one size."""

    name: str
    n: int
    value: float
    unit: str
    target: float | None = None
    """The most that it should be; None where it only explains another."""
    samples: tuple[float, ...] = ()
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None where there is none."""
        return None if self.target is None else self.value <= self.target


def of_samples(name: str, n: int, samples: Sequence[float], unit: str, **more: Any) -> Figure:
    """The median of several repetitions."""
    return Figure(name=name, n=n, value=median(samples), unit=unit, samples=tuple(samples), **more)


def machine() -> dict[str, str | int]:
    """What the figures depend on."""
    model = [line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")]
    memory = [int(line.split()[1]) for line in _lines("/proc/meminfo") if line.startswith("MemTotal")]
    return {
        "cpu": model[0] if model else platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(memory[0] / 2**20) if memory else 0,
        "python": platform.python_version(),
    }


def as_json(figures: Iterable[Figure]) -> dict[str, Any]:
    """Everything, for a file."""
    return {"machine": machine(), "figures": [asdict(figure) | {"met": figure.met} for figure in figures]}


def show(figures: Iterable[Figure]) -> None:
    """A table on standard output."""
    table = Table("figure", "N", "value", "target", "met", "samples", "note")
    for figure in figures:
        target = "" if figure.target is None else f"<= {figure.target:g}"
        met = {True: "yes", False: "NO", None: ""}[figure.met]
        samples = " ".join(f"{sample:.3g}" for sample in figure.samples[:_SHOWN])
        value = f"{figure.value:.3g} {figure.unit}".strip()
        table.add_row(figure.name, str(figure.n), value, target, met, samples, figure.note)
    Console(width=160).print(table)


def tell(progress: str) -> None:
    """Say on standard error how far it is: a bench takes minutes."""
    print(f"{datetime.now():%H:%M:%S} {progress}", file=sys.stderr, flush=True)  # noqa: DTZ005 - for who sits there


def _lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines()
