"""What a diff needs from the API server, and the differences of one document."""

import asyncio

from wharfinger.api.builtin import CONFIG_MAP, CONTROLLER_REVISION, HTTP_ROUTE
from wharfinger.api.kinds import CONTAINER_WORKLOAD
from wharfinger.api.labels import INSTANCE_LABEL
from wharfinger.api.parse import InvalidSpec, parse
from wharfinger.cli import console
from wharfinger.cli.diff.meaning import Meaning, Object, Surroundings, meaning
from wharfinger.cli.diff.text import Difference
from wharfinger.cli.kube import Kube
from wharfinger.cli.names import full
from wharfinger.cli.proposals import Proposal, substance
from wharfinger.engine.errors import Forbidden, NotFound
from wharfinger.reconcilers.content import DIGEST, trim_content
from wharfinger.render import referenced
from wharfinger.rollout import Standing, standing


async def differences(kube: Kube, proposal: Proposal) -> list[Difference]:
    """The workload's own difference, then those of its objects; only those that there are."""
    namespace, name = proposal.key
    before = substance(proposal.live) if proposal.live else None
    found = [Difference(f"{namespace}/{full(name)}", before, substance(proposal.result))]
    meant = await _meaning(kube, proposal)
    found += [
        Difference(f"{namespace}/{each}", meant.before.get(each), meant.after.get(each))
        for each in dict.fromkeys((*meant.before, *meant.after))
    ]
    if meant.remark:
        console.remark(f"{name}: {meant.remark}")
    return [each for each in found if each.lines]


async def _meaning(kube: Kube, proposal: Proposal) -> Meaning:
    around = await _surroundings(kube, proposal)
    try:
        return meaning(proposal.live, proposal.result, around)
    except InvalidSpec:
        # The document was checked: it is the workload in the cluster that an older Wharfinger or CRD let in.
        console.remark(f"{proposal.key[1]}: as it is now it cannot be rendered; all its objects are shown as new")
        return meaning(None, proposal.result, around)


async def _surroundings(kube: Kube, proposal: Proposal) -> Surroundings:
    namespace, name = proposal.key
    served, records, digests, dependencies = await asyncio.gather(
        kube.client.discover(HTTP_ROUTE.group, HTTP_ROUTE.version),
        kube.client.list(CONTROLLER_REVISION, namespace, label_selector=f"{INSTANCE_LABEL}={name}"),
        _digests(kube, proposal),
        _dependencies(kube, proposal),
    )
    uid = (proposal.live or {"metadata": {}})["metadata"].get("uid")
    own = [record for record in records if _controlled_by(record, uid)]
    return Surroundings(records=own, digests=digests, http_route=HTTP_ROUTE.plural in served, dependencies=dependencies)


def _controlled_by(record: Object, uid: str | None) -> bool:
    references = record["metadata"].get("ownerReferences", ())
    return any(each.get("controller") and each["uid"] == uid for each in references)


async def _dependencies(kube: Kube, proposal: Proposal) -> dict[str, Standing]:
    """The workloads that it depends on, before and after, as far as they are there."""
    specs = [obj.get("spec", {}) for obj in (proposal.live, proposal.result) if obj]
    found: dict[str, Standing] = {}
    for name in {each["name"] for spec in specs for each in spec.get("dependsOn") or ()}:
        try:
            shown = standing(await kube.client.get(CONTAINER_WORKLOAD, proposal.key[0], name))
        except NotFound:
            continue
        if shown is not None:
            found[name] = shown
    return found


async def _digests(kube: Kube, proposal: Proposal) -> dict[tuple[str, str], str]:
    """As the operator knows them: of the ConfigMaps that exist. Secrets are nobody's business here."""
    names = {name for kind, name in referenced(parse(proposal.result)) if kind == CONFIG_MAP.kind}
    found: dict[tuple[str, str], str] = {}
    for name in names:
        try:
            found[CONFIG_MAP.kind, name] = trim_content(await kube.client.get(CONFIG_MAP, proposal.key[0], name))[
                DIGEST
            ]
        except (NotFound, Forbidden):
            continue
    return found
