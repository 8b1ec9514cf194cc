"""Names: any legal Compose name gives a legal, stable, collision-free name of Kubernetes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from itertools import count

LONGEST = 52
"""Characters of a ContainerWorkload's name that every mode takes."""


def workloads(services: Iterable[str]) -> dict[str, str]:
    """Service to workload. A name that is legal already stays; two that would become one are told apart by a hash.

    The order does not matter, and another service changes a name only if it would have become the same.
    """
    wanted = {name: legal(name) for name in services}
    often = Counter(wanted.values())
    made = {name: want for name, want in wanted.items() if want == name or often[want] == 1}
    taken = set(made.values())
    for name in sorted(wanted.keys() - made.keys()):
        made[name] = next(free for free in _hashes(name, wanted[name]) if free not in taken)
        taken.add(made[name])
    return {name: made[name] for name in wanted}


def _hashes(name: str, made: str) -> Iterator[str]:
    """`made` with a hash of `name`; with others, should that be taken."""
    return (hashed(name + "." * salt, made) for salt in count())


def legal(name: str) -> str:
    """A DNS label that begins with a letter: ``Web_App.1`` becomes ``web-app-1``."""
    made = re.sub(r"-+", "-", re.sub(r"[^a-z0-9]", "-", name.lower())).strip("-") or "x"
    made = made if made[0].isalpha() else f"s-{made}"
    return made if len(made) <= LONGEST else hashed(name, made)


def hashed(name: str, made: str) -> str:
    """`made`, cut where it is too long, and six digits that stand for `name`."""
    return f"{made[: LONGEST - 7].rstrip('-')}-{blake2b(name.encode(), digest_size=3).hexdigest()}"
