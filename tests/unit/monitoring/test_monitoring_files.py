"""The dashboard and the rules as files: up to date, of a shape that Grafana takes, and all of it explained."""

from __future__ import annotations

import re
from collections import Counter
from itertools import combinations

import pytest
from scripts.dashboard.__main__ import build
from tests.support.monitoring import DASHBOARD, ROOT, Json, alerts, dashboard, family, metrics_in, panels, recordings

from wharfinger.engine.metrics import Metrics

ALERTS = ROOT / "docs/alerts.md"
MONITORING = ROOT / "docs/monitoring.md"
METRICS = ROOT / "docs/reference/metrics.md"
WIDTH = 24
"""Columns of Grafana's grid."""

HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def declared() -> set[str]:
    """Names of the operator's metrics, as a query says them; those of the process are prometheus-client's."""
    return {
        f"{metric.name}_total" if metric.type == "counter" else metric.name for metric in Metrics().registry.collect()
    }


def test_dashboard_is_up_to_date() -> None:
    assert DASHBOARD.read_text(encoding="utf-8") == build(), "run `make dashboard`"


def test_dashboard_can_be_imported_anywhere() -> None:
    board = dashboard()
    assert "id" not in board, "the number is a Grafana's own"
    assert board["uid"]
    assert board["schemaVersion"] >= 41
    for panel in panels():
        for named in (panel, *panel["targets"]):
            assert named["datasource"] == {"type": "prometheus", "uid": "${datasource}"}, panel["title"]


def test_panels_are_told_apart_and_explained() -> None:
    every = dashboard()["panels"]
    assert [panel["id"] for panel in every] == list(range(1, len(every) + 1))
    assert Counter(panel["title"] for panel in every).most_common(1)[0][1] == 1
    for panel in panels():
        assert panel["description"].endswith("."), panel["title"]
        references = [target["refId"] for target in panel["targets"]]
        assert references
        assert len(set(references)) == len(references)


def test_panels_do_not_overlap() -> None:
    def cells(panel: Json) -> set[tuple[int, int]]:
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= WIDTH
        return {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}

    for one, other in combinations(dashboard()["panels"], 2):
        assert not cells(one) & cells(other), (one["title"], other["title"])


def test_every_variable_is_used_and_every_used_one_is_there() -> None:
    board = dashboard()
    queries = [target["expr"] for panel in panels() for target in panel["targets"]]
    used = set(re.findall(r"\$(\w+)", " ".join(queries))) - {"__rate_interval"} | {"datasource"}
    assert used == {variable["name"] for variable in board["templating"]["list"]}


OFF_BY_DEFAULT = {"wharfinger_admission_reviews_total"}
"""Metrics of what most installations do not have: a panel that stays empty looks broken."""


def test_every_metric_is_shown_and_every_shown_one_is_there() -> None:
    shown = {
        name if name in declared() else family(name)
        for panel in panels()
        for target in panel["targets"]
        for name in metrics_in(target["expr"])
    }
    assert {name for name in shown if name.startswith("wharfinger_")} == declared() - OFF_BY_DEFAULT


def test_rules_read_metrics_that_there_are() -> None:
    read = {name for rule in (*alerts(), *recordings()) for name in metrics_in(rule["expr"])}
    assert {name if name in declared() else family(name) for name in read} <= declared()


def test_recorded_series_are_used() -> None:
    recorded = {rule["record"] for rule in recordings()}
    used = {name for alert in alerts() for name in re.findall(r"\w+(?::\w+)+", alert["expr"])}
    assert used == recorded


@pytest.mark.parametrize("alert", alerts(), ids=lambda alert: alert["alert"])
def test_alert_says_what_to_do(alert: Json) -> None:
    assert alert["alert"].startswith("Wharfinger")
    assert alert["labels"]["severity"] in {"critical", "warning"}
    assert alert["annotations"].keys() == {"summary", "description", "runbook"}
    assert alert["annotations"]["runbook"] == f"docs/alerts.md#{alert['alert'].lower()}"
    assert alert["annotations"]["summary"].endswith(".")


def test_each_alert_has_its_section_and_each_section_its_alert() -> None:
    sections = {heading for heading in HEADING.findall(ALERTS.read_text()) if heading.startswith("Wharfinger")}
    assert sections == {alert["alert"] for alert in alerts()}
    assert ALERTS.read_text().count("\n**What to do.**") == len(sections)


def test_each_panel_is_in_the_docs() -> None:
    rows = set(re.findall(r"^\| ([^|]+?) \|", MONITORING.read_text(), re.MULTILINE))
    assert {panel["title"] for panel in panels()} <= rows


def test_each_metric_is_in_the_docs() -> None:
    rows = set(re.findall(r"^\| `(wharfinger_\w+)` \|", METRICS.read_text(), re.MULTILINE))
    assert rows == declared()
