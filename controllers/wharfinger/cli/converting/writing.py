"""A directory of files that we wrote, and may write anew; what a person changed or put there is left alone."""

from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Final

from wharfinger.cli.errors import BadInputError

_MARK: Final = "# Written by wharfinger convert, which leaves it alone once it is changed: "
"""First line of each file, with the digest of what follows it."""


def write(directory: Path, files: Mapping[str, str], *, force: bool) -> None:
    """Write all files, and remove those that we wrote before and that are no longer among them.

    Raises BadInputError, and nothing is written, where a file is not as we wrote it, unless `force`; and where a file
    cannot be written.
    """
    foreign = [name for name in files if (directory / name).exists() and not _ours(directory / name)]
    if foreign and not force:
        raise BadInputError(f"{directory / foreign[0]}: was not written so by us; --force overwrites it")
    try:
        for path in _stale(directory, files):
            path.unlink()
        for name, text in files.items():
            path = directory / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{_MARK}{_digest(text)}\n{text}", encoding="utf-8")
    except OSError as error:
        raise BadInputError(f"{error.filename}: {error.strerror}") from error


def _stale(directory: Path, files: Mapping[str, str]) -> Iterator[Path]:
    for path in sorted([*directory.glob("*.yaml"), *directory.glob("templates/*.yaml")]):
        if str(path.relative_to(directory)) not in files and _ours(path):
            yield path


def _ours(path: Path) -> bool:
    """Whether a file is as we wrote it."""
    try:
        first, _, text = path.read_text(encoding="utf-8").partition("\n")
    except (OSError, UnicodeDecodeError):
        return False
    return first == _MARK + _digest(text)


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:16]
