"""The groups of attributes: each a module with what becomes of its attributes, and the function that does it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from wharfinger.compose.groups import process
from wharfinger.compose.part import Context, Group, Part
from wharfinger.compose.rows import Row

GROUPS: Final[tuple[Group, ...]] = (process.part,)
"""For each service."""

TOP_LEVEL: Final[tuple[Callable[[Context], Part], ...]] = ()
"""For what stands beside `services`, once a project."""

ROWS: Final[tuple[Row, ...]] = (*process.ROWS,)
"""Of all groups: what becomes of each attribute."""
