"""What stands beside the services and what the parser itself does: names, files, profiles, models, jobs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from wharfinger.api.status import Finding, Severity
from wharfinger.compose.part import Context, Part, located
from wharfinger.compose.rows import Row

_TABLE: Final[tuple[tuple[str, Severity, str, str], ...]] = (
    (
        "models",
        "warning",
        "NoModelRunner",
        "no model is run; run a server of models as a service, and tell the others by `environment` where it is",
    ),
    (
        "jobs",
        "error",
        "JobsNotConverted",
        "are not converted; write a ContainerWorkload of mode cron, or job, for each",
    ),
)

ROWS: Final = (
    Row("version", "honoured", "nothing: every format is read as the specification says"),
    Row("name", "honoured", "the label com.docker.compose.project of what is made beside the workloads"),
    Row("include", "honoured", "read and merged, of the files below the first document's directory", whole=True),
    Row("services.*.extends", "honoured", "read and merged, likewise", whole=True),
    Row("services.*.profiles", "honoured", "by `--profile`: a service of another profile is left out"),
    *(Row(name, "refused" if severity == "error" else "reported", why) for name, severity, _, why in _TABLE),
)


def top_level(context: Context) -> Part:
    """Findings alone."""
    return Part(findings=tuple(_findings(context)))


def _findings(context: Context) -> Iterator[Finding]:
    for name, severity, reason, message in _TABLE:
        if context.project.get(name) or context.document.place(name):
            yield located(context.document, name, severity, reason, message)
    for warning in context.document.warnings:
        if "`version` is obsolete" in warning:
            continue  # so it is in most files that there are, and nothing follows from it
        yield located(context.document, "", "warning", "ReadWithWarning", warning)
