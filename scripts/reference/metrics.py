"""The page of metrics: what the operator counts, by the registry that it serves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from prometheus_client import CollectorRegistry
from scripts.reference.markdown import code, page, prose, table

from wharfinger.engine.metrics import Metrics


def metrics_page() -> str:
    """Every metric with its labels."""
    return page(
        "Metrics",
        "Served at `/metrics`, port 8080, by every replica, in Prometheus' format; beside them the process' own "
        "(`process_…`). How to scrape them, and the dashboard, are in [monitoring](../monitoring.md); the alerts in "
        "[alerts](../alerts.md).",
        table(("metric", "type", "labels", "meaning"), rows()),
        "A histogram has the series `…_bucket`, `…_sum` and `…_count`. `namespace` and `pod` are added by Prometheus: "
        "they are the operator's own.",
    )


def rows() -> Iterator[tuple[str, str, str, str]]:
    """Name, type, labels and meaning of each, in the order of their making."""
    registry = CollectorRegistry()
    Metrics(registry)
    collectors: list[Any] = list(registry._collector_to_names)
    for collector in collectors:
        for family in collector.describe():
            # Until there is a sample, prometheus-client keeps the labels' names to itself.
            labels: Sequence[str] = getattr(collector, "_labelnames", getattr(family, "_labelnames", ()))
            name = f"{family.name}_total" if family.type == "counter" else family.name
            yield code(name), family.type, ", ".join(map(code, labels)), prose(family.documentation)
