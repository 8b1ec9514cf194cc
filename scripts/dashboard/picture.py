"""Draw the dashboard with what a Prometheus has: ``python -m scripts.dashboard.picture http://localhost:9090 FILE``.

For the docs, where there is no Grafana to take a picture of. Layout, titles, queries and legends are the dashboard's;
lines and letters are matplotlib's (``pip install matplotlib``).
"""

from __future__ import annotations

import json
import re
import sys
import time
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any, NamedTuple

from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.ticker import EngFormatter, Formatter, MaxNLocator, PercentFormatter
from scripts.dashboard.__main__ import PATH

Json = dict[str, Any]

SECONDS = 300
"""How much is drawn, up to now."""
STEP = 2
"""Seconds between two values."""
COLUMNS, CELL_WIDTH, CELL_HEIGHT = 24, 0.7, 0.36
"""Of Grafana's grid; inches a cell."""
COLOURS = {"green": "#56a64b", "blue": "#3274d9", "red": "#e02f44", "orange": "#ff780a", "text": "#c7d0d9"}
UNITS: dict[str, Formatter] = {
    "s": EngFormatter("s"),
    "bytes": EngFormatter("B"),
    "percentunit": PercentFormatter(1),
    "ops": EngFormatter("/s"),
    "reqps": EngFormatter("/s"),
    "short": EngFormatter(),
}


class Series(NamedTuple):
    """A line: its name in the legend, its labels, minutes up to now, and values."""

    name: str
    labels: dict[str, str]
    minutes: list[float]
    values: list[float]


def ask(url: str, target: Json, variables: list[str]) -> list[Series]:
    """The series of one query of a panel, over the last `SECONDS`."""
    expr = re.sub(rf"\$({'|'.join(variables)})\b", ".*", target["expr"]).replace("$__rate_interval", "30s")
    now = time.time()
    query = urllib.parse.urlencode({"query": expr, "start": now - SECONDS, "end": now, "step": STEP})
    with urllib.request.urlopen(f"{url}/api/v1/query_range?{query}", timeout=30) as response:  # noqa: S310 - the caller's
        answer = json.load(response)
    return [_series(each, target["legendFormat"], now) for each in answer["data"]["result"]]


def _series(found: Json, legend: str, now: float) -> Series:
    labels = found["metric"]
    name = re.sub(r"\{\{(\w+)\}\}", lambda label: labels.get(label[1], ""), legend)
    times, values = zip(*found["values"], strict=True)
    return Series(name, labels, [(each - now) / 60 for each in times], [float(value) for value in values])


def draw(axes: Axes, panel: Json, series: list[Series]) -> None:
    """One panel, by its kind."""
    axes.set_title(panel["title"], loc="left", fontsize=9, fontweight="bold")
    kind = {"stat": _numbers, "table": _table, "state-timeline": _timeline}.get(panel["type"], _lines)
    kind(axes, panel, series)


def _lines(axes: Axes, panel: Json, series: list[Series]) -> None:
    axes.set_xlim(-SECONDS / 60, 0)
    axes.yaxis.set_major_formatter(UNITS[panel["fieldConfig"]["defaults"]["unit"]])
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.grid(alpha=0.25)
    axes.tick_params(labelsize=7)
    colours = _fixed(panel)
    for each in sorted(series, key=lambda each: -max(each.values)):
        (line,) = axes.plot(each.minutes, each.values, linewidth=1.1, label=each.name, color=colours.get(each.name))
        axes.fill_between(each.minutes, each.values, alpha=0.08, color=line.get_color())
    axes.set_ylim(bottom=0)
    handles, names = axes.get_legend_handles_labels()
    axes.legend(handles[:6], names[:6], loc="upper left", fontsize=6, ncols=2, framealpha=0.7, borderpad=0.3)


def _numbers(axes: Axes, panel: Json, series: list[Series]) -> None:
    axes.axis("off")
    colours = _fixed(panel)
    for place, each in enumerate(series):
        x = (place + 0.5) / len(series)
        colour = colours.get(each.name, "black")
        axes.text(x, 0.55, f"{each.values[-1]:.0f}", fontsize=30, ha="center", va="center", color=colour)
        axes.text(x, 0.12, each.name, fontsize=9, ha="center", color="#555555")


def _table(axes: Axes, panel: Json, series: list[Series]) -> None:
    axes.axis("off")
    options = panel["transformations"][0]["options"]
    columns = sorted(options["renameByName"], key=options["indexByName"].__getitem__)
    rows = [[each.labels.get(label, "") for label in columns] for each in series if each.minutes[-1] > -0.1]
    height = min(1.0, 0.14 * (len(rows) + 1))
    table = axes.table(
        rows or [[""] * len(columns)],
        colLabels=[options["renameByName"][label] for label in columns],
        cellLoc="left",
        bbox=(0, 1 - height, 1, height),
    )
    table.auto_set_font_size(False)
    table.set_fontsize(8)


def _timeline(axes: Axes, panel: Json, series: list[Series]) -> None:
    names = panel["fieldConfig"]["defaults"]["mappings"][0]["options"]
    axes.set_xlim(-SECONDS / 60, 0)
    axes.tick_params(labelsize=7)
    axes.set_yticks([])
    for place, each in enumerate(series):
        axes.text(-SECONDS / 60 + 0.05, place, each.name, fontsize=7, va="center")
        for value, named in names.items():
            spans = [
                (at, STEP / 60) for at, seen in zip(each.minutes, each.values, strict=True) if seen == float(value)
            ]
            axes.broken_barh(spans, (place - 0.4, 0.8), color=COLOURS[named["color"]], zorder=0)


def _fixed(panel: Json) -> dict[str, str]:
    """Colours that the panel gives series by their names."""
    overrides = panel["fieldConfig"]["overrides"]
    return {each["matcher"]["options"]: COLOURS[each["properties"][0]["value"]["fixedColor"]] for each in overrides}


def main(url: str, path: Path) -> None:
    """Draw every panel at its place in the grid."""
    board = json.loads(PATH.read_text(encoding="utf-8"))
    variables = [variable["name"] for variable in board["templating"]["list"]]
    rows = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in board["panels"])
    figure = pyplot.figure(figsize=(COLUMNS * CELL_WIDTH, rows * CELL_HEIGHT))
    for panel in board["panels"]:
        at = panel["gridPos"]
        top = 1 - at["y"] / rows
        if panel["type"] == "row":
            figure.text(0.01, top - 0.6 / rows, panel["title"], fontsize=11, color="#555555")
            continue
        left, width = (at["x"] + 0.9) / COLUMNS, (at["w"] - 1.2) / COLUMNS
        axes = figure.add_axes((left, top - (at["h"] - 0.8) / rows, width, (at["h"] - 1.9) / rows))
        draw(axes, panel, [series for target in panel["targets"] for series in ask(url, target, variables)])
    figure.savefig(path, dpi=80)


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"), Path(sys.argv[2]))
