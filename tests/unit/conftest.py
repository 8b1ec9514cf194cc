"""Unit tests are pure; Hypothesis' deadline is off, since the machine that runs them may be busy with a cluster."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("unit", deadline=None)
settings.load_profile("unit")
