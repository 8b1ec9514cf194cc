"""Alarms: Prometheus queries in the place of CloudWatch alarms, which fail an ECS deployment.

An alarm is on while its query returns anything, as with Prometheus' own alerting rules. One that cannot be told is not
on, as INSUFFICIENT_DATA is not ALARM. Where none can be told, the deployment goes on by what was told before.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

import aiohttp
from cachetools import TTLCache

from wharfinger.api.containerworkload import Workload
from wharfinger.api.status import ContainerWorkloadStatus, Finding
from wharfinger.api.tasks import AlarmQuery
from wharfinger.reconcilers.prometheus import CannotTellError, Prometheus, UnreachableError

PERIOD: Final = timedelta(seconds=10)
"""Between two looks at the alarms of a workload, while they count."""
AT_REST: Final = timedelta(seconds=60)
"""The same where nothing can be told and no deployment runs: until that can be taken back."""

_MANY: Final = 4096

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How the alarms of a workload stand."""

    on: frozenset[str] | None = None
    """Names of those that are on; None where there are none, or none can be told."""
    findings: tuple[Finding, ...] = ()
    """Those that Prometheus cannot tell, in its words."""


UNTOLD: Final = Reading()
"""Nothing is known."""


def alarms_of(workload: Workload) -> list[AlarmQuery]:
    """The alarms of a workload that are turned on."""
    block = workload.spec.tasks
    if block is None or block.deployment is None or not block.deployment.alarms.enable:
        return []
    return block.deployment.alarms.queries


def look_again(workload: Workload, status: ContainerWorkloadStatus, reading: Reading) -> timedelta | None:
    """When to look at the alarms again, since Prometheus tells nobody: while a deployment runs or bakes, or unknown."""
    if not alarms_of(workload):
        return None
    deployments = status.tasks.deployments if status.tasks else []
    if any(each.rollout_state == "IN_PROGRESS" for each in deployments):
        return PERIOD
    return AT_REST if reading.on is None else None


@dataclass(slots=True)
class Alarms:
    """Asks one Prometheus: about a workload once in `PERIOD`, so that a busy deployment does not ask at every step.

    Nobody waits in vain for one that does not answer, but for those who find that out: until it answers again, one
    workload in `PERIOD` tries.
    """

    server: Prometheus
    clock: Callable[[], float] = time.monotonic
    """Seconds, from whenever."""
    _told: TTLCache[tuple[str, int], Reading] = field(init=False)
    _try_at: float | None = field(default=None, init=False)
    """When to ask one that did not answer again."""

    def __post_init__(self) -> None:
        self._told = TTLCache(_MANY, ttl=PERIOD.total_seconds(), timer=self.clock)

    async def read(self, workload: Workload) -> Reading:
        """How the workload's alarms stand."""
        queries = alarms_of(workload)
        if not queries:
            return UNTOLD
        key = (workload.uid, workload.generation)
        told = self._told.get(key)
        if told is None and self._may_ask():
            told = self._told[key] = await self._ask(workload, queries)
        return told or UNTOLD

    def _may_ask(self) -> bool:
        """Whether it answers, or it is time to try: then the next try is a while after this one."""
        if self._try_at is None:
            return True
        if self.clock() < self._try_at:
            return False
        self._try_at = self.clock() + PERIOD.total_seconds()
        return True

    async def _ask(self, workload: Workload, queries: list[AlarmQuery]) -> Reading:
        try:
            async with self.server.session() as session:
                answers = await asyncio.gather(*(self._answer(session, each.query) for each in queries))
        except UnreachableError as error:
            answers = [error]
        silent = [answer for answer in answers if isinstance(answer, UnreachableError)]
        if silent:
            _log.warning("alarms of %s/%s cannot be told: %s", workload.namespace, workload.name, silent[0])
        if len(silent) == len(answers):
            self._try_at = self.clock() + PERIOD.total_seconds()
            return UNTOLD
        self._try_at = None
        names = [each.name for each in queries]
        told = any(isinstance(answer, bool) for answer in answers)
        on = frozenset(name for name, answer in zip(names, answers, strict=True) if answer is True)
        return Reading(on=on if told else None, findings=tuple(_untold(names, answers)))

    async def _answer(self, session: aiohttp.ClientSession, query: str) -> bool | CannotTellError | UnreachableError:
        """Each for itself: one query that fails keeps no other alarm from being on."""
        try:
            return await self.server.returns_anything(session, query)
        except (CannotTellError, UnreachableError) as error:
            return error


def _untold(names: list[str], answers: list[bool | CannotTellError | UnreachableError]) -> Iterator[Finding]:
    """Alarms that Prometheus cannot tell, so that they fail no deployment."""
    for index, (name, answer) in enumerate(zip(names, answers, strict=True)):
        if isinstance(answer, CannotTellError):
            yield Finding(
                path=f"spec.tasks.deployment.alarms.queries[{index}].query",
                severity="warning",
                reason="AlarmUntold",
                message=f"alarm {name} fails no deployment, Prometheus cannot tell it: {answer}",
            )
