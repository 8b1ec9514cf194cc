"""The groups of attributes: each a module with what becomes of its attributes, and the function that does it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from wharfinger.compose.groups import (
    build,
    claims,
    contents,
    deploy,
    health,
    hooks,
    identity,
    kompose,
    lifecycle,
    naming,
    networks,
    order,
    ports,
    process,
    project,
    resolving,
    resources,
    security,
    swarm,
    volumes,
)
from wharfinger.compose.part import Context, Group, Part
from wharfinger.compose.rows import Row

GROUPS: Final[tuple[Group, ...]] = (
    process.part,
    build.part,
    identity.part,
    lifecycle.part,
    order.part,
    health.part,
    hooks.part,
    ports.part,
    naming.part,
    networks.part,
    resolving.part,
    resources.part,
    security.part,
    volumes.part,
    contents.part,
    deploy.part,
    kompose.part,
)
"""For each service."""

TOP_LEVEL: Final[tuple[Callable[[Context], Part], ...]] = (
    project.top_level,
    swarm.top_level,
    networks.top_level,
    claims.top_level,
    contents.top_level,
    security.top_level,
)
"""For what stands beside `services`, once a project."""

ROWS: Final[tuple[Row, ...]] = (
    *project.ROWS,
    *process.ROWS,
    *build.ROWS,
    *identity.ROWS,
    *lifecycle.ROWS,
    *order.ROWS,
    *health.ROWS,
    *hooks.ROWS,
    *ports.ROWS,
    *naming.ROWS,
    *networks.ROWS,
    *resolving.ROWS,
    *resources.ROWS,
    *security.ROWS,
    *volumes.ROWS,
    *claims.ROWS,
    *contents.ROWS,
    *deploy.ROWS,
)
"""Of all groups: what becomes of each attribute."""
