"""Kubernetes objects on standard output, in each format that ``-o`` takes."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from wharfinger.cli import console
from wharfinger.cli.console import Format
from wharfinger.cli.names import of_object

if TYPE_CHECKING:
    from rich.table import Table

Object = dict[str, Any]


def print_objects(objects: Sequence[Object], output: Format, *, alone: bool = False) -> None:
    """As documents, as rows, or by name. In JSON they are a List, unless there is one, and it is ``alone``."""
    if output is Format.yaml:
        console.write("---\n".join(console.yaml_text(each) for each in objects))
    elif output is Format.json:
        several = {"apiVersion": "v1", "kind": "List", "items": list(objects)}
        console.print_data(objects[0] if alone else several, as_json=True)
    elif output is Format.name:
        for each in objects:
            console.say(of_object(each))
    else:
        console.out().print(rows(objects, wide=output is Format.wide))


def rows(objects: Sequence[Object], *, wide: bool) -> "Table":
    """A line an object."""
    made = console.table(*(["namespace"] if wide else []), "kind", "name", *(["api version"] if wide else []))
    for each in objects:
        metadata = each["metadata"]
        row = [each["kind"], metadata["name"]]
        made.add_row(*([metadata.get("namespace", ""), *row, each["apiVersion"]] if wide else row))
    return made
