"""What all API models share: camelCase on the wire, unknown fields refused, Kubernetes' own scalar types.

What a CRD needs beyond a type (int-or-string, formats) rides on ``json_schema_extra``, and `wharfinger.api.schema`
carries it over unchanged. What a schema cannot say is a `Rule`: in CEL for the API server, and in Python for documents
that no API server has seen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    StrictBool,
    StrictInt,
    StringConstraints,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

Int = StrictInt
Bool = StrictBool


@dataclass(frozen=True, slots=True)
class Rule:
    """What must hold for a block as a whole."""

    cel: str
    """For the API server; ``self`` is the block, ``oldSelf`` the block as it was."""
    message: str
    """What would be right, for the person who broke it."""
    holds: Callable[[Any], bool] | None = None
    """The same of the parsed block; None where the rule compares with the block as it was."""


class Model(BaseModel):
    """A block of the API: snake_case in Python, camelCase in documents; an unknown field is an error."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True, use_attribute_docstrings=True
    )
    cel_rules: ClassVar[tuple[Rule, ...]] = ()

    @model_validator(mode="after")
    def _obey_rules(self) -> Self:
        for rule in self.cel_rules:
            if rule.holds and not rule.holds(self):
                raise PydanticCustomError("rule", "{message}", {"message": rule.message})
        return self

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        schema = handler(core_schema)
        if cls.cel_rules:
            handler.resolve_ref_schema(schema).update(validations(cls.cel_rules))
        return schema

    def to_json(self) -> dict[str, Any]:
        """The block as it stands in a document: camelCase keys, absent where it says nothing."""
        return self.model_dump(by_alias=True, exclude_none=True, mode="json")


def validations(rules: tuple[Rule, ...]) -> dict[str, Any]:
    """The rules as the schema extension that the API server evaluates."""
    return {"x-kubernetes-validations": [{"rule": rule.cel, "message": rule.message} for rule in rules]}


def _number_to_text(value: Any) -> Any:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


INT_OR_STRING = {"x-kubernetes-int-or-string": True}

_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_QUANTITY = r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)(([KMGTPE]i)|[numkMGTPE]|([eE][+-]?[0-9]+))?$"
_DURATION = r"^([0-9]{1,6}(\.[0-9]{1,9})?(ms|s|m|h))+$"
_PERCENT = r"^(100|[0-9]{1,2})%$"
_DNS_LABEL = rf"^{_LABEL}$"
_DNS_SUBDOMAIN = rf"^{_LABEL}(\.{_LABEL})*$"
_ABSOLUTE_PATH = r"^/[^:]*$"
CRON_SCHEDULE = r"^(@(yearly|annually|monthly|weekly|daily|midnight|hourly)|@every [0-9].*|[^\s=]+( +[^\s=]+){4})$"

MEANING = {
    _QUANTITY: "a quantity such as 100m, 0.5 or 128Mi",
    _DURATION: "a duration such as 500ms, 30s or 1h30m",
    _PERCENT: "a number, or a percentage from 0% to 100%",
    _DNS_LABEL: "lower-case letters, digits and dashes, with a letter or digit at both ends",
    _DNS_SUBDOMAIN: "lower-case letters, digits, dashes and dots, with a letter or digit at both ends",
    CRON_SCHEDULE: "five fields (30 4 * * *), or @hourly, @daily and the like; the zone goes into timeZone",
    _ABSOLUTE_PATH: "a path that begins with / and has no colon in it",
}
"""What each pattern asks for, in words."""

Quantity = Annotated[
    str,
    StringConstraints(pattern=_QUANTITY, max_length=64),
    BeforeValidator(_number_to_text),
    Field(json_schema_extra=INT_OR_STRING),
]
"""A Kubernetes quantity (``100m``, ``1Gi``, ``0.5``): resource.Quantity's grammar; a bare number is taken as text."""

Duration = Annotated[str, StringConstraints(pattern=_DURATION, max_length=32)]
"""A duration as Kubernetes writes it (``30s``, ``1m30s``, ``1h``): Go's time.ParseDuration, without a sign.

Six digits a unit: a hundred years in hours, which neither int32 seconds nor a moment in time has trouble with.
"""

IntOrPercent = Annotated[
    Annotated[Int, Field(ge=0)] | Annotated[str, StringConstraints(pattern=_PERCENT, max_length=4)],
    Field(json_schema_extra=INT_OR_STRING),
]
"""A count, or a percentage of the wanted replicas (``25%``)."""

DnsLabel = Annotated[str, StringConstraints(pattern=_DNS_LABEL, min_length=1, max_length=63)]
"""An RFC 1123 label."""

DnsSubdomain = Annotated[str, StringConstraints(pattern=_DNS_SUBDOMAIN, min_length=1, max_length=253)]
"""An RFC 1123 subdomain: the name of most Kubernetes objects."""

PortName = Annotated[str, StringConstraints(pattern=_DNS_LABEL, min_length=1, max_length=15)]
"""An IANA service name, as a container port's name must be."""

PortNumber = Annotated[Int, Field(ge=1, le=65535)]
"""A TCP, UDP or SCTP port."""

IntOrName = Annotated[PortNumber | PortName, Field(json_schema_extra=INT_OR_STRING)]
"""A port by number, or by its name in ``ports``."""

AbsolutePath = Annotated[str, StringConstraints(pattern=_ABSOLUTE_PATH, min_length=2, max_length=4096)]
"""A path inside the container."""

Time = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
"""An RFC 3339 moment in UTC, as metav1.Time writes it."""


Labels = Annotated[dict[str, str], Field(max_length=64)]
"""Labels or annotations."""


class LocalRef(Model):
    """An object in the same namespace, by name."""

    name: DnsSubdomain
    """Name of the object."""
