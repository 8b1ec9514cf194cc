"""The files of a build as ConfigMaps: a tar, in pieces that a ConfigMap can hold."""

from __future__ import annotations

import io
import tarfile
from base64 import b64encode
from collections.abc import Mapping
from typing import Final

PIECE: Final = 900_000
"""Bytes of a piece: a ConfigMap holds a mebibyte with everything."""
MOST: Final = 4 << 20
"""Bytes of an archive."""


def archive(files: Mapping[str, str]) -> bytes:
    """A tar of the files. The same files give the same bytes: times, owners and the order are fixed.

    Not compressed, since what a library compresses differs from version to version. A script may be run: its mode is
    not known here.
    """
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path, text in sorted(files.items()):
            content = text.encode()
            member = tarfile.TarInfo(path)
            member.size, member.mode = len(content), 0o755 if text.startswith("#!") else 0o644
            tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def pieces(content: bytes) -> list[str]:
    """Base64, piece by piece, as `binaryData` takes it."""
    return [b64encode(content[start : start + PIECE]).decode() for start in range(0, len(content), PIECE)]
