"""Write a bundle: all of it, or nothing where the API server would refuse the Stack."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wharfinger.api.builtin import BY_KIND
from wharfinger.api.resource import Key, key_of
from wharfinger.cli.documents import Document
from wharfinger.cli.errors import BadInputError
from wharfinger.cli.kube import MANAGER, Kube
from wharfinger.cli.proposals import propose, refusal
from wharfinger.cli.stack.brought import owned
from wharfinger.cli.stack.bundle import Bundle
from wharfinger.cli.stack.sweeping import sweep
from wharfinger.engine.errors import Invalid

Object = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """A Stack that was written."""

    stack: Object
    done: str
    """created, configured or unchanged, as kubectl says it."""

    @property
    def key(self) -> Key:
        """Namespace and name."""
        return key_of(self.stack)


async def deployed(kube: Kube, bundle: Bundle, *, force: bool) -> Deployed:
    """Write the objects that the Stack brings, then the Stack. What is there first is never without what it needs.

    In the end those go that earlier deploys brought, and that nothing refers to any more.

    Raises BadInputError where one is refused, CommandError for a conflict with another field manager.
    """
    from wharfinger.cli.apply import applied, outcome

    name = bundle.stack["metadata"]["name"]
    (proposal,) = await propose(kube, [Document(f"stack {name}", bundle.stack)], force=force)
    await _bring(kube, bundle, proposal.live)
    stack = await applied(kube, proposal, force=force)
    if proposal.live is None:
        await _bring(kube, bundle, stack)
    else:
        await sweep(kube, bundle, proposal.live)
    return Deployed(stack=stack, done=outcome(proposal))


async def _bring(kube: Kube, bundle: Bundle, stack: Object | None) -> None:
    """With the Stack as their owner, where there is one already."""
    for brought in bundle.brought:
        resource = BY_KIND[brought["apiVersion"], brought["kind"]]
        body = owned(brought, stack) if stack else brought
        try:
            await kube.client.apply(resource, body, manager=MANAGER, force=True)
        except Invalid as error:
            raise BadInputError(f"{brought['kind']} {brought['metadata']['name']}: {refusal(error)}") from error
