"""Read a ContainerWorkload: the object as the API server sends it, or as a file has it, into a `Workload`.

The API server has already checked what it stores against the CRD. Reading checks again, by the same models, since a
document may come from a file, and an object may have been stored under an older CRD. What it cannot take it says as
findings, all of them at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from wharfinger.api import API_VERSION
from wharfinger.api.containerworkload import ContainerWorkloadSpec, Workload
from wharfinger.api.findings import error_at, findings
from wharfinger.api.kinds import CONTAINER_WORKLOAD, NAME_RULES
from wharfinger.api.schema import structural
from wharfinger.api.status import Finding


class InvalidSpec(ValueError):  # noqa: N818 - reads as what it is where it is caught
    """A document that cannot be read; `findings` says why, each with its path."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__("; ".join(f"{finding.path}: {finding.message}" for finding in findings))
        self.findings = findings


def parse(obj: Any) -> Workload:
    """The workload that a document describes. Raises `InvalidSpec`, never anything else."""
    _require(_kind_problems(obj))
    metadata = obj["metadata"]
    workload = Workload(
        name=metadata["name"],
        namespace=metadata.get("namespace") or "default",
        spec=_spec(obj.get("spec")),
        uid=metadata.get("uid", ""),
        generation=metadata.get("generation", 0),
        labels=metadata.get("labels") or {},
        annotations=metadata.get("annotations") or {},
    )
    _require(_name_problems(workload))
    return workload


def _require(problems: tuple[Finding, ...]) -> None:
    if problems:
        raise InvalidSpec(problems)


def _kind_problems(obj: Any) -> tuple[Finding, ...]:
    if not isinstance(obj, Mapping):
        return (error_at("", "InvalidType", "must be an object with apiVersion, kind, metadata and spec"),)
    if obj.get("apiVersion") != API_VERSION:
        return (error_at("apiVersion", "UnknownKind", f"must be {API_VERSION}"),)
    if obj.get("kind") != CONTAINER_WORKLOAD.kind:
        return (error_at("kind", "UnknownKind", f"must be {CONTAINER_WORKLOAD.kind}"),)
    metadata = obj.get("metadata")
    if not isinstance(metadata, Mapping) or not isinstance(metadata.get("name"), str):
        return (error_at("metadata.name", "MissingField", "required: the name of the workload"),)
    return ()


def _spec(spec: Any) -> ContainerWorkloadSpec:
    try:
        return ContainerWorkloadSpec.model_validate(spec, by_alias=True, by_name=False)
    except ValidationError as error:
        problems = findings(error, spec, root="spec", schema=structural(ContainerWorkloadSpec))
    raise InvalidSpec(problems)


def _name_problems(workload: Workload) -> tuple[Finding, ...]:
    broken = [rule for rule in NAME_RULES if rule.holds and not rule.holds(workload)]
    return tuple(error_at("metadata.name", "RuleViolated", rule.message) for rule in broken)
