"""The files that Compose documents refer to: those below the first document's directory, and no other.

The program that reads documents can open no file of the machine, so that all that it may need is found before: a text
in a document that names a file is taken for a reference. What is taken in vain does no harm.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml

from wharfinger.cli.documents import read_text
from wharfinger.cli.errors import BadInputError

_LARGEST = 1 << 20
"""Bytes of a file: a ConfigMap holds no more."""
_VARIABLE = re.compile(r"\$\{(\w+)(?::?-([^}]*))?\}|\$(\w+)")
_SUFFIXES = (".yaml", ".yml")


def documents(names: list[str]) -> tuple[Path, dict[str, str]]:
    """The project's directory, that of the first document, and each document's text by its path in it."""
    root = Path(names[0]).resolve().parent
    found = {}
    for name in names:
        path = Path(name).resolve()
        if not path.is_relative_to(root):
            raise BadInputError(f"{name}: is not below {root}, the directory of the first document")
        found[str(path.relative_to(root))] = read_text(Path(name))
    return root, found


def referred(root: Path, texts: Mapping[str, str], variables: Mapping[str, str]) -> dict[str, str]:
    """All text files below `root` that documents name, and those that these name in turn, by their paths in `root`."""
    found: dict[str, str] = {}
    waiting = list(texts.items())
    while waiting:
        name, text = waiting.pop()
        for path in _named(root, root / Path(name).parent, text, variables):
            inside = str(path.relative_to(root))
            if inside in found or inside in texts or (content := _readable(path)) is None:
                continue
            found[inside] = content
            if path.suffix in _SUFFIXES:
                waiting.append((inside, content))
    return found


def _readable(path: Path) -> str | None:
    """The text of a file; None where it is too large, or no text."""
    try:
        return path.read_text(encoding="utf-8") if path.stat().st_size <= _LARGEST else None
    except (OSError, UnicodeDecodeError):
        return None


def _named(root: Path, directory: Path, text: str, variables: Mapping[str, str]) -> Iterator[Path]:
    """Files that texts of a document name, from its own directory or the project's; a directory means its files."""
    try:
        nodes = list(yaml.compose_all(text, yaml.SafeLoader))
    except yaml.YAMLError:
        return  # the parser says better what is wrong
    for word in {word for node in nodes for word in _scalars(node, 0)}:
        for part in _parts(_interpolated(word, variables)):
            for base in dict.fromkeys((directory, root)):
                yield from _below(root, base / part)


def _scalars(node: yaml.Node | None, depth: int) -> Iterator[str]:
    if depth > 32:
        return
    if isinstance(node, yaml.ScalarNode):
        yield node.value
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _scalars(item, depth + 1)
    elif isinstance(node, yaml.MappingNode):
        for _, value in node.value:
            yield from _scalars(value, depth + 1)


def _parts(word: str) -> list[str]:
    """``./site.conf`` of ``./site.conf:/etc/site.conf:ro``, or the whole. A longer text is no path."""
    return list(dict.fromkeys((word, word.split(":", 1)[0]))) if 0 < len(word) < 1024 and "\n" not in word else []


def _interpolated(word: str, variables: Mapping[str, str]) -> str:
    """With the values of variables, as far as paths have them: ``$NAME``, ``${NAME}``, ``${NAME:-default}``."""
    return _VARIABLE.sub(lambda match: variables.get(match[1] or match[3]) or match[2] or "", word)


def _below(root: Path, path: Path) -> Iterator[Path]:
    """The file, or the files right in the directory, if it lies within the project: a link may lead elsewhere."""
    try:
        real = path.resolve()
        if not real.is_relative_to(root) or real == root:
            return
        if real.is_file():
            yield real
        elif real.is_dir():
            yield from (each for each in sorted(real.iterdir()) if each.is_file() and not each.is_symlink())
    except (OSError, ValueError):
        return  # no path: too long, or with a character that none has
