"""Borrow built-in Kubernetes types from the official client, as Kubernetes itself reads them.

The `kubernetes` distribution generates a pydantic model for every type of Kubernetes' OpenAPI document. `borrow` copies
one, with all that it contains, and puts right what differs from the wire:

- A field has its JSON name only. The client takes ``value_from`` beside ``valueFrom``; the API server does not.
- A quantity may be a number (``cpu: 1``). The OpenAPI document calls quantities strings, so they are named here.
- Descriptions are a sentence, so that a CRD which embeds the type stays small.
- Server-side apply's notes that the client leaves out (atomic maps, lists by key) are put back.

With ``partial=True`` nothing is required, as in a patch.
"""

from __future__ import annotations

import re
from functools import cache, reduce
from operator import or_
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, create_model
from pydantic.config import JsonDict
from pydantic.fields import FieldInfo

from wharfinger.api.lists import ListMap
from wharfinger.api.model import Quantity

_QUANTITIES = frozenset(
    {
        ("V1ResourceRequirements", "limits"),
        ("V1ResourceRequirements", "requests"),
        ("V1VolumeResourceRequirements", "limits"),
        ("V1VolumeResourceRequirements", "requests"),
        ("V1PodSpec", "overhead"),
        ("V1ResourceFieldSelector", "divisor"),
        ("V1EmptyDirVolumeSource", "sizeLimit"),
        ("V2MetricTarget", "averageValue"),
        ("V2MetricTarget", "value"),
        ("V2HPAScalingRules", "tolerance"),
    }
)
_ATOMIC = frozenset(
    {
        "V1ConfigMapKeySelector",
        "V1FileKeySelector",
        "V1LabelSelector",
        "V1ObjectFieldSelector",
        "V1ResourceFieldSelector",
        "V1SecretKeySelector",
    }
)
_LIST_KEYS = {("V1ResourceRequirements", "claims"): "name"}

_SENTENCE_END = re.compile(r"(?<!\be\.g)(?<!\bi\.e)(?<!\betc)\.\s")


@cache
def borrow(model: type[BaseModel], *, partial: bool = False) -> type[BaseModel]:
    """A copy of one of the client's models that takes exactly what the API server takes.

    ``partial``: no field is required, at any depth, and null (which deletes in a patch) is allowed in every field.
    """
    fields: dict[str, Any] = dict(_field(model, info, partial=partial) for info in model.model_fields.values())
    extra: JsonDict | None = {"x-kubernetes-map-type": "atomic"} if model.__name__ in _ATOMIC else None
    config = ConfigDict(extra="forbid", protected_namespaces=(), frozen=True, json_schema_extra=extra)
    return create_model(model.__name__, __config__=config, __doc__=_sentence(model.__doc__), **fields)


def _field(model: type[BaseModel], info: FieldInfo, *, partial: bool) -> tuple[str, tuple[Any, Any]]:
    name = info.serialization_alias or next(n for n, i in model.model_fields.items() if i is info)
    where = (model.__name__, name)
    kind = _quantities(info.annotation) if where in _QUANTITIES else _copy(info.annotation, partial=partial)
    if info.metadata and where not in _QUANTITIES:
        kind = Annotated[kind, *info.metadata]
    if where in _LIST_KEYS and not partial:
        kind = Annotated[kind, ListMap(_LIST_KEYS[where])]
    required = info.is_required() and not partial
    text = _sentence(info.description)
    if required:
        return name, (kind, Field(description=text))
    return name, (kind | None, Field(default=None, description=text))


def _copy(annotation: Any, *, partial: bool) -> Any:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Union, UnionType):
        return reduce(or_, (_copy(argument, partial=partial) for argument in arguments))
    if origin in (list, dict):
        return origin[tuple(_copy(argument, partial=partial) for argument in arguments)]
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return borrow(annotation, partial=partial)
    return annotation


def _quantities(annotation: Any) -> Any:
    return dict[str, Quantity] if "Dict" in str(annotation) else Quantity


def _sentence(text: str | None) -> str | None:
    """The first sentence, without the generator's list of attributes."""
    if not text:
        return None
    prose = " ".join(text.split("Attributes:")[0].split())
    return _SENTENCE_END.split(prose, maxsplit=1)[0].rstrip(".") + "." if prose else None
