"""Where things are kept: what can be made again under the cache, what runs now under the state directory."""

import os
from pathlib import Path


def cache_dir() -> Path:
    """``$WHARFINGER_CACHE``, else ``$XDG_CACHE_HOME/wharfinger``, else ``~/.cache/wharfinger``."""
    return _directory("WHARFINGER_CACHE", "XDG_CACHE_HOME", ".cache")


def state_dir() -> Path:
    """``$WHARFINGER_STATE``, else ``$XDG_STATE_HOME/wharfinger``, else ``~/.local/state/wharfinger``."""
    return _directory("WHARFINGER_STATE", "XDG_STATE_HOME", ".local/state")


def clusters_dir() -> Path:
    """One directory a cluster, named after it."""
    return state_dir() / "clusters"


def _directory(own: str, base: str, default: str) -> Path:
    """The first of: our own variable, the XDG base directory variable, the XDG default; always absolute."""
    if value := os.environ.get(own):
        return Path(value).absolute()
    return Path(os.environ.get(base) or Path.home() / default).absolute() / "wharfinger"
