"""What ConfigMaps and Secrets that a workload refers to contain, kept as digests only.

A change of content must roll the pods, so the operator needs to know *that* it changed, not what it says. The watch
keeps nothing but a digest, keyed by the object's uid: it is the same after a restart of the operator (else each restart
would roll every pod), and a short secret cannot be looked up in a table made beforehand.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

Object = dict[str, Any]

DIGEST = "wharfingerDigest"
"""The only field kept of a ConfigMap's or Secret's content."""


def trim_content(obj: Object) -> Object:
    """A ConfigMap or Secret without its content: metadata that names it, and a digest of `data` and `binaryData`."""
    metadata = obj["metadata"]
    kept = {field: metadata[field] for field in ("name", "namespace", "uid", "resourceVersion") if field in metadata}
    return {"metadata": kept, DIGEST: _digest(obj, key=metadata.get("uid", ""))}


def _digest(obj: Object, *, key: str) -> str:
    digest = blake2b(digest_size=8, key=key.encode()[:64])
    for part in ("data", "binaryData", "stringData"):
        for name, value in sorted((obj.get(part) or {}).items()):
            for text in (part, name, value):
                encoded = text.encode()
                digest.update(len(encoded).to_bytes(8, "big"))
                digest.update(encoded)
    return digest.hexdigest()
