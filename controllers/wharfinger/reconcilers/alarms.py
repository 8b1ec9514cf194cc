"""Alarms: Prometheus queries in the place of CloudWatch alarms, asked while an ECS deployment runs.

An alarm is on while its query returns anything. What cannot be told (no answer, a query that Prometheus refuses) is
not taken for quiet: then none is told, and the deployment goes by what was told before, or waits.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

import aiohttp
from cachetools import TTLCache

from wharfinger.api.containerworkload import Workload
from wharfinger.api.status import ContainerWorkloadStatus
from wharfinger.api.tasks import AlarmQuery

PERIOD: Final = timedelta(seconds=10)
"""Between two looks at the alarms of a workload, while they count."""

_PATIENCE: Final = aiohttp.ClientTimeout(total=5)
_MANY: Final = 4096

_log = logging.getLogger(__name__)


class CannotTellError(Exception):
    """Prometheus does not say."""


def alarms_of(workload: Workload) -> list[AlarmQuery]:
    """The alarms of a workload that are turned on."""
    block = workload.spec.tasks
    if block is None or block.deployment is None or not block.deployment.alarms.enable:
        return []
    return block.deployment.alarms.queries


def watched(workload: Workload, status: ContainerWorkloadStatus) -> bool:
    """Whether alarms count now: while a deployment runs, its bake time included."""
    deployments = status.tasks.deployments if status.tasks else []
    return bool(alarms_of(workload)) and any(each.rollout_state == "IN_PROGRESS" for each in deployments)


@dataclass(slots=True)
class Alarms:
    """Asks one Prometheus. Answers are kept for `PERIOD`, so that a busy deployment does not ask at every step."""

    url: str
    _told: TTLCache[tuple[str, int], frozenset[str] | None] = field(
        default_factory=lambda: TTLCache(_MANY, ttl=PERIOD.total_seconds())
    )

    async def firing(self, workload: Workload) -> frozenset[str] | None:
        """Names of the workload's alarms that are on; None where there are none, or where it cannot be told."""
        queries = alarms_of(workload)
        if not queries:
            return None
        key = (workload.uid, workload.generation)
        if key not in self._told:
            self._told[key] = await self._ask(workload, queries)
        return self._told[key]

    async def _ask(self, workload: Workload, queries: list[AlarmQuery]) -> frozenset[str] | None:
        try:
            async with aiohttp.ClientSession(timeout=_PATIENCE) as session:
                on = await asyncio.gather(*(_is_on(session, self.url, each.query) for each in queries))
        except (aiohttp.ClientError, TimeoutError, ValueError, CannotTellError) as error:
            told = str(error) or type(error).__name__
            _log.warning("alarms of %s/%s cannot be told: %s", workload.namespace, workload.name, told)
            return None
        return frozenset(each.name for each, is_on in zip(queries, on, strict=True) if is_on)


async def _is_on(session: aiohttp.ClientSession, url: str, query: str) -> bool:
    """Whether an instant query returns anything. Raises CannotTellError, or what aiohttp raises."""
    async with session.post(f"{url.rstrip('/')}/api/v1/query", data={"query": query}) as response:
        answer: dict[str, Any] = await response.json()
    if answer.get("status") != "success":
        raise CannotTellError(str(answer.get("error", f"Prometheus answered {response.status}"))[:300])
    found = answer["data"]
    return bool(found["result"]) if found["resultType"] != "scalar" else True
