"""The image that builds images: buildah and what it needs, from this machine's packages, in the place of buildah's own.

As in that image, ``newuidmap`` and ``newgidmap`` have the one capability each that they need, by their files, and the
user ``build`` (1000) has user ids to give away.
"""

from __future__ import annotations

import os
import shutil
import struct
from pathlib import Path

from wharfinger.cluster.images import Directory, Entry, File, Image, Link, libraries

PACKAGES = ("buildah", "uidmap")
"""The Debian packages of what is not on every machine."""
PROGRAMS = ("buildah", "newuidmap", "newgidmap")

_TOOLS = ("sh", "cat", "tar", "mkdir", "git")
_SETGID, _SETUID = 6, 7
"""Numbers of capabilities(7)."""
_CAPABILITIES = {"newuidmap": _SETUID, "newgidmap": _SETGID}
_ONE_ID_EACH = b"build:1:999\nbuild:1001:64535\n"
_POLICY = b'{"default": [{"type": "insecureAcceptAnything"}]}\n'


def builder() -> Image:
    """The image."""
    tools = [tool for tool in _TOOLS if shutil.which(tool)]
    found = [Path(shutil.which(name) or "") for name in (*PROGRAMS, *tools)]
    entries: dict[str, Entry] = {
        **{f"bin/{path.name}": _program(path) for path in found},
        **{library.lstrip("/"): _plain(Path(library)) for path in found for library in libraries(path)},
        "etc/subuid": File(_ONE_ID_EACH),
        "etc/subgid": File(_ONE_ID_EACH),
        "etc/passwd": File(b"root:x:0:0:root:/root:/bin/sh\nbuild:x:1000:1000::/home/build:/bin/sh\n"),
        "etc/group": File(b"root:x:0:\nbuild:x:1000:\n"),
        "etc/nsswitch.conf": File(b"passwd: files\ngroup: files\nhosts: files dns\n"),
        "etc/containers/policy.json": File(_POLICY),
        "etc/containers/registries.conf": File(b'unqualified-search-registries = ["docker.io"]\n'),
        "usr/bin": Link("../bin"),
        "var/tmp": Directory(0o1777),
        "tmp": Directory(0o1777),
    }
    return Image(entries, environment={"PATH": "/bin"}, user="1000")


def _program(path: Path) -> File:
    capability = _CAPABILITIES.get(path.name)
    attributes = {} if capability is None else {"security.capability": _effective(capability)}
    return File(path.read_bytes(), 0o755, attributes)


def _effective(capability: int) -> bytes:
    """struct vfs_cap_data, revision 2, with the effective bit: permitted and inheritable, the low words first."""
    return struct.pack("<5I", 0x02000001, 1 << capability, 0, 0, 0)


def _plain(path: Path) -> File:
    return File(path.read_bytes(), 0o755 if os.access(path, os.X_OK) else 0o644)
