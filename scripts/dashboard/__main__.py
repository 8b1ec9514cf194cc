"""Write the dashboard: ``python -m scripts.dashboard``."""

from __future__ import annotations

import json
from pathlib import Path

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard as model
from scripts.dashboard.panels import DATASOURCE
from scripts.dashboard.rows import ROWS

PATH = Path(__file__).parents[2] / "helm/wharfinger/files/dashboard.json"

_VARIABLES = {
    "namespace": ("Operator's namespace", "label_values(wharfinger_build_info, namespace)"),
    "pod": ("Pod", 'label_values(wharfinger_build_info{namespace=~"$namespace"}, pod)'),
    "lease": ("Lease", 'label_values(wharfinger_leader{namespace=~"$namespace"}, lease)'),
    "workload_namespace": (
        "Workloads' namespace",
        'label_values(wharfinger_workloads{namespace=~"$namespace"}, workload_namespace)',
    ),
}
"""Name: label, query. All of them match everything until somebody chooses, series without the label as well."""


def build() -> str:
    """The dashboard as JSON."""
    board = (
        dashboard.Dashboard("Wharfinger")
        .uid("wharfinger")
        .description("Workloads that Wharfinger looks after, and how the operator itself does.")
        .tags(["wharfinger", "kubernetes"])
        .time("now-1h", "now")
        .refresh("30s")
        .tooltip(model.DashboardCursorSync.CROSSHAIR)
        .with_variable(dashboard.DatasourceVariable("datasource").label("Data source").type("prometheus"))
    )
    for name, (label, query) in _VARIABLES.items():
        board = board.with_variable(_variable(name, label, query))
    for heading, panels in ROWS:
        board = board.with_row(heading)
        for panel in panels:
            board = board.with_panel(panel)
    built = board.build()
    for number, each in enumerate(built.panels or (), start=1):
        each.id_val = number
    plain = json.loads(JSONEncoder().encode(built))
    return json.dumps(plain, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _variable(name: str, label: str, query: str) -> dashboard.QueryVariable:
    variable = dashboard.QueryVariable(name).label(label).query(query).datasource(DATASOURCE)
    variable = variable.refresh(model.VariableRefresh.ON_TIME_RANGE_CHANGED).sort(model.VariableSort.ALPHABETICAL_ASC)
    variable = variable.multi(True).include_all(True).all_value(".*")
    return variable.current(model.VariableOption(text="All", value="$__all"))


if __name__ == "__main__":
    PATH.write_text(build(), encoding="utf-8")
