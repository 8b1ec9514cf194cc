"""The dashboard and the rules as tests read them, and a Prometheus that scrapes an operator."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp
import yaml

from tests.support.debian import program
from tests.support.waiting import eventually
from wharfinger.cluster.layout import free_ports

ROOT = Path(__file__).parents[2]
DASHBOARD = ROOT / "helm/wharfinger/files/dashboard.json"
RULES = ROOT / "helm/wharfinger/files/rules.yaml"

Json = dict[str, Any]

_START = 60.0
_METRIC = re.compile(r"\b(?:wharfinger|process)_\w+\b")
_SUFFIX = re.compile(r"_(?:bucket|sum|count)$")


def dashboard() -> Json:
    """The dashboard as it is shipped."""
    read: Json = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    return read


def panels() -> list[Json]:
    """Its panels, headings aside."""
    return [panel for panel in dashboard()["panels"] if panel["type"] != "row"]


def rules() -> Json:
    """The rules as they are shipped."""
    read: Json = yaml.safe_load(RULES.read_text(encoding="utf-8"))
    return read


def alerts() -> list[Json]:
    """The alerting rules."""
    return [rule for group in rules()["groups"] for rule in group["rules"] if "alert" in rule]


def recordings() -> list[Json]:
    """The recording rules."""
    return [rule for group in rules()["groups"] for rule in group["rules"] if "record" in rule]


def metrics_in(expr: str) -> set[str]:
    """Names of the metrics that an expression reads, recorded ones aside."""
    plain = re.sub(r"\w+(?::\w+)+", "", expr)
    return set(_METRIC.findall(plain))


def family(metric: str) -> str:
    """The name under which a histogram's series are declared."""
    return _SUFFIX.sub("", metric)


class Series(NamedTuple):
    """One series of an answer: its labels, and its values that are numbers."""

    labels: dict[str, str]
    values: list[float]


@dataclass(frozen=True)
class Prometheus:
    """A running Prometheus, asked over HTTP."""

    session: aiohttp.ClientSession
    url: str

    async def ask(self, path: str, **parameters: str) -> Any:
        """The `data` of an answer of /api/v1. AssertionError with Prometheus' own words where it refuses."""
        async with self.session.get(f"/api/v1/{path}", params=parameters) as response:
            answer = await response.json()
        assert answer["status"] == "success", f"{parameters}: {answer.get('error')}"
        return answer["data"]

    async def query(self, expr: str) -> list[Series]:
        """Series at this moment."""
        data = await self.ask("query", query=expr)
        return [Series(each["metric"], _numbers([each["value"]])) for each in data["result"]]

    async def over(self, expr: str, *, seconds: int) -> list[Series]:
        """Series of so many seconds up to now, a value for each of them."""
        now = float((await self.ask("query", query="time()"))["result"][0])
        data = await self.ask("query_range", query=expr, start=str(now - seconds), end=str(now), step="1")
        return [Series(each["metric"], _numbers(each["values"])) for each in data["result"]]

    async def values_of(self, label: str, selector: str) -> list[str]:
        """What Grafana's ``label_values(selector, label)`` lists."""
        found: list[str] = await self.ask(f"label/{label}/values", **{"match[]": selector})
        return found


def _numbers(values: list[list[Any]]) -> list[float]:
    return [number for _, text in values if (number := float(text)) == number]


@asynccontextmanager
async def scraping(directory: Path, *, port: int, labels: dict[str, str], rules: Json) -> AsyncIterator[Prometheus]:
    """A Prometheus that scrapes that port of this machine each second, and evaluates the rules as often.

    It has scraped once when this begins: what happened before its first scrape, Prometheus never sees as an increase.
    """
    path = program("prometheus", "prometheus")
    (directory / "rules.yaml").write_text(yaml.safe_dump(rules))
    config = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": ["rules.yaml"],
        "scrape_configs": [
            {"job_name": "wharfinger", "static_configs": [{"targets": [f"127.0.0.1:{port}"], "labels": labels}]}
        ],
    }
    (directory / "prometheus.yaml").write_text(yaml.safe_dump(config))
    address = f"127.0.0.1:{free_ports(['prometheus'], host='127.0.0.1')['prometheus']}"
    log = directory / "prometheus.log"
    with log.open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            path,
            f"--config.file={directory / 'prometheus.yaml'}",
            f"--storage.tsdb.path={directory / 'data'}",
            f"--web.listen-address={address}",
            stdout=output,
            stderr=output,
        )
    try:
        async with aiohttp.ClientSession(f"http://{address}") as session:
            await eventually(lambda: _ready(session, process), timeout=_START, what=f"Prometheus is ready; {log}")
            prometheus = Prometheus(session, f"http://{address}")
            await eventually(lambda: prometheus.query("up == 1"), timeout=_START, what="the operator is scraped")
            yield prometheus
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _ready(session: aiohttp.ClientSession, process: asyncio.subprocess.Process) -> bool:
    assert process.returncode is None, "Prometheus ended by itself"
    try:
        async with session.get("/-/ready") as response:
            return response.status == 200
    except aiohttp.ClientError:
        return False
