"""Documents that are about to reach a cluster: read, placed in a namespace, checked, and tried by the API server.

What is wrong with any of them is told before anything is changed.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from wharfinger.api.builtin import HTTP_ROUTE
from wharfinger.api.kinds import STACK
from wharfinger.api.resource import Key, key_of
from wharfinger.cli.documents import Document
from wharfinger.cli.errors import BadInputError, CommandError
from wharfinger.cli.kube import MANAGER, Kube, resource_of
from wharfinger.cli.render import render_document, tell
from wharfinger.engine.errors import Conflict, Invalid, NotFound

Object = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A document, and what the API server would make of it."""

    source: str
    body: Object
    """What is sent: the document with its namespace."""
    live: Object | None
    """The workload as it is now."""
    result: Object
    """The workload as it would be: the answer to a dry run."""

    @property
    def key(self) -> Key:
        """Namespace and name."""
        return key_of(self.body)

    @property
    def changes(self) -> bool:
        """Whether anything would be another than it is."""
        return self.live is None or substance(self.live) != substance(self.result)


def placed(document: Document, *, given: str | None, default: str) -> Document:
    """The document with a namespace: its own, the one ``given`` on the command line, or the context's.

    Raises BadInputError where the first two differ, as kubectl has it: it is not clear which is meant.
    """
    metadata = document.content.get("metadata")
    own = metadata.get("namespace") if isinstance(metadata, dict) else None
    if own and given and own != given:
        raise BadInputError(f"{document.source}: its namespace is {own}, and --namespace says {given}")
    if not isinstance(metadata, dict):
        return document
    return Document(
        document.source, {**document.content, "metadata": {**metadata, "namespace": own or given or default}}
    )


async def proposed(kube: Kube, read: Sequence[Document], *, namespace: str | None, force: bool) -> list[Proposal]:
    """All documents, placed, checked and tried. ``namespace`` is the one on the command line. Raises as these do."""
    documents = [placed(document, given=namespace, default=kube.namespace) for document in read]
    await check(kube, documents)
    return await propose(kube, documents, force=force)


async def check(kube: Kube, documents: Sequence[Document]) -> None:
    """Tell the findings of all documents on standard error. Raises BadInputError if one of them is an error."""
    served = await kube.client.discover(HTTP_ROUTE.group, HTTP_ROUTE.version)
    wrong = []
    for document in documents:
        if STACK.describes(document.content):
            continue  # what its documents say is for `stack deploy` and the operator; the API server judges the rest
        namespace = (document.content.get("metadata") or {}).get("namespace", "")
        _, findings = render_document(document, namespace=namespace, http_route=HTTP_ROUTE.plural in served)
        if tell(document.source, findings):
            wrong.append(document.source)
    if wrong:
        raise BadInputError(f"nothing was done, because of the errors in {', '.join(wrong)}")


async def propose(kube: Kube, documents: Sequence[Document], *, force: bool) -> list[Proposal]:
    """Let the API server try every document, without keeping anything.

    Raises BadInputError for one that it finds wrong, CommandError for one that conflicts with another field manager.
    """
    return list(await asyncio.gather(*(_propose(kube, document, force=force) for document in documents)))


async def _propose(kube: Kube, document: Document, *, force: bool) -> Proposal:
    body, resource = document.content, resource_of(document.content)
    try:
        live = await kube.client.get(resource, *key_of(body))
    except NotFound:
        live = None
    try:
        result = await kube.client.apply(resource, body, manager=MANAGER, force=force, dry_run=True)
    except Conflict as error:
        raise CommandError(f"{document.source}: {conflicts(error)}") from error
    except Invalid as error:
        raise BadInputError(f"{document.source}: {refusal(error)}") from error
    return Proposal(source=document.source, body=body, live=live, result=result)


def conflicts(error: Conflict) -> str:
    """Who else has set which fields, and what to do about it."""
    fields: dict[str, list[str]] = {}
    for cause in error.causes:
        manager = cause.message.removeprefix("conflict with ").split(" using ")[0].replace('"', "")
        fields.setdefault(manager, []).append(cause.field.removeprefix("."))
    if not fields:
        return error.message
    told = "; ".join(f"{manager} has set {', '.join(names)}" for manager, names in fields.items())
    return f"{told} (--force-conflicts takes them over; leaving them out of the document leaves them alone)"


def refusal(error: Invalid) -> str:
    """What the API server does not like, field by field."""
    if not error.causes:
        return error.message
    return "; ".join(f"{cause.field}: {cause.message}" for cause in error.causes)


def substance(workload: Object) -> Object:
    """What a person wrote of a workload: without what the API server and the operator keep there."""
    metadata = workload["metadata"]
    kept = ("name", "namespace", "labels", "annotations", "finalizers", "ownerReferences")
    own = {"apiVersion": workload.get("apiVersion"), "kind": workload.get("kind")}
    return own | {
        "metadata": {field: metadata[field] for field in kept if metadata.get(field)},
        "spec": workload.get("spec", {}),
    }
