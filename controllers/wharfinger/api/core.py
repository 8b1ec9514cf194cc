"""Built-in Kubernetes types inside our own: checked against the official client's models, kept as the JSON written.

``env`` *is* a list of core/v1 EnvVar, ``resources`` *is* a core/v1 ResourceRequirements. Borrowing the models that the
`kubernetes` distribution generates from Kubernetes' OpenAPI keeps the shapes right without a copy of them here, and
keeping the value as a plain ``dict`` means that what the user wrote is what is rendered: nothing is lost in between,
and nothing is added. Only numbers that stand for quantities become the strings that Kubernetes stores.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any

from kubernetes.client.models.v1_env_from_source import V1EnvFromSource
from kubernetes.client.models.v1_env_var import V1EnvVar
from kubernetes.client.models.v1_exec_action import V1ExecAction
from kubernetes.client.models.v1_grpc_action import V1GRPCAction
from kubernetes.client.models.v1_http_get_action import V1HTTPGetAction
from kubernetes.client.models.v1_label_selector import V1LabelSelector
from kubernetes.client.models.v1_persistent_volume_claim_spec import V1PersistentVolumeClaimSpec
from kubernetes.client.models.v1_pod_spec import V1PodSpec
from kubernetes.client.models.v1_resource_requirements import V1ResourceRequirements
from kubernetes.client.models.v1_service_spec import V1ServiceSpec
from kubernetes.client.models.v1_tcp_socket_action import V1TCPSocketAction
from kubernetes.client.models.v2_horizontal_pod_autoscaler_behavior import V2HorizontalPodAutoscalerBehavior
from kubernetes.client.models.v2_metric_spec import V2MetricSpec
from pydantic import BaseModel, GetCoreSchemaHandler, GetJsonSchemaHandler, ValidatorFunctionWrapHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from wharfinger.api.borrow import borrow

_AS_IT_IS = core_schema.plain_serializer_function_ser_schema(lambda value: value)


@dataclass(frozen=True)
class Shape:
    """Marks a ``dict`` as a built-in Kubernetes type: checked against `model`, its schema taken from there."""

    model: type[BaseModel]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_wrap_validator_function(
            _check_and_keep, handler.generate_schema(borrow(self.model)), serialization=_AS_IT_IS
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return handler(schema["schema"])


def _check_and_keep(value: Any, check: ValidatorFunctionWrapHandler) -> Any:
    checked: BaseModel = check(value)
    return checked.model_dump(exclude_unset=True, exclude_none=True)


EnvVar = Annotated[dict[str, Any], Shape(V1EnvVar)]
EnvFromSource = Annotated[dict[str, Any], Shape(V1EnvFromSource)]
ResourceRequirements = Annotated[dict[str, Any], Shape(V1ResourceRequirements)]
LabelSelector = Annotated[dict[str, Any], Shape(V1LabelSelector)]
HTTPGetAction = Annotated[dict[str, Any], Shape(V1HTTPGetAction)]
TCPSocketAction = Annotated[dict[str, Any], Shape(V1TCPSocketAction)]
GRPCAction = Annotated[dict[str, Any], Shape(V1GRPCAction)]
ExecAction = Annotated[dict[str, Any], Shape(V1ExecAction)]
ServiceSpec = Annotated[dict[str, Any], Shape(V1ServiceSpec)]
PersistentVolumeClaimSpec = Annotated[dict[str, Any], Shape(V1PersistentVolumeClaimSpec)]
MetricSpec = Annotated[dict[str, Any], Shape(V2MetricSpec)]
AutoscaleBehavior = Annotated[dict[str, Any], Shape(V2HorizontalPodAutoscalerBehavior)]


@cache
def partial_pod_spec() -> type[BaseModel]:
    """core/v1 PodSpec as a patch may write it: any part of it may be absent. Made on first use: it is large."""
    return borrow(V1PodSpec, partial=True)
