"""The checks: pure functions of the facts, in the order in which one would look."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from wharfinger.cli.doctor.facts import Facts
from wharfinger.cli.doctor.operator import leader, node_policies, operator_pods, operator_rights, user_rights
from wharfinger.cli.doctor.room import limit_ranges, namespace, quotas
from wharfinger.cli.doctor.server import api_server, clocks, definitions
from wharfinger.cli.doctor.surroundings import metrics, routes, storage, unseen
from wharfinger.cli.doctor.verdict import Check

CHECKS: Final[tuple[Callable[[Facts], Iterator[Check]], ...]] = (
    api_server,
    clocks,
    definitions,
    leader,
    operator_pods,
    operator_rights,
    node_policies,
    user_rights,
    metrics,
    storage,
    routes,
    namespace,
    quotas,
    limit_ranges,
    unseen,
)


def examined(facts: Facts) -> list[Check]:
    """Every check; the first alone, where the API server does not answer."""
    chosen = CHECKS[:1] if facts.unreachable else CHECKS
    return [check for look in chosen for check in look(facts)]
