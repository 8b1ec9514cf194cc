"""Names of workloads and stacks on the command line, and what is printed about them."""

from typing import Any

from wharfinger.cli.errors import BadInputError

Object = dict[str, Any]

FULL = "containerworkload.wharfinger.dev"
"""The kind as kubectl prints it before a name."""
_PREFIXES = ("cw", "containerworkload", "containerworkloads", FULL, "containerworkloads.wharfinger.dev")

STACK_FULL = "stack.wharfinger.dev"
_STACK_PREFIXES = ("stk", "stack", "stacks", STACK_FULL, "stacks.wharfinger.dev")


def plain(name: str) -> str:
    """The name alone, of ``web``, ``cw/web``, or what ``-o name`` prints. BadInputError for another kind's."""
    kind, slash, rest = name.rpartition("/")
    if slash and kind not in _PREFIXES:
        raise BadInputError(f"{name}: is no ContainerWorkload; write its name, or cw/NAME")
    if not rest:
        raise BadInputError("a workload's name is missing")
    return rest


def plain_stack(name: str) -> str:
    """The same of a Stack: ``shop``, ``stack/shop``."""
    kind, slash, rest = name.rpartition("/")
    if slash and kind not in _STACK_PREFIXES:
        raise BadInputError(f"{name}: is no Stack; write its name, or stack/NAME")
    if not rest:
        raise BadInputError("a stack's name is missing")
    return rest


def is_stack(name: str) -> bool:
    """Whether a name says itself that it is a Stack's."""
    kind, slash, _ = name.rpartition("/")
    return bool(slash) and kind in _STACK_PREFIXES


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
