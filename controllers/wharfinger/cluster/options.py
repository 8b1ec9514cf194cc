"""What a cluster shall be: the choices a caller makes, kept with the cluster so that any later command knows them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from wharfinger.cluster.nodekind import NodeKind

__all__ = ["NAME_PATTERN", "NodeKind", "Options"]

NAME_PATTERN = r"^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$"
"""A DNS label: the name becomes a directory, a kubeconfig context and part of node names."""


class Options(BaseModel):
    """How a cluster is made. Frozen: a running cluster keeps the options that it was started with."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    node: NodeKind = NodeKind.AUTO
    nodes: Annotated[int, Field(ge=1, le=5000)] = 1
    """How many nodes; only simulated ones can be more than one."""
    controller_qps: Annotated[int, Field(ge=1)] = 300
    """Requests a second that the controller manager may send (its own default, 20, makes every test wait for it)."""
    extra_args: Mapping[str, Mapping[str, str]] = {}
    """Component name to flags without dashes, such as ``{"kube-apiserver": {"v": "4"}}``; they win over ours."""
    crds: tuple[Path, ...] = ()
    """Files, or directories of YAML files, whose CustomResourceDefinitions are established when the cluster is up."""
