"""Names of workloads on the command line, and what is printed about them."""

from typing import Any

from wharfinger.cli import console
from wharfinger.cli.console import Format
from wharfinger.cli.errors import BadInputError

Object = dict[str, Any]

FULL = "containerworkload.wharfinger.dev"
"""The kind as kubectl prints it before a name."""
_PREFIXES = ("cw", "containerworkload", "containerworkloads", FULL, "containerworkloads.wharfinger.dev")


def plain(name: str) -> str:
    """The name alone, of ``web``, ``cw/web``, or what ``-o name`` prints. BadInputError for another kind's."""
    kind, slash, rest = name.rpartition("/")
    if slash and kind not in _PREFIXES:
        raise BadInputError(f"{name}: is no ContainerWorkload; write its name, or cw/NAME")
    if not rest:
        raise BadInputError("a workload's name is missing")
    return rest


def full(name: str) -> str:
    """``containerworkload.wharfinger.dev/web``."""
    return f"{FULL}/{name}"


def report(workload: Object, done: str, *, output: Format) -> None:
    """What was done to a workload: a line as kubectl's, or the name alone, or the object."""
    if output in (Format.json, Format.yaml):
        console.print_data(without_managed_fields(workload), as_json=output is Format.json)
        return
    name = full(workload["metadata"]["name"])
    console.say(name if output is Format.name else f"{name} {done}")


def without_managed_fields(obj: Object) -> Object:
    """For people: as kubectl shows objects."""
    return {**obj, "metadata": {key: value for key, value in obj["metadata"].items() if key != "managedFields"}}
