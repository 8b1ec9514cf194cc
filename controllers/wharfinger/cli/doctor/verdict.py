"""A check's answer."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from wharfinger.api.resource import Object


class Verdict(StrEnum):
    """How it is, from good to bad."""

    ok = "ok"
    unknown = "unknown"
    """It cannot be seen from here."""
    warning = "warning"
    """Something that some workloads need is missing."""
    fail = "fail"
    """Wharfinger does not work so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One line of the table."""

    check: str
    """What was looked at."""
    verdict: Verdict
    message: str
    """What was seen."""
    remedy: str = ""
    """What to do about it; empty where nothing is to be done."""

    def to_json(self) -> Object:
        """For scripts."""
        return {"check": self.check, "verdict": str(self.verdict), "message": self.message, "remedy": self.remedy}


def ok(check: str, message: str) -> Check:
    """All is well."""
    return Check(check=check, verdict=Verdict.ok, message=message)


def unknown(check: str, message: str, remedy: str = "") -> Check:
    """Nobody can say from here."""
    return Check(check=check, verdict=Verdict.unknown, message=message, remedy=remedy)


def warning(check: str, message: str, remedy: str) -> Check:
    """Some workloads will not get what they ask for."""
    return Check(check=check, verdict=Verdict.warning, message=message, remedy=remedy)


def fail(check: str, message: str, remedy: str) -> Check:
    """It does not work so."""
    return Check(check=check, verdict=Verdict.fail, message=message, remedy=remedy)


def is_true(obj: Object, kind: str) -> bool:
    """Whether the object's condition of that type is True."""
    conditions = obj.get("status", {}).get("conditions") or ()
    return any(each["type"] == kind and each["status"] == "True" for each in conditions)
