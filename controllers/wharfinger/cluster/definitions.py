"""Custom resource definitions that a cluster has from its start."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path

import yaml

from wharfinger.cluster.client import Client, Object
from wharfinger.cluster.errors import ClusterError
from wharfinger.cluster.supervisor import START_TIMEOUT, wait_until

_COLLECTION = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_KIND = "CustomResourceDefinition"


def apply_definitions(client: Client, paths: Sequence[Path]) -> None:
    """Apply every CustomResourceDefinition of the files, and of the YAML files of the directories; wait until each is
    established. Documents of other kinds are passed over, so that a directory of manifests will do.

    Raises ClusterError when a path does not exist, or holds no definition, or the API server refuses one.
    """
    for path in paths:
        found = [document for document in _documents(_files(path)) if document.get("kind") == _KIND]
        if not found:
            raise ClusterError(f"{path} has no {_KIND}")
        establish(client, found)


def establish(client: Client, definitions: Sequence[Object]) -> None:
    """Apply CustomResourceDefinitions, and wait until the API server serves what they define."""
    names = [definition["metadata"]["name"] for definition in definitions]
    for name, definition in zip(names, definitions, strict=True):
        client.apply(f"{_COLLECTION}/{name}", definition)
    for name in names:
        if not wait_until(partial(_is_established, client, name), timeout=START_TIMEOUT):
            raise ClusterError(f"{_KIND} {name} is not established after {START_TIMEOUT:.0f} s")


def _files(path: Path) -> list[Path]:
    if not path.exists():
        raise ClusterError(f"there is no {path}")
    return sorted(path.glob("*.y*ml")) if path.is_dir() else [path]


def _documents(files: Iterable[Path]) -> Iterator[Object]:
    for file in files:
        try:
            yield from (document for document in yaml.safe_load_all(file.read_text()) if isinstance(document, dict))
        except yaml.YAMLError as error:
            raise ClusterError(f"{file} is no YAML: {error}") from error


def _is_established(client: Client, name: str) -> bool:
    conditions = client.get(f"{_COLLECTION}/{name}").get("status", {}).get("conditions") or ()
    return any(condition["type"] == "Established" and condition["status"] == "True" for condition in conditions)
