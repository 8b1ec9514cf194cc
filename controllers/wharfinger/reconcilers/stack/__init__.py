"""Stack, from event to status. Read `reconcile` first: it is the whole of what happens to a Stack.

- `reading` reads Stacks.
- `sources` says what a Stack refers to, and puts its documents together for the parser; `contents` reads that.
- `conversion` parses and converts, once for each content, away from the event loop.
- `patience` says how long to leave alone what the parser could not read in time.
- `children` makes of a conversion the objects that the Stack owns.
- `report` tells of it, service by service.
- `watching` says what wakes a Stack.
"""

from wharfinger.reconcilers.stack.reconcile import Stacks
from wharfinger.reconcilers.stack.watching import BY_CONTENT, by_content, watches

__all__ = ["BY_CONTENT", "Stacks", "by_content", "watches"]
