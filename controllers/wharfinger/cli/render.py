"""``wharfinger render``: what a workload means in Kubernetes' terms, without a cluster.

Everything or nothing: while any document has an error, no object is written, so that the output can be piped to
``kubectl apply`` safely.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wharfinger.cli.console import Format
from wharfinger.cli.errors import BAD_INPUT, BadInputError
from wharfinger.cli.options import Output

if TYPE_CHECKING:
    from wharfinger.api.status import Finding
    from wharfinger.cli.documents import Document

Object = dict[str, Any]

KIND = "ContainerWorkload"


def render(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Files, directories, or - for standard input.")],
    namespace: Annotated[
        str, typer.Option("--namespace", "-n", help="Namespace of documents that name none.")
    ] = "default",
    output: Output = Format.yaml,
    http_route: Annotated[
        bool, typer.Option("--http-route", help="Render as for a cluster that has the Gateway API.")
    ] = False,
) -> None:
    """Show the Kubernetes objects that ContainerWorkloads stand for. Offline; findings go to standard error.

    Exit code 2, and no object printed, if a document is wrong.
    """
    from wharfinger.cli.documents import read_documents
    from wharfinger.cli.objects import print_objects

    rendered: list[Object] = []
    wrong = False
    for document in read_documents(files):
        objects, findings = render_document(document, namespace=namespace, http_route=http_route)
        wrong = tell(document.source, findings) or wrong
        rendered += objects
    if wrong:
        raise typer.Exit(BAD_INPUT)
    print_objects(rendered, output)


def render_document(
    document: "Document", *, namespace: str, http_route: bool
) -> "tuple[list[Object], tuple[Finding, ...]]":
    """The objects that one document stands for, and what there is to say about it; no objects where that is an error.

    Raises BadInputError for another kind than ContainerWorkload.
    """
    from wharfinger.api.parse import InvalidSpec, parse
    from wharfinger.render import Options, checked, file_maps, findings, objects, template

    try:
        workload = checked(parse(_placed(document, namespace)))
    except InvalidSpec as invalid:
        return [], tuple(invalid.findings)
    running = template(workload)
    autoscale = workload.spec.autoscale
    scaled = autoscale is not None and autoscale.enabled  # then replicas are the autoscaler's from the start
    options = Options(replicas=None if scaled else workload.spec.replicas, http_route=http_route)
    rendered = [*file_maps(workload, running), *objects(workload, running, options=options)]
    return rendered, tuple(findings(workload, options))


def tell(source: str, findings: "Iterable[Finding]") -> bool:
    """A line for each on standard error. True if one of them is an error."""
    wrong = False
    for finding in findings:
        typer.echo(f"{source}: {finding.severity}: {finding.path}: {finding.message}", err=True)
        wrong = wrong or finding.severity == "error"
    return wrong


def _placed(document: "Document", namespace: str) -> Object:
    """The document with a namespace, as the API server would have set it."""
    from wharfinger.api import API_VERSION

    content = document.content
    kind = f"{content.get('apiVersion', '')} {content['kind']}".strip()
    if kind != f"{API_VERSION} {KIND}":
        raise BadInputError(f"{document.source}: is {kind}; render takes {API_VERSION} {KIND}")
    metadata = content.get("metadata")
    if not isinstance(metadata, dict) or not metadata.get("name"):
        raise BadInputError(f"{document.source}: metadata.name is missing")
    return {**content, "metadata": {"namespace": namespace, **metadata}}
