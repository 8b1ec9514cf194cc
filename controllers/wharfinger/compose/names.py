"""Names: any legal Compose name gives a legal, stable, collision-free name of Kubernetes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from hashlib import blake2b

LONGEST = 52
"""Characters of a ContainerWorkload's name that every mode takes."""


def workloads(services: Iterable[str]) -> dict[str, str]:
    """Service to workload. A name that is legal already stays; two that would become one are told apart by a hash."""
    wanted = {name: legal(name) for name in services}
    taken = [made for name, made in wanted.items()]
    return {
        name: made if made == name or taken.count(made) == 1 else hashed(name, made) for name, made in wanted.items()
    }


def legal(name: str) -> str:
    """A DNS label that begins with a letter: ``Web_App.1`` becomes ``web-app-1``."""
    made = re.sub(r"-+", "-", re.sub(r"[^a-z0-9]", "-", name.lower())).strip("-") or "x"
    made = made if made[0].isalpha() else f"s-{made}"
    return made if len(made) <= LONGEST else hashed(name, made)


def hashed(name: str, made: str) -> str:
    """`made`, cut where it is too long, and six digits that stand for `name`."""
    return f"{made[: LONGEST - 7].rstrip('-')}-{blake2b(name.encode(), digest_size=3).hexdigest()}"
