"""Borrowed types take what the API server takes, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from kubernetes.client.models.v1_container import V1Container
from kubernetes.client.models.v1_env_var import V1EnvVar
from kubernetes.client.models.v1_pod_spec import V1PodSpec
from pydantic import ValidationError

from wharfinger.api.borrow import borrow
from wharfinger.api.schema import structural

CONTAINER = borrow(V1Container)


def test_only_json_names_are_taken() -> None:
    CONTAINER.model_validate({"name": "a", "workingDir": "/"})
    with pytest.raises(ValidationError, match="working_dir"):
        CONTAINER.model_validate({"name": "a", "working_dir": "/"})


def test_the_clients_own_model_is_left_alone() -> None:
    borrow(V1EnvVar)
    assert V1EnvVar.model_validate({"name": "a", "value_from": {}}).value_from is not None


@pytest.mark.parametrize("amount", [1, 0.5, "100m", "1Gi", "1e3"])
def test_quantities(amount: Any) -> None:
    CONTAINER.model_validate({"name": "a", "resources": {"limits": {"cpu": amount}}})


@pytest.mark.parametrize("amount", ["1x", "", "1 Gi", True, None, []])
def test_no_quantities(amount: Any) -> None:
    with pytest.raises(ValidationError):
        CONTAINER.model_validate({"name": "a", "resources": {"limits": {"cpu": amount}}})


def test_other_text_is_no_number() -> None:
    with pytest.raises(ValidationError):
        CONTAINER.model_validate({"name": "a", "image": 1})


def test_whole_needs_what_is_required() -> None:
    with pytest.raises(ValidationError, match="name"):
        CONTAINER.model_validate({"image": "a"})


def test_partial_needs_nothing_at_any_depth() -> None:
    partial = borrow(V1PodSpec, partial=True)
    partial.model_validate({})
    partial.model_validate({"containers": [{"livenessProbe": {"httpGet": {}}, "env": None}]})


def test_partial_still_knows_its_fields() -> None:
    with pytest.raises(ValidationError, match="resorces"):
        borrow(V1PodSpec, partial=True).model_validate({"containers": [{"resorces": {}}]})


def test_descriptions_are_a_sentence() -> None:
    description = structural(CONTAINER)["properties"]["env"]["description"]
    assert description == "List of environment variables to set in the container."


def test_a_selector_is_taken_over_as_a_whole() -> None:
    source = structural(borrow(V1EnvVar))["properties"]["valueFrom"]["properties"]
    assert source["secretKeyRef"]["x-kubernetes-map-type"] == "atomic"
