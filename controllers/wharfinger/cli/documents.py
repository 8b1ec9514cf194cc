"""YAML and JSON documents from files and standard input, read as kubectl reads them."""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from wharfinger.cli.errors import BadInputError

SUFFIXES = (".yaml", ".yml", ".json")
"""What is read of a directory, as by ``kubectl apply -f DIRECTORY``."""


@dataclass(frozen=True, slots=True)
class Document:
    """One object and where it was written: ``web.yaml``, or ``web.yaml#2`` for the second of a file."""

    source: str
    content: dict[str, Any]


class _Loader(yaml.SafeLoader):
    """YAML as Kubernetes' own reader has it: no dates, and a key given twice is an error rather than a surprise."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag == "tag:yaml.org,2002:merge":
                continue
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"key {key.value!r} is given twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


_Loader.yaml_implicit_resolvers = {
    first: [resolver for resolver in resolvers if resolver[0] != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_documents(names: Iterable[str]) -> list[Document]:
    """Every object in the files, directories and standard input (``-``) named; a List counts as its items.

    Raises BadInputError where a file is missing, is no YAML, or holds something else than objects.
    """
    return [document for name in names for path, text in _texts(name) for document in _parse(path, text)]


def _texts(name: str) -> Iterator[tuple[str, str]]:
    if name == "-":
        yield "standard input", sys.stdin.read()
        return
    for path in _files(Path(name)):
        yield str(path), read_text(path)


def read_text(path: Path) -> str:
    """The text of a file that somebody named. Raises BadInputError where it cannot be read, or is no text."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise BadInputError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BadInputError(f"{path}: is not UTF-8 text") from error


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    if found := sorted(file for file in path.iterdir() if file.suffix in SUFFIXES):
        return found
    raise BadInputError(f"{path}: no {', '.join(SUFFIXES)} files in this directory")


def _parse(source: str, text: str) -> Iterator[Document]:
    try:
        contents = [content for content in yaml.load_all(text, _Loader) if content is not None]
    except yaml.YAMLError as error:
        raise BadInputError(f"{source}: {_one_line(error)}") from error
    for number, content in enumerate(contents, start=1):
        place = source if len(contents) == 1 else f"{source}#{number}"
        yield from _objects(place, content)


def _objects(place: str, content: Any) -> Iterator[Document]:
    if not isinstance(content, dict) or not isinstance(content.get("kind"), str):
        raise BadInputError(f"{place}: is no Kubernetes object (it has no kind)")
    if content["kind"] == "List" and isinstance(content.get("items"), list):
        for number, item in enumerate(content["items"]):
            yield from _objects(f"{place}.items[{number}]", item)
    else:
        yield Document(place, content)


def _one_line(error: yaml.YAMLError) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark:
        mark = error.problem_mark
        return f"line {mark.line + 1}, column {mark.column + 1}: {error.problem or error.context}"
    return " ".join(str(error).split())
