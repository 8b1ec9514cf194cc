"""The whole operator: the controllers of all kinds, in one process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from wharfinger.api.kinds import CONTAINER_WORKLOAD, NODE_POLICY, STACK
from wharfinger.engine.controller import Controller
from wharfinger.engine.operator import Settings, run_operator
from wharfinger.engine.trim import shallow
from wharfinger.reconcilers import dependencies, nodepolicy, stack, watches, workload
from wharfinger.reconcilers.admission import admit
from wharfinger.reconcilers.alarms import Alarms
from wharfinger.reconcilers.prometheus import Prometheus


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """What an installation allows or brings, beyond what every one has."""

    watch_secrets: bool = False
    """Watch the content of Secrets, so that a change of it rolls pods."""
    watch_nodes: bool | None = None
    """Watch Nodes; by default where all namespaces are looked after, since nodes belong to none."""
    node_policies: bool = False
    """Keep NodePolicies, where all namespaces are looked after."""
    prometheus: Prometheus | None = None
    """The one that alarms are asked of."""
    start_image: str = ""
    """Image that holds the start program of tasks."""
    compose: Callable[[], Path] | None = None
    """Where the program is that reads Compose documents; asked once, when the first Stack needs it. None: no Stacks."""
    stack_secrets: bool = False
    """Make Secrets of what Stacks say, and read those that they name. It implies `watch_secrets`."""


def controllers(settings: Settings, features: Features | None = None) -> tuple[Controller, ...]:
    """The controllers that are asked for. Nodes and content of Secrets are watched only where that is allowed."""
    chosen = features or Features()
    everywhere = not settings.namespaces
    nodes = everywhere if chosen.watch_nodes is None else chosen.watch_nodes
    return (
        _workloads(chosen, nodes=nodes),
        *((_stacks(chosen.compose, secrets=chosen.stack_secrets),) if chosen.compose else ()),
        *((_node_policies(),) if chosen.node_policies and everywhere else ()),
    )


def run(settings: Settings, features: Features | None = None) -> None:
    """Run until SIGTERM. Raises SystemExit when the Lease is lost."""
    run_operator(settings, controllers(settings, features))


def _workloads(features: Features, *, nodes: bool) -> Controller:
    alarms = Alarms(features.prometheus) if features.prometheus else None
    return Controller(
        name=CONTAINER_WORKLOAD.plural,
        resource=CONTAINER_WORKLOAD,
        reconcile=partial(workload.reconcile, alarms=alarms, start_image=features.start_image),
        troubled=workload.troubled,
        trim=shallow,
        watches=watches.watches(secrets=features.watch_secrets or features.stack_secrets, nodes=nodes),
        indexes={
            watches.BY_REFERENCE: watches.references,
            watches.PER_NODE: watches.per_node,
            dependencies.BY_DEPENDENCY: dependencies.dependencies,
        },
        wakes=dependencies.dependents,
        owned=True,
        admit=partial(admit, start_image=features.start_image),
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


def _stacks(program: Callable[[], Path], *, secrets: bool) -> Controller:
    stacks = stack.Stacks(program, secrets=secrets)
    return Controller(
        name=STACK.plural,
        resource=STACK,
        reconcile=stacks.reconcile,
        troubled=stacks.troubled,
        trim=shallow,
        watches=stack.watches(secrets=secrets),
        indexes={stack.BY_CONTENT: stack.by_content},
    )
