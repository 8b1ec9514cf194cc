"""Options that the verbs of ``wharfinger stack`` share, by docker's names."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from wharfinger.cli.completing import stack_names
from wharfinger.cli.converting.options import DialectName, Env, IngressClass, StorageClass
from wharfinger.cli.converting.options import DialectOption as Dialect
from wharfinger.cli.converting.options import EnvFile as EnvFiles
from wharfinger.cli.converting.options import Profile as Profiles

if TYPE_CHECKING:
    from wharfinger.cli.converting.reading import Asked

__all__ = ["Dialect", "Env", "EnvFiles", "IngressClass", "Profiles", "StorageClass"]

Object = dict[str, Any]


Name = Annotated[str, typer.Argument(metavar="STACK", help="The stack.", autocompletion=stack_names)]
Names = Annotated[list[str], typer.Argument(metavar="STACK...", help="The stacks.", autocompletion=stack_names)]
ComposeFiles = Annotated[
    list[str],
    typer.Option("--compose-file", "-c", metavar="FILE", help="A Compose file, - for standard input; several merge."),
]
StorageSize = Annotated[
    str | None, typer.Option("--storage-size", help="Size of volumes that do not say theirs; 1Gi if absent.")
]
RegistryName = Annotated[
    str | None, typer.Option("--registry", help="Where `build` pushes to: registry.example.com/shop.")
]
PullSecrets = Annotated[
    list[str] | None,
    typer.Option("--image-pull-secret", metavar="SECRET", help="A Secret of the namespace, to pull images with."),
]
ServiceAccount = Annotated[
    str | None, typer.Option("--service-account", help="Whose rights the pods have, beside those of a service's own.")
]
Prefix = Annotated[bool, typer.Option("--prefix/--no-log-prefix", help="Begin each line with its pod.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Only IDs.")]
NoTrunc = Annotated[bool, typer.Option("--no-trunc", help="As docker's: nothing is cut here in any case.")]
Filters = Annotated[
    list[str] | None, typer.Option("--filter", "-f", metavar="KEY=VALUE", help="As docker's; several of a key are or.")
]


def asked(
    files: Sequence[str],
    *,
    env_file: Sequence[str] | None,
    env: Sequence[str] | None,
    profile: Sequence[str] | None,
    dialect: DialectName | None,
    project_name: str | None = None,
) -> "Asked":
    """What the command line says of documents."""
    from wharfinger.cli.converting.reading import Asked

    return Asked(
        files=files,
        env_files=env_file,
        env=env or (),
        profiles=profile or (),
        dialect=dialect.value if dialect else None,
        project_name=project_name,
    )


def defaults(
    *,
    storage_class: str | None,
    storage_size: str | None,
    ingress_class: str | None,
    registry: str | None,
    image_pull_secret: Sequence[str] | None,
    service_account: str | None,
) -> Object:
    """`spec.defaults` of what the command line says."""
    said = {
        "storageClassName": storage_class,
        "storageSize": storage_size,
        "ingressClassName": ingress_class,
        "registry": registry,
        "imagePullSecrets": [{"name": name} for name in image_pull_secret or ()],
        "serviceAccountName": service_account,
    }
    return {name: value for name, value in said.items() if value}


class DockerCommand(TyperCommand):
    """A command whose flags may be written as docker's: ``--detach=false``, ``--prune=true``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """With ``--detach=false`` as ``--no-detach``, and ``--detach=true`` as ``--detach``."""
        flags = {name: each for each in self.params if getattr(each, "is_flag", False) for name in each.opts}
        return super().parse_args(ctx, [word for arg in args for word in _plain(arg, flags)])


def _plain(arg: str, flags: dict[str, Any]) -> list[str]:
    name, given, value = arg.partition("=")
    flag = flags.get(name)
    if not given or flag is None or value.lower() not in ("true", "false", "1", "0"):
        return [arg]
    if value.lower() in ("true", "1"):
        return [name]
    return [flag.secondary_opts[0]] if flag.secondary_opts else []
