"""Wheels for one platform, with the Go programs in them, and what those are made of."""
