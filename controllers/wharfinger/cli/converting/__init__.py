"""``wharfinger convert``: Compose files and Swarm stacks as ContainerWorkloads, without a cluster.

Everything or nothing: while anything has an error, no object is written, so that the output can be piped to
``kubectl apply`` safely.
"""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from wharfinger.cli.console import Format
from wharfinger.cli.converting import options
from wharfinger.cli.converting.options import Kinds, Retention, To
from wharfinger.cli.errors import BAD_INPUT, BadInputError
from wharfinger.cli.options import Output

if TYPE_CHECKING:
    from wharfinger.api.status import Finding

Object = dict[str, Any]


def convert(
    files: options.Files,
    *,
    to: options.Target = To.workloads,
    kinds: options.Made = Kinds.workloads,
    output_dir: options.OutputDir = None,
    force: options.Force = False,
    env_file: options.EnvFile = None,
    env: options.Env = None,
    profile: options.Profile = None,
    dialect: options.DialectOption = None,
    namespace: options.ObjectsNamespace = "default",
    project_name: options.ProjectName = None,
    storage_class: options.StorageClass = None,
    storage_size: options.StorageSize = "1Gi",
    volume_retention: options.VolumeRetention = Retention.retain,
    ingress_class: options.IngressClass = None,
    registry: options.Registry = None,
    image_pull_secret: options.ImagePullSecret = None,
    service_account: options.ServiceAccount = None,
    output: Output = Format.yaml,
) -> None:
    """Convert Compose files and Swarm stacks. Offline; what is not honoured goes to standard error.

    Exit code 2, and nothing written, if something is wrong.
    """
    from wharfinger.cli.converting import reading
    from wharfinger.cli.objects import print_objects
    from wharfinger.compose.convert import convert as converted
    from wharfinger.compose.part import Defaults

    directory = _directory(to, output_dir)
    asked = reading.Asked(
        files=files,
        env_files=env_file,
        env=env or [],
        profiles=profile or [],
        dialect=dialect.value if dialect else None,
        project_name=project_name,
    )
    source = reading.gathered(asked).source()
    document = reading.parsed(source)
    conversion = converted(
        document,
        namespace=namespace,
        files=source.files,
        dialect=dialect.value if dialect else None,
        defaults=Defaults(
            storage_class=storage_class,
            storage_size=storage_size,
            volume_retention=volume_retention.value,
            ingress_class=ingress_class,
            registry=registry,
            image_pull_secrets=tuple(image_pull_secret or ()),
            service_account=service_account,
        ),
        operator=to is not To.kubernetes,
    )
    tell(conversion.findings)
    if conversion.refused:
        raise typer.Exit(BAD_INPUT)
    objects = list(conversion.objects)
    if to is To.kubernetes or (directory and kinds is Kinds.kubernetes):
        objects = _rendered(objects, namespace)
    if directory is None:
        print_objects(objects, output)
    else:
        _pack(to, directory, reading.project_name(str(document.project.get("name"))), objects, force=force)


def _directory(to: To, given: Path | None) -> Path | None:
    """Where files go; None where all is printed."""
    if (to in (To.helm, To.kustomize)) == (given is not None):
        return given
    if given:
        raise BadInputError("--output-dir is for --to helm and --to kustomize; the rest goes to standard output")
    raise BadInputError(f"--to {to.value} writes several files: name their directory by --output-dir")


def _pack(to: To, directory: Path, project: str, objects: list[Object], *, force: bool) -> None:
    """Write a chart, or a base."""
    from wharfinger.cli.converting import helm, kustomize, writing

    files = helm.chart(project, objects) if to is To.helm else kustomize.base(objects)
    writing.write(directory, files, force=force)
    typer.echo(f"{directory}: {len(files)} files written", err=True)


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
