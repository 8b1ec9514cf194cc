"""The page of conditions, reasons, pods' problems and Events."""

from __future__ import annotations

from collections import defaultdict

from scripts.reference import meanings
from scripts.reference.markdown import code, page, prose, table
from scripts.reference.source import calls, words

from wharfinger.engine.outcome import REASONS as REFUSALS
from wharfinger.rollout.advice import WORST_FIRST, advice

_WHERE = ("rollout", "reconcilers")
_MADE_BY = {"stalled": (0, "Stalled"), "_not_ready": (0, "Ready"), "_on_its_way": (1, "Reconciling")}
"""Functions that report a reason: which argument it is, and of which condition."""
_COMPUTED = {
    "Retrying": "Reconciling",  # the default of `retrying`
    "InternalError": "Reconciling",  # given to `retrying`
    "Scheduled": "Ready",  # capitalised where it is reported
    "Conflict": "Stalled",  # refused by ourselves, and not by the API server
}
"""Reasons that no literal argument shows, and their condition."""


def conditions_page() -> str:
    """What a status and an Event can say, and what it means."""
    reported = reasons()
    told = meanings.told(meanings.REASONS, reported, "REASONS")
    problems = meanings.told(meanings.PODS, WORST_FIRST, "PODS")
    return page(
        "Conditions, reasons and Events",
        "What a workload's status says, and what to make of it. How the conditions work together is told in "
        "[status](../status.md).",
        "## Conditions\n",
        table(("type", "meaning"), [(code(name), prose(text)) for name, text in meanings.CONDITIONS.items()]),
        "## Reasons\n",
        "`Ready=False` carries the reason that a person asks for: while pods cannot start, "
        "[theirs](#problems-of-pods). The others are:",
        table(("reason", "of", "meaning"), [(code(name), reported[name], prose(text)) for name, text in told.items()]),
        "## Problems of pods\n",
        "Reasons in `status.problems`, the worst first:",
        table(("reason", "meaning", "what to do"), [_problem(name, text) for name, text in problems.items()]),
        "## Events\n",
        "On change only. A finding of severity `error` and a refusal of the API server are Events too, of type "
        "Warning, with their own [reason](findings.md).",
        table(("reason", "type", "meaning"), _events()),
    )


def reasons() -> dict[str, str]:
    """Each reason of a condition that the source reports, and the conditions that carry it."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for call in calls(*_WHERE):
        if call.name in _MADE_BY:
            position, condition = _MADE_BY[call.name]
            for word in words(call.argument(position, "reason")):
                found[word].append(condition)
        elif call.name == "Verdict" and (of := words(call.argument(0, "type"))):
            for word in words(call.argument(2, "reason")):
                found[word] += of
    for reason, condition in (*_COMPUTED.items(), *((refusal, "Stalled") for _, refusal in REFUSALS)):
        found[reason].append(condition)
    return {reason: ", ".join(dict.fromkeys(of)) for reason, of in found.items()}


def _problem(reason: str, meaning: str) -> tuple[str, str, str]:
    return code(reason), prose(meaning), prose(advice(reason, "", pod="POD", container="CONTAINER"))


def events() -> dict[str, str]:
    """Each reason of an Event that announces something, and its type."""
    return {
        word: words(call.argument(0, "type"))[0]
        for call in calls(*_WHERE)
        if call.name == "Announcement"
        for word in words(call.argument(1, "reason"))
    }


def _events() -> list[tuple[str, str, str]]:
    types = events()
    told = meanings.told(meanings.EVENTS, types, "EVENTS")
    return [(code(reason), types[reason], prose(text)) for reason, text in told.items()]
