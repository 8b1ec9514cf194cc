"""Attributes that become nothing here: a table says why, and what to write instead."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from wharfinger.api.status import Finding, Severity
from wharfinger.compose.part import Service
from wharfinger.compose.rows import Row, Verdict


@dataclass(frozen=True, slots=True)
class Report:
    """An attribute of a service, and what is said where a document has it."""

    attribute: str
    """Below the service: ``logging``, ``blkio_config``."""
    reason: str
    """Of the finding: CamelCase."""
    message: str
    """What does not happen, why, and what to write instead: one line."""
    severity: Severity = "warning"

    @property
    def row(self) -> Row:
        """Its line of docs/compose.md."""
        verdict: Verdict = "refused" if self.severity == "error" else "reported"
        return Row(f"services.*.{self.attribute}", verdict, self.message)


def rows(table: Iterable[Report]) -> tuple[Row, ...]:
    """The rows of a table."""
    return tuple(report.row for report in table)


def reported(service: Service, table: Iterable[Report]) -> Iterator[Finding]:
    """A finding for each attribute of the table that the service has."""
    for report in table:
        if service.data.get(report.attribute) not in (None, "", [], {}, False):
            yield service.finding(report.attribute, report.severity, report.reason, report.message)
