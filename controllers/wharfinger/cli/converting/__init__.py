"""``wharfinger convert``: Compose files and Swarm stacks as ContainerWorkloads, without a cluster.

Everything or nothing: while anything has an error, no object is written, so that the output can be piped to
``kubectl apply`` safely.
"""

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wharfinger.cli.console import Format
from wharfinger.cli.errors import BAD_INPUT
from wharfinger.cli.options import Output

if TYPE_CHECKING:
    from wharfinger.api.status import Finding

Object = dict[str, Any]


class To(StrEnum):
    """What to write."""

    workloads = "workloads"
    kubernetes = "kubernetes"


class DialectName(StrEnum):
    """Whose rules count."""

    compose = "compose"
    stack = "stack"


def convert(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Compose files, merged in their order.")],
    *,
    to: Annotated[
        To, typer.Option("--to", help="ContainerWorkloads, or the Kubernetes objects that they stand for.")
    ] = To.workloads,
    env_file: Annotated[
        list[str] | None,
        typer.Option("--env-file", help="Variables for interpolation; .env beside the first file if absent."),
    ] = None,
    env: Annotated[
        list[str] | None,
        typer.Option("--env", "-e", metavar="NAME[=VALUE]", help="A variable; by its name alone, with our own value."),
    ] = None,
    profile: Annotated[list[str] | None, typer.Option("--profile", help="A profile to turn on; * for all.")] = None,
    dialect: Annotated[
        DialectName | None,
        typer.Option("--dialect", help="Rules of docker compose, or of docker stack; by content if absent."),
    ] = None,
    namespace: Annotated[str, typer.Option("--namespace", "-n", help="Namespace of the objects.")] = "default",
    project_name: Annotated[
        str | None, typer.Option("--project-name", "-p", help="The project; its directory's name if absent.")
    ] = None,
    storage_class: Annotated[
        str | None, typer.Option("--storage-class", help="Class of volumes; the cluster's default if absent.")
    ] = None,
    storage_size: Annotated[str, typer.Option("--storage-size", help="Size of volumes.")] = "1Gi",
    registry: Annotated[
        str | None,
        typer.Option("--registry", help="Where images are that `build` speaks of: registry.example.com/shop."),
    ] = None,
    output: Output = Format.yaml,
) -> None:
    """Convert Compose files and Swarm stacks. Offline; what is not honoured goes to standard error.

    Exit code 2, and no object printed, if something is wrong.
    """
    from wharfinger.cli.converting import reading
    from wharfinger.cli.objects import print_objects
    from wharfinger.compose.convert import convert as converted
    from wharfinger.compose.part import Defaults

    asked = reading.Asked(
        files=files,
        env_files=env_file,
        env=env or [],
        profiles=profile or [],
        dialect=dialect.value if dialect else None,
        project_name=project_name,
    )
    source = reading.gathered(asked).source()
    conversion = converted(
        reading.parsed(source),
        namespace=namespace,
        files=source.files,
        dialect=dialect.value if dialect else None,
        defaults=Defaults(storage_class=storage_class, storage_size=storage_size, registry=registry),
        operator=to is not To.kubernetes,
    )
    tell(conversion.findings)
    if conversion.refused:
        raise typer.Exit(BAD_INPUT)
    objects = list(conversion.objects)
    print_objects(_rendered(objects, namespace) if to is To.kubernetes else objects, output)


def tell(findings: "Iterable[Finding]") -> None:
    """A line for each on standard error, as compilers have it: place, severity, attribute, what is so."""
    for finding in findings:
        place, message = re.match(r"(\S+:\d+:\d+: )?(.*)", finding.message, re.DOTALL).groups("")  # type: ignore[union-attr]
        about = f"{finding.path}: " if finding.path else ""
        typer.echo(f"{place}{finding.severity}: {about}{message}", err=True)


def _rendered(objects: list[Object], namespace: str) -> list[Object]:
    """What ContainerWorkloads stand for, in their place; the other objects as they are."""
    from wharfinger.cli.documents import Document
    from wharfinger.cli.render import KIND, render_document, tell

    made: list[Object] = []
    wrong = False
    for each in objects:
        if each["kind"] != KIND:
            made.append(each)
            continue
        name = each["metadata"]["name"]
        rendered, findings = render_document(Document(name, each), namespace=namespace, http_route=False)
        wrong = tell(name, findings) or wrong
        made += rendered
    if wrong:
        raise typer.Exit(BAD_INPUT)
    return made
