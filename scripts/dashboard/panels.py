"""How a panel looks: few kinds, each with the few options that make it readable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from string import ascii_uppercase
from typing import NamedTuple, TypeVar

from grafana_foundation_sdk.builders import common, dashboard, prometheus, stat, statetimeline, table, timeseries
from grafana_foundation_sdk.models import common as looks
from grafana_foundation_sdk.models import dashboard as model
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

DATASOURCE = model.DataSourceRef(type_val="prometheus", uid="${datasource}")

COLOURS: Mapping[str, str] = {"ready": "green", "reconciling": "blue", "stalled": "red", "not-ready": "orange"}
"""Of the states of workloads, wherever they are shown."""


class Query(NamedTuple):
    """PromQL, and how each series of the answer is called."""

    expr: str
    legend: str


Panel = timeseries.Panel | stat.Panel | statetimeline.Panel | table.Panel

_P = TypeVar("_P", timeseries.Panel, stat.Panel, statetimeline.Panel, table.Panel)


def graph(
    title: str, text: str, *queries: Query, unit: str = "short", width: int = 8, stacked: bool = False
) -> timeseries.Panel:
    """Lines over time; stacked areas where the parts make up a whole."""
    panel = timeseries.Panel().fill_opacity(30 if stacked else 8).line_width(1).min(0)
    panel = panel.show_points(looks.VisibilityMode.NEVER).legend(_legend()).tooltip(_tooltip())
    if stacked:
        panel = panel.stacking(common.StackingConfig().mode(looks.StackingMode.NORMAL))
    return _described(panel, title, text, queries, unit=unit, width=width, height=8)


def numbers(title: str, text: str, *queries: Query, unit: str = "short", width: int = 12) -> stat.Panel:
    """The newest values, large."""
    panel = stat.Panel().reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
    panel = panel.graph_mode(looks.BigValueGraphMode.NONE).text_mode(looks.BigValueTextMode.VALUE_AND_NAME)
    return _described(panel, title, text, queries, unit=unit, width=width, height=5)


def timeline(
    title: str, text: str, query: Query, *, names: Mapping[int, tuple[str, str]], width: int
) -> statetimeline.Panel:
    """Which of few values a series had, and when; ``names`` gives each value a word and a colour."""
    options = {
        str(value): model.ValueMappingResult(text=word, color=colour, index=index)
        for index, (value, (word, colour)) in enumerate(names.items())
    }
    panel = statetimeline.Panel().mappings([model.ValueMap(options=options)])
    panel = panel.show_value(looks.VisibilityMode.AUTO).row_height(0.8)
    return _described(panel, title, text, [query], unit="short", width=width, height=5)


def listing(title: str, text: str, query: Query, *, columns: Mapping[str, str], width: int) -> table.Panel:
    """The newest series as a table; ``columns`` maps the labels that are shown, in order, to their headings."""
    tidy = {
        "includeByName": dict.fromkeys(columns, True),
        "indexByName": {label: place for place, label in enumerate(columns)},
        "renameByName": dict(columns),
    }
    panel = table.Panel().with_transformation(model.DataTransformerConfig(id_val="organize", options=tidy))
    described = _described(panel, title, text, [], unit="short", width=width, height=8)
    return described.with_target(_target("A", query).instant().format(PromQueryFormat.TABLE))


def by_state(panel: _P) -> _P:
    """Give the series of each state the state's colour."""
    for state, colour in COLOURS.items():
        fixed = {"mode": "fixed", "fixedColor": colour}
        panel = panel.override_by_name(state, [model.DynamicConfigValue(id_val="color", value=fixed)])
    return panel


def _described(panel: _P, title: str, text: str, queries: Sequence[Query], *, unit: str, width: int, height: int) -> _P:
    panel = panel.title(title).description(text).datasource(DATASOURCE).unit(unit).span(width).height(height)
    for letter, query in zip(ascii_uppercase, queries, strict=False):
        panel = panel.with_target(_target(letter, query).range())
    return panel


def _target(letter: str, query: Query) -> prometheus.Dataquery:
    return prometheus.Dataquery().ref_id(letter).datasource(DATASOURCE).expr(query.expr).legend_format(query.legend)


def _legend() -> common.VizLegendOptions:
    options = common.VizLegendOptions().show_legend(True).placement(looks.LegendPlacement.BOTTOM)
    return options.display_mode(looks.LegendDisplayMode.LIST)


def _tooltip() -> common.VizTooltipOptions:
    return common.VizTooltipOptions().mode(looks.TooltipDisplayMode.MULTI).sort(looks.SortOrder.DESCENDING)


def row(title: str, *panels: Panel) -> tuple[dashboard.Row, tuple[Panel, ...]]:
    """A heading, and what stands under it."""
    return dashboard.Row(title), panels
