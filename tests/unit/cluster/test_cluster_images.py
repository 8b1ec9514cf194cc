"""Images made from files: the same files, the same digest."""

import io
import tarfile
from pathlib import Path

from wharfinger.cluster.images import Directory, File, Link, digest, layer, libraries


def members(content: bytes) -> dict[str, tarfile.TarInfo]:
    """A layer's entries by path."""
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        return {member.name: member for member in archive.getmembers()}


def test_order_of_entries_does_not_matter() -> None:
    first = layer({"a": File(b"1"), "b/c": Link("../a")})
    second = layer({"b/c": Link("../a"), "a": File(b"1")})
    assert digest(first) == digest(second)


def test_content_and_mode_matter() -> None:
    digests = {digest(layer({"a": File(content, mode)})) for content in (b"1", b"2") for mode in (0o644, 0o755)}
    assert len(digests) == 4


def test_parents_are_made_and_an_own_entry_wins() -> None:
    made = members(layer({"usr/bin/tool": File(b"x", 0o755), "usr": Directory(0o700)}))
    assert made["usr/bin"].isdir()
    assert made["usr"].mode == 0o700
    assert made["usr/bin/tool"].mode == 0o755


def test_entries_have_no_owner_and_no_time() -> None:
    for member in members(layer({"a/b": File(b"x"), "c": Link("a/b")})).values():
        assert (member.uid, member.gid, member.mtime) == (0, 0, 0)


def test_libraries_of_a_dynamic_program_exist() -> None:
    found = libraries(Path("/bin/sh"))
    assert found
    assert all(Path(library).exists() for library in found)
