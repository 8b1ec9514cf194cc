"""What the reconcile will say about a ContainerWorkload, said before it is stored."""

from __future__ import annotations

from datetime import datetime

from wharfinger.api.parse import InvalidSpec, parse
from wharfinger.api.resource import Object
from wharfinger.api.status import Finding
from wharfinger.engine.stores import Stores
from wharfinger.reconcilers.course import course
from wharfinger.reconcilers.reading import status_of
from wharfinger.reconcilers.view import gather
from wharfinger.render import checked, findings, template


def admit(stores: Stores, obj: Object, now: datetime, *, start_image: str = "") -> tuple[Finding, ...]:
    """The findings that the status will have; those that make a document unreadable are errors among them.

    Nothing is taken from, or put into, what the reconcile remembers by uid and generation: a dry run, or one of two
    changes at the same time, has the generation of the document that is stored in the end.
    """
    try:
        workload = checked(parse(obj))
    except InvalidSpec as invalid:
        return invalid.findings
    view = gather(stores, workload, status_of(obj), now=now, start_image=start_image)
    found = course(view, template(workload, digests=view.digests, stamps=view.restarted_with))
    return found.findings(findings(workload, found.options))
