"""NodePolicy, from event to status. Read `reconcile` first: it is the whole of what happens to a policy.

- `policy` reads policies, and says which of them holds a node.
- `marks` is what is written on a node, and how it is taken back.
- `leaving` says of each pod on a drained node whether it goes, and if not, why.
- `plan` puts these together, `report` tells of them; both pure.
- `memory` is what a process remembers of the drains under way; the status has what a successor needs.
- `watching` says what wakes a policy.
"""

from wharfinger.reconcilers.nodepolicy.reconcile import NodePolicies
from wharfinger.reconcilers.nodepolicy.watching import WATCHES

__all__ = ["WATCHES", "NodePolicies"]
