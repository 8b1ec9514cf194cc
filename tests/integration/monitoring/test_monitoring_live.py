"""The dashboard and the rules over what a real Prometheus scrapes from a real operator.

One operator process looks after three workloads: one is well (and is changed by hand over and over), one has a document
that cannot be acted on, one rolled back. Every panel and every variable shows something of that, and the alerts fire
that should. What would make the other alerts fire is in rules_test.yaml.
"""

from __future__ import annotations

import copy
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from tests.bench.process import OperatorProcess, operating
from tests.support.monitoring import (
    Json,
    Prometheus,
    alerts,
    dashboard,
    metrics_in,
    panels,
    recordings,
    rules,
    scraping,
)
from tests.support.namespaces import new_world
from tests.support.nodes import IMAGE_PULL_BACK_OFF, simulating
from tests.support.waiting import eventually
from tests.support.workloads import HTTP, V1, V2
from tests.support.world import World

from wharfinger.api.builtin import SERVICE
from wharfinger.engine.client import KubeClient
from wharfinger.engine.connection import Connection

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

TARGET = {"namespace": "wharfinger-system", "pod": "wharfinger-0"}
"""The labels that Kubernetes' service discovery gives a pod's series."""
CHANGES = 8
"""By hand to one object: more than WharfingerDriftRepairs overlooks."""
WITHIN = 60.0
VARIABLE = re.compile(r"label_values\((.+), (\w+)\)")
FIRING = {"WharfingerWorkloadStalled", "WharfingerWorkloadRolledBack", "WharfingerDriftRepairs"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scraped(kubeconfig: Path, crds: None, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Prometheus]:
    """A Prometheus that has seen all of it."""
    directory = tmp_path_factory.mktemp("monitoring")
    async with (
        KubeClient(Connection.from_kubeconfig(kubeconfig)) as client,
        new_world(client, kubeconfig) as world,
        operating(kubeconfig, world.namespace, log=directory / "operator.log", leader_election=True) as operator,
        scraping(directory, port=operator.port, labels=TARGET, rules=without_patience(rules())) as prometheus,
    ):
        await play(world, operator)
        yield prometheus


def without_patience(shipped: Json) -> Json:
    """The same rules, but each alert fires as soon as its expression holds."""
    hurried = copy.deepcopy(shipped)
    for group in hurried["groups"]:
        for rule in group["rules"]:
            rule.pop("for", None)
    return hurried


async def play(world: World, operator: OperatorProcess) -> None:
    """Let happen what the dashboard is there to show."""
    soon = {"progressDeadline": "3s"}
    await world.workload("broken", image=V1, pod={"containerz": []})
    await world.workload("worse", image=V1, rollout=soon)
    await world.workload("web", image=V1, ports=[HTTP])
    await world.ready("worse", timeout=WITHIN)
    await world.workload("worse", image=V2, rollout=soon, **simulating(IMAGE_PULL_BACK_OFF))
    await world.ready("web", timeout=WITHIN)
    for change in range(CHANGES):
        await world.patch(SERVICE, "web", {"spec": {"selector": {"app.kubernetes.io/name": f"other-{change}"}}})
        await operator.until(
            lambda asked, wanted=change + 1: asked.total("wharfinger_drift_repairs_total") >= wanted,  # type: ignore[misc]
            WITHIN,
            "done with the repair",
        )
    await world.stalled("worse", reason="RolledBack", timeout=WITHIN)
    await world.stalled("broken", reason="InvalidSpec", timeout=WITHIN)


def filled_in(expr: str) -> str:
    """The expression as Grafana sends it: every variable at All, and an interval that fits the scrapes."""
    for variable in dashboard()["templating"]["list"]:
        expr = expr.replace(f"${variable['name']}", variable.get("allValue", ""))
    filled = expr.replace("$__rate_interval", "60s")
    assert "$" not in filled, f"a variable that the dashboard does not have: {filled}"
    return filled


@pytest.mark.parametrize("panel", panels(), ids=lambda panel: panel["title"])
async def test_panel_shows_something(scraped: Prometheus, panel: Json) -> None:
    for target in panel["targets"]:
        expr = filled_in(target["expr"])

        async def answered(expr: str = expr) -> list[dict[str, str]]:
            return [series.labels for series in await scraped.over(expr, seconds=600) if series.values]

        shown = await eventually(answered, timeout=WITHIN, what=expr)
        names = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
        assert all(names <= labels.keys() for labels in shown), f"a legend without a name: {shown}"


async def test_stalled_workloads_are_listed(scraped: Prometheus) -> None:
    (panel,) = (panel for panel in panels() if panel["title"] == "Stalled workloads")
    columns = panel["transformations"][0]["options"]["includeByName"]

    async def listed() -> bool:
        """What the last scrape saw: a workload is told to have been rolled back a moment before."""
        rows = {
            (series.labels["workload"], series.labels["reason"])
            for series in await scraped.query(filled_in(panel["targets"][0]["expr"]))
            if columns.keys() <= series.labels.keys()
        }
        return rows == {("broken", "InvalidSpec"), ("worse", "RolledBack")}

    await eventually(listed, timeout=60, what="the stalled workloads, with their reasons")


@pytest.mark.parametrize(
    "variable",
    [variable for variable in dashboard()["templating"]["list"] if variable["type"] == "query"],
    ids=lambda variable: variable["name"],
)
async def test_variable_has_a_choice(scraped: Prometheus, variable: Json) -> None:
    asked = VARIABLE.fullmatch(variable["query"])
    assert asked is not None
    assert await scraped.values_of(asked[2], filled_in(asked[1]))


async def test_no_rule_fails(scraped: Prometheus) -> None:
    async def evaluated() -> list[Json]:
        found = [rule for group in (await scraped.ask("rules"))["groups"] for rule in group["rules"]]
        return [] if any(rule["health"] == "unknown" for rule in found) else found

    found = await eventually(evaluated, timeout=WITHIN, what="every rule is evaluated")
    assert len(found) == len(alerts()) + len(recordings())
    assert {rule["name"]: rule.get("lastError") for rule in found if rule["health"] != "ok"} == {}


async def test_alerts_that_should_fire_do_and_no_other(scraped: Prometheus) -> None:
    async def firing() -> set[str]:
        return {alert["labels"]["alertname"] for alert in (await scraped.ask("alerts"))["alerts"]}

    async def all_of_them() -> bool:
        return await firing() >= FIRING

    await eventually(all_of_them, timeout=WITHIN, what=f"firing: {FIRING}")
    assert await firing() == FIRING


async def test_alert_names_its_workload(scraped: Prometheus) -> None:
    fired = {alert["labels"]["alertname"]: alert for alert in (await scraped.ask("alerts"))["alerts"]}
    stalled = fired["WharfingerWorkloadStalled"]
    namespace = stalled["labels"]["workload_namespace"]
    assert stalled["labels"]["namespace"] == namespace, "it is routed to the workload's owners, not the operator's"
    assert stalled["annotations"]["summary"] == f"ContainerWorkload {namespace}/broken is stalled: InvalidSpec."
    assert fired["WharfingerWorkloadRolledBack"]["labels"]["workload"] == "worse"


@pytest.mark.parametrize("alert", alerts(), ids=lambda alert: alert["alert"])
async def test_alert_reads_metrics_that_there_are(scraped: Prometheus, alert: Json) -> None:
    """An alert that does not fire may be well, or look at a name that nobody has."""
    recorded = {
        rule["record"]: rule["expr"] for group in rules()["groups"] for rule in group["rules"] if "record" in rule
    }
    used = [alert["expr"], *(expr for name, expr in recorded.items() if name in alert["expr"])]
    names = set().union(*(metrics_in(expr) for expr in used))
    assert names
    for name in names:
        assert await scraped.query(name), f"nobody has {name}"
