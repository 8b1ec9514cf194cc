"""The page of findings: each reason that the source reports, where, how bad it is, and the rule behind it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from scripts.reference.markdown import code, page, prose, table
from scripts.reference.meanings import FINDINGS
from scripts.reference.source import Call, calls, pattern, words

_WHERE = ("api", "render", "rollout", "reconcilers")
_SEVERITIES = {"error": "error", "error_at": "error", "warning": "warning", "info": "info"}
_SHAPE = ("UnknownField", "MissingField", "Duplicate", "RuleViolated", "InvalidValue", "InvalidType", "UnknownKind")
"""Reasons about the shape of a document, which can be found anywhere in it."""


class Reported(NamedTuple):
    """One place that reports a finding."""

    path: str
    reason: str
    severity: str
    meaning: str


def findings_page() -> str:
    """All reasons: those of any place first, then the rules, by path."""
    rules = sorted({found for found in reported() if found.reason not in _SHAPE})
    return page(
        "Findings",
        "What in a document is not honoured as written, or deserves a word. Findings are in `status.findings`, on "
        "standard error of `wharfinger render`, `apply` and `diff`, and, with the "
        "[webhook](../operations.md#warnings-while-you-apply), printed by whatever applies the document.",
        "An `error` stops the resource: nothing is changed until it is mended. A `warning` says that something behaves "
        "otherwise than the document reads. `info` is for the curious.",
        "## Of the document's shape\n",
        "Errors, all of them, at the path that has the mistake.",
        table(("reason", "meaning"), [(code(reason), prose(FINDINGS[reason])) for reason in _SHAPE]),
        "## Of what it asks for\n",
        table(("path", "reason", "severity", "meaning"), map(_row, rules)),
    )


def _row(found: Reported) -> tuple[str, str, str, str]:
    return code(found.path), code(found.reason), found.severity, prose(found.meaning)


def reported() -> Iterator[Reported]:
    """Every finding that the source reports. Raises LookupError for one that nobody has put into words."""
    for call in calls(*_WHERE):
        if call.name in _SEVERITIES:
            yield from _found(call, _SEVERITIES[call.name])
        elif call.name == "Finding" and (severity := words(call.argument(1, "severity"))):
            yield from _found(call, severity[0])


def _found(call: Call, severity: str) -> Iterator[Reported]:
    path = pattern(call.argument(0, "path"))
    for reason in words(call.argument(1, "reason")):
        if not reason.isalpha():  # a log message
            continue
        meaning = FINDINGS.get(reason) or call.docstring.partition("\n")[0]
        if not meaning:
            raise LookupError(f"the finding {reason} at {path} is of a function without a docstring")
        yield Reported(path, reason, severity, meaning)
