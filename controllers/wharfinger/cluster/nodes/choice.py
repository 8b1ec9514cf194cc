"""Which kind of node to make, and why."""

from dataclasses import dataclass

from wharfinger.cluster.errors import ClusterError
from wharfinger.cluster.nodes.driver import NodeDriver, NoNode
from wharfinger.cluster.nodes.real import requirements
from wharfinger.cluster.nodes.real.node import RealNode
from wharfinger.cluster.nodes.simulated import SimulatedNodes
from wharfinger.cluster.options import NodeKind, Options

_DRIVERS: dict[NodeKind, type[NodeDriver]] = {
    NodeKind.REAL: RealNode,
    NodeKind.SIMULATED: SimulatedNodes,
    NodeKind.NONE: NoNode,
}


@dataclass(frozen=True, slots=True)
class Choice:
    """A kind that is not ``auto``, and the reason as a clause for a person."""

    node: NodeKind
    reason: str


def choose(options: Options) -> Choice:
    """Decide what ``auto`` comes to, and install what a real node lacks.

    Raises ClusterError when a real node is asked for and cannot be.
    """
    if options.node is NodeKind.REAL:
        _require_real(options)
    if options.node is not NodeKind.AUTO:
        return Choice(options.node, "as asked")
    try:
        _require_real(options)
    except ClusterError as error:
        return Choice(NodeKind.SIMULATED, f"not real: {error}")
    return Choice(NodeKind.REAL, "root, with containerd and runc")


def driver_for(kind: NodeKind) -> NodeDriver:
    """What makes nodes of a kind."""
    return _DRIVERS[kind]()


def _require_real(options: Options) -> None:
    if options.nodes > 1:
        raise ClusterError("a real node is only one, simulated ones can be many")
    if reason := requirements.obstacle():
        raise ClusterError(f"this machine cannot run a real node: {reason}")
    if missing := requirements.missing_packages():
        requirements.install(missing)
