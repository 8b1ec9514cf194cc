"""Names of workloads on the command line, and what is printed about them."""

from typing import Any

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


def of_object(obj: Object) -> str:
    """As kubectl names objects of any kind: ``deployment.apps/web``, ``service/web``."""
    group, slash, _ = obj["apiVersion"].rpartition("/")
    kind = obj["kind"].lower()
    return f"{kind}.{group}/{obj['metadata']['name']}" if slash else f"{kind}/{obj['metadata']['name']}"


def without_managed_fields(obj: Object) -> Object:
    """For people: as kubectl shows objects."""
    return {**obj, "metadata": {key: value for key, value in obj["metadata"].items() if key != "managedFields"}}
