"""Add a cluster's kubeconfig to the user's own."""

import os
from pathlib import Path
from typing import Any

import yaml

from wharfinger.cluster.errors import ClusterError

_LISTS = ("clusters", "users", "contexts")


def user_kubeconfig() -> Path:
    """The file that kubectl would write to: the first of ``$KUBECONFIG``, else ``~/.kube/config``."""
    first = os.environ.get("KUBECONFIG", "").split(os.pathsep)[0]
    return Path(first) if first else Path.home() / ".kube/config"


def merge_into(target: Path, source: Path) -> None:
    """Put the entries of ``source`` into ``target``, replacing by name, and make its context current."""
    _replace(target, merge(_read(target), _read(source)))


def remove_from(target: Path, source: Path) -> None:
    """Take the entries of ``source`` out of ``target``; it is not written when it has none of them."""
    present = _read(target)
    kept = unmerge(present, _read(source))
    if kept != present:
        _replace(target, kept)


def merge(present: dict[str, Any], added: dict[str, Any]) -> dict[str, Any]:
    """Both kubeconfigs as one; entries of ``added`` win by name, everything else of ``present`` stays."""
    merged = {**present, **{key: added[key] for key in ("apiVersion", "kind", "current-context")}}
    for key in _LISTS:
        names = {entry["name"] for entry in added[key]}
        merged[key] = [entry for entry in present.get(key) or [] if entry["name"] not in names] + added[key]
    return merged


def unmerge(present: dict[str, Any], removed: dict[str, Any]) -> dict[str, Any]:
    """``present`` without the entries of ``removed``; its current context goes if it was one of them."""
    kept = dict(present)
    for key in _LISTS:
        names = {entry["name"] for entry in removed.get(key) or []}
        if key in present:
            kept[key] = [entry for entry in present[key] or [] if entry["name"] not in names]
    if removed and kept.get("current-context") == removed["current-context"]:
        kept["current-context"] = ""
    return kept


def _read(path: Path) -> dict[str, Any]:
    content = yaml.safe_load(path.read_text()) if path.exists() else {}
    if not isinstance(content or {}, dict):
        raise ClusterError(f"{path} is no kubeconfig")
    return content or {}


def _replace(target: Path, content: dict[str, Any]) -> None:
    """Write the file anew, at once and for its owner only."""
    target.parent.mkdir(parents=True, exist_ok=True)
    scratch = target.with_name(f".{target.name}.wharfinger")
    scratch.touch(mode=0o600)
    scratch.write_text(yaml.safe_dump(content, sort_keys=False))
    scratch.replace(target)
