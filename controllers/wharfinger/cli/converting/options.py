"""What ``wharfinger convert`` takes."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class To(StrEnum):
    """What to write."""

    workloads = "workloads"
    kubernetes = "kubernetes"
    helm = "helm"
    kustomize = "kustomize"


class Kinds(StrEnum):
    """Of what a chart or a base is made."""

    workloads = "workloads"
    kubernetes = "kubernetes"


class Retention(StrEnum):
    """Whether volumes stay."""

    retain = "Retain"
    delete = "Delete"


class DialectName(StrEnum):
    """Whose rules count."""

    compose = "compose"
    stack = "stack"


Files = Annotated[list[str], typer.Argument(metavar="FILE...", help="Compose files, merged in their order.")]
Target = Annotated[
    To,
    typer.Option(
        "--to",
        help="ContainerWorkloads; the Kubernetes objects that they stand for; a Helm chart, or Kustomize's base.",
    ),
]
Made = Annotated[Kinds, typer.Option("--kinds", help="What is in a chart or base.")]
OutputDir = Annotated[
    Path | None, typer.Option("--output-dir", metavar="DIR", help="Where a chart or base goes.", show_default=False)
]
Force = Annotated[bool, typer.Option("--force", help="Overwrite files there that were changed, or are another's.")]
EnvFile = Annotated[
    list[str] | None,
    typer.Option("--env-file", help="Variables for interpolation; .env beside the first file if absent."),
]
Env = Annotated[
    list[str] | None,
    typer.Option("--env", "-e", metavar="NAME[=VALUE]", help="A variable; by its name alone, with our own value."),
]
Profile = Annotated[list[str] | None, typer.Option("--profile", help="A profile to turn on; * for all.")]
DialectOption = Annotated[
    DialectName | None,
    typer.Option("--dialect", help="Rules of docker compose, or of docker stack; by content if absent."),
]
ObjectsNamespace = Annotated[str, typer.Option("--namespace", "-n", help="Namespace of the objects.")]
ProjectName = Annotated[
    str | None, typer.Option("--project-name", "-p", help="The project; its directory's name if absent.")
]
StorageClass = Annotated[
    str | None, typer.Option("--storage-class", help="Class of volumes; the cluster's default if absent.")
]
StorageSize = Annotated[str, typer.Option("--storage-size", help="Size of volumes.")]
VolumeRetention = Annotated[
    Retention, typer.Option("--volume-retention", help="Whether volumes stay when the rest is removed.")
]
IngressClass = Annotated[
    str | None, typer.Option("--ingress-class", help="Class of Ingresses; the cluster's default if absent.")
]
Registry = Annotated[
    str | None,
    typer.Option("--registry", help="Where images are that `build` speaks of: registry.example.com/shop."),
]
ImagePullSecret = Annotated[
    list[str] | None, typer.Option("--image-pull-secret", metavar="NAME", help="A Secret for pulling all images.")
]
ServiceAccount = Annotated[
    str | None, typer.Option("--service-account", metavar="NAME", help="The pods' account, which must exist.")
]
