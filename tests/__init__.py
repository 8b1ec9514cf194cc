"""Tests: unit (pure), integration (real API server), e2e (real node), bench; `support` and `faults` serve them."""
