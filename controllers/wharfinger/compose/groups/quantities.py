"""Docker's numbers as Kubernetes' quantities."""

from __future__ import annotations

import re
from typing import Final

_SIZE = re.compile(r"^([0-9]+(?:\.[0-9]+)?) *([kmgtp]?)i?b?$", re.IGNORECASE)
_POWERS: Final = "kmgtp"
_SUFFIXES: Final = ("", "Ki", "Mi", "Gi", "Ti", "Pi")


def size_bytes(text: object) -> int | None:
    """Bytes of ``64m``, ``1.5g`` or ``1048576``, whose units are powers of 1024 as in Docker; None if it is no size."""
    found = _SIZE.match(str(text).strip())
    if not found:
        return None
    unit = found[2].lower()
    return int(float(found[1]) * 1024 ** (_POWERS.index(unit) + 1 if unit else 0))


def of_bytes(count: int) -> str:
    """``52428800`` as ``50Mi``: the greatest unit that leaves a whole number."""
    power = 0
    while count and count % 1024 == 0 and power < len(_SUFFIXES) - 1:
        count, power = count // 1024, power + 1
    return f"{count}{_SUFFIXES[power]}"


def of_size(text: object) -> str | None:
    """A size as a quantity; None if it is none, or 0, which Docker takes for no limit."""
    count = size_bytes(text)
    return of_bytes(count) if count else None


def of_cpus(cpus: object) -> str | None:
    """``0.5`` as ``500m``, never less than a thousandth; None for 0, which Docker takes for no limit."""
    milli = max(1, round(float(str(cpus)) * 1000)) if float(str(cpus)) > 0 else 0
    if not milli:
        return None
    return str(milli // 1000) if milli % 1000 == 0 else f"{milli}m"
