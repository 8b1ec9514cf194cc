"""The whole operator: the controllers of all kinds, in one process."""

from __future__ import annotations

from functools import partial

from wharfinger.api.kinds import CONTAINER_WORKLOAD
from wharfinger.engine.controller import Controller
from wharfinger.engine.operator import Settings, run_operator
from wharfinger.engine.trim import shallow
from wharfinger.reconcilers import watches, workload
from wharfinger.reconcilers.admission import admit


def controllers(settings: Settings, *, watch_secrets: bool = False, start_image: str = "") -> tuple[Controller, ...]:
    """The controllers that `settings` ask for. `start_image` holds the start program of tasks.

    Nodes and content of Secrets are watched only where that is allowed: nodes belong to no namespace, so an operator
    of single namespaces does not read them.
    """
    return (
        Controller(
            name=CONTAINER_WORKLOAD.plural,
            resource=CONTAINER_WORKLOAD,
            reconcile=partial(workload.reconcile, start_image=start_image),
            troubled=workload.troubled,
            trim=shallow,
            watches=watches.watches(secrets=watch_secrets, nodes=not settings.namespaces),
            indexes={watches.BY_REFERENCE: watches.references, watches.PER_NODE: watches.per_node},
            admit=partial(admit, start_image=start_image),
        ),
    )


def run(settings: Settings, *, watch_secrets: bool = False, start_image: str = "") -> None:
    """Run until SIGTERM. Raises SystemExit when the Lease is lost."""
    run_operator(settings, controllers(settings, watch_secrets=watch_secrets, start_image=start_image))
