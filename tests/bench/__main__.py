"""``python -m tests.bench``: measure, print a table, and write the figures as JSON."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import uvloop

from tests.bench import settled, stacks, tasks, written
from tests.bench.figures import Figure, as_json, show
from tests.bench.scene import scene
from wharfinger.cluster import NodeKind

PARTS = ("written", "ready", "restart", "idle", "events", "heal", "tasks", "stacks")
PODS = ("ready", "events", "tasks", "stacks")
"""Parts that wait for pods to be Ready."""


async def run(
    sizes: Sequence[int], only: Sequence[str], *, node: NodeKind, repetitions: int, idle_seconds: float, log: Path
) -> list[Figure]:
    """All measurements of all sizes, each size on clusters of its own."""
    figures: list[Figure] = []
    for n in sizes:
        if "written" in only:
            async with scene(NodeKind.NONE, log) as place:
                figures += await written.measure(place, n, repetitions)
        if "tasks" in only:
            async with scene(node, log) as place:
                figures += await tasks.measure(place, n, repetitions)
        if "stacks" in only:
            async with scene(node, log) as place:
                figures += await stacks.measure(place, n, repetitions)
        rest = [part for part in only if part not in ("written", "tasks", "stacks")]
        if rest:
            async with scene(node, log) as place:
                figures += await settled.measure(place, n, rest, repetitions, idle_seconds)
        show(figures)
    return figures


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("-n", "--n", type=int, nargs="+", default=[200], help="workloads, or tasks (default: 200)")
    parser.add_argument("--only", type=lambda text: text.split(","), default=list(PARTS), help=",".join(PARTS))
    parser.add_argument(
        "--node",
        choices=["simulated", "none"],
        default="simulated",
        help=f"none: restart, idle and heal without pods, which is quicker; {', '.join(PODS)} need pods",
    )
    parser.add_argument("--repetitions", type=int, default=3, help="turns of each side (default: 3)")
    parser.add_argument("--idle-seconds", type=float, default=60.0, help="how long to watch an idle operator")
    parser.add_argument("-o", "--output", type=Path, help="write the figures there, as JSON")
    parser.add_argument("--log", type=Path, help="where the operators log (default: nowhere that stays)")
    parsed = parser.parse_args(arguments)
    if unknown := set(parsed.only) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    if parsed.node == "none" and (pods := set(PODS) & set(parsed.only)):
        parser.error(f"without nodes there is no {' or '.join(sorted(pods))}: name the others with --only")
    return parsed


def main(arguments: Sequence[str]) -> None:
    """Measure what the command line asks for."""
    options = parse(arguments)
    with tempfile.TemporaryDirectory() as folder:
        log = options.log or Path(folder) / "operator.log"
        figures = uvloop.run(
            run(
                options.n,
                options.only,
                node=NodeKind(options.node),
                repetitions=options.repetitions,
                idle_seconds=options.idle_seconds,
                log=log,
            )
        )
    if options.output:
        options.output.write_text(json.dumps(as_json(figures), indent=2) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
