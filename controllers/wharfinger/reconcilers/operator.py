"""The whole operator: the controllers of all kinds, in one process."""

from __future__ import annotations

from functools import partial

from wharfinger.api.kinds import CONTAINER_WORKLOAD
from wharfinger.engine.controller import Controller
from wharfinger.engine.operator import Settings, run_operator
from wharfinger.engine.trim import shallow
from wharfinger.reconcilers import watches, workload
from wharfinger.reconcilers.admission import admit
from wharfinger.reconcilers.alarms import Alarms


def controllers(
    settings: Settings, *, watch_secrets: bool = False, watch_nodes: bool | None = None, prometheus: str | None = None
) -> tuple[Controller, ...]:
    """The controllers that `settings` ask for.

    Nodes and content of Secrets are watched only where that is allowed: nodes belong to no namespace, so an operator
    of single namespaces does not read them, unless `watch_nodes` says so. `prometheus` is the URL that alarms are asked
    of.
    """
    nodes = not settings.namespaces if watch_nodes is None else watch_nodes
    return (
        Controller(
            name=CONTAINER_WORKLOAD.plural,
            resource=CONTAINER_WORKLOAD,
            reconcile=partial(workload.reconcile, alarms=Alarms(prometheus) if prometheus else None),
            troubled=workload.troubled,
            trim=shallow,
            watches=watches.watches(secrets=watch_secrets, nodes=nodes),
            indexes={watches.BY_REFERENCE: watches.references, watches.PER_NODE: watches.per_node},
            admit=admit,
        ),
    )


def run(settings: Settings, *, watch_secrets: bool = False, prometheus: str | None = None) -> None:
    """Run until SIGTERM. Raises SystemExit when the Lease is lost."""
    run_operator(settings, controllers(settings, watch_secrets=watch_secrets, prometheus=prometheus))
