"""The locks say what pyproject.toml says, and only files that they know are installed: `make lock` after a change."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from tests.support.image.lock import BUILD, ROOT, RUN, declared, declared_for_build, pins, version

WANTED = [(RUN, wanted) for wanted in declared()] + [(BUILD, wanted) for wanted in declared_for_build()]


@pytest.mark.parametrize(("lock", "wanted"), WANTED, ids=lambda value: getattr(value, "name", None))
def test_what_is_declared_is_pinned_to_a_version_that_satisfies_it(lock: Path, wanted: Requirement) -> None:
    pinned = pins(lock).get(canonicalize_name(wanted.name))
    assert pinned is not None, f"{lock.name} lacks {wanted}: run `make lock`"
    assert wanted.specifier.contains(pinned.version, prereleases=True), f"{lock.name} is stale: run `make lock`"


@pytest.mark.parametrize("lock", [RUN, BUILD], ids=lambda lock: str(lock.name))
def test_every_pin_is_exact_and_hashed(lock: Path) -> None:
    found = pins(lock)
    assert len(found) > 10
    for pin in found.values():
        assert pin.version
        assert pin.hashes
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", each) for each in pin.hashes), pin.requirement


def test_the_dockerfile_labels_the_version_that_it_builds() -> None:
    said = re.search(r"^ARG VERSION=(\S+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert said is not None
    assert said[1] == version()


def test_a_stale_lock_is_seen(tmp_path: Path) -> None:
    """The reader itself: what has no hash, or another version, does not pass for what has."""
    lock = tmp_path / "requirements.lock"
    lock.write_text("# header\nA-b==1.0 ; python_version < '3' \\\n    --hash=sha256:00\n    # via c\nd==2\n")
    found = pins(lock)
    assert (found["a-b"].version, found["a-b"].hashes, found["a-b"].applies) == ("1.0", ("sha256:00",), False)
    assert (found["d"].version, found["d"].hashes, found["d"].applies) == ("2", (), True)
