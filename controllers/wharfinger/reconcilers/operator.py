"""The whole operator: the controllers of all kinds, in one process."""

from __future__ import annotations

from wharfinger.api.kinds import CONTAINER_WORKLOAD, NODE_POLICY
from wharfinger.engine.controller import Controller
from wharfinger.engine.operator import Settings, run_operator
from wharfinger.engine.trim import shallow
from wharfinger.reconcilers import nodepolicy, watches, workload
from wharfinger.reconcilers.admission import admit


def controllers(
    settings: Settings, *, watch_secrets: bool = False, node_policies: bool = False
) -> tuple[Controller, ...]:
    """The controllers that `settings` ask for.

    Nodes and content of Secrets are watched only where that is allowed. Nodes belong to no namespace: an operator of
    single namespaces does not read them, and has no NodePolicies.
    """
    everywhere = not settings.namespaces
    return (
        Controller(
            name=CONTAINER_WORKLOAD.plural,
            resource=CONTAINER_WORKLOAD,
            reconcile=workload.reconcile,
            troubled=workload.troubled,
            trim=shallow,
            watches=watches.watches(secrets=watch_secrets, nodes=everywhere),
            indexes={watches.BY_REFERENCE: watches.references},
            admit=admit,
        ),
        *((_node_policies(),) if node_policies and everywhere else ()),
    )


def _node_policies() -> Controller:
    policies = nodepolicy.NodePolicies()
    return Controller(
        name=NODE_POLICY.plural,
        resource=NODE_POLICY,
        reconcile=policies.reconcile,
        troubled=policies.troubled,
        trim=shallow,
        watches=nodepolicy.WATCHES,
    )


def run(settings: Settings, *, watch_secrets: bool = False, node_policies: bool = False) -> None:
    """Run until SIGTERM. Raises SystemExit when the Lease is lost."""
    run_operator(settings, controllers(settings, watch_secrets=watch_secrets, node_policies=node_policies))
