"""What a workload's document asks for that will not happen as written, said before anything runs.

A policy chain: each rule is a small generator that looks at one thing; `findings` is all that they say, in their order.
An ``error`` stops the resource; a ``warning`` names what is ignored or bound to disappoint; an ``info`` a choice made.
"""

from __future__ import annotations

from wharfinger.api.containerworkload import Workload
from wharfinger.api.status import Finding
from wharfinger.render.findings import exposure, operation, tasks, volumes
from wharfinger.render.findings.rule import Rule
from wharfinger.render.options import Options

_RULES: tuple[Rule, ...] = (*exposure.RULES, *operation.RULES, *volumes.RULES, *tasks.RULES)


def findings(workload: Workload, options: Options) -> list[Finding]:
    """All that there is to say about the workload beyond its schema."""
    return [finding for rule in _RULES for finding in rule(workload, options)]
