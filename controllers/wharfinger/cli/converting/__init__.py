"""``wharfinger convert``: Compose files and Swarm stacks as ContainerWorkloads, without a cluster.

Everything or nothing: while anything has an error, no object is written, so that the output can be piped to
``kubectl apply`` safely.
"""

import os
import re
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wharfinger.cli.console import Format
from wharfinger.cli.errors import BAD_INPUT, BadInputError
from wharfinger.cli.options import Output

if TYPE_CHECKING:
    from wharfinger.api.status import Finding
    from wharfinger.compose.parser import Document, Source

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
    from wharfinger.cli.objects import print_objects
    from wharfinger.compose.convert import convert as converted
    from wharfinger.compose.part import Defaults

    source = _source(
        files,
        env_files=env_file,
        env=env or [],
        profiles=profile or [],
        dialect=dialect,
        project_name=project_name,
    )
    conversion = converted(
        _read(source),
        namespace=namespace,
        files=source.files,
        dialect=dialect.value if dialect else None,
        defaults=Defaults(storage_class=storage_class, storage_size=storage_size, registry=registry),
        operator=to is not To.kubernetes,
    )
    _tell(conversion.findings)
    if conversion.refused:
        raise typer.Exit(BAD_INPUT)
    objects = list(conversion.objects)
    print_objects(_rendered(objects, namespace) if to is To.kubernetes else objects, output)


def _source(
    names: list[str],
    *,
    env_files: list[str] | None,
    env: list[str],
    profiles: list[str],
    dialect: DialectName | None,
    project_name: str | None,
) -> "Source":
    """All that the parser may need, read from disk."""
    from wharfinger.cli.converting import files
    from wharfinger.compose.parser import Source

    root, texts = files.documents(names)
    variables = dict(_variable(each) for each in env)
    seen = _env_files(root, env_files, dialect)
    known = _roughly("\n".join(seen.values())) | variables
    return Source(
        documents=list(texts),
        files=files.referred(root, texts, known) | seen | texts,
        name=_project_name(project_name or root.name),
        environment=variables,
        env_files=list(seen),
        profiles=profiles,
        dialect=dialect.value if dialect else "compose",
    )


def _env_files(root: Path, named: list[str] | None, dialect: DialectName | None) -> dict[str, str]:
    """Text by path: those named, else ``.env``, which `docker stack` does not read."""
    from wharfinger.cli.documents import read_text

    if named is not None:
        return {f".env-file-{number}": read_text(Path(name)) for number, name in enumerate(named)}
    beside = root / ".env"
    return {".env": read_text(beside)} if beside.is_file() and dialect is not DialectName.stack else {}


def _variable(text: str) -> tuple[str, str]:
    """``NAME=VALUE``, or ``NAME`` with the value that it has here."""
    name, given, value = text.partition("=")
    if not given and name not in os.environ:
        raise BadInputError(f"--env {name}: is not set here; write {name}=VALUE")
    return name, value if given else os.environ[name]


def _roughly(text: str) -> dict[str, str]:
    """Variables of env files, as far as it takes to find files by them; the parser reads them for good."""
    pairs = re.findall(r"^\s*(?:export\s+)?(\w+)\s*=\s*[\"']?([^\"'\s#]*)", text, re.MULTILINE)
    return dict(pairs)


def _project_name(text: str) -> str:
    """As Docker makes it of a directory's name."""
    return re.sub(r"[^a-z0-9_-]", "", text.lower()).lstrip("_-") or "project"


def _read(source: "Source") -> "Document":
    from wharfinger.cli.converting.program import program
    from wharfinger.compose.parser import ComposeError, Parser

    parser = Parser(program())
    try:
        return parser.parse(source)
    except ComposeError as error:
        raise BadInputError(str(error)) from error
    finally:
        parser.close()


def _tell(findings: "Iterable[Finding]") -> None:
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
