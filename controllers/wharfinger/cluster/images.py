"""Small container images made without any engine, and pushed to a registry: OCI image format and distribution 1.1.

An image here is one layer made from files of this machine. The same files give the same digest: times, owners and the
order of entries are fixed.
"""

import hashlib
import io
import json
import platform
import re
import subprocess
import tarfile
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wharfinger.cluster.errors import ClusterError

MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar"

_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
_TIMEOUT = 60.0


@dataclass(frozen=True, slots=True)
class File:
    """A regular file: its content, permission bits, and extended attributes, such as ``security.capability``."""

    content: bytes
    mode: int = 0o644
    attributes: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Link:
    """A symbolic link."""

    target: str


@dataclass(frozen=True, slots=True)
class Directory:
    """An empty directory."""

    mode: int = 0o755


Entry = File | Link | Directory


@dataclass(frozen=True, slots=True)
class Image:
    """What an image holds and how it runs; paths have no leading slash."""

    entries: Mapping[str, Entry]
    entrypoint: Sequence[str] = ()
    command: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    user: str = ""


def demo(program: Path, *, version: str = "1") -> Image:
    """The demo server (`go/demo`) as the only file: a web server on port 8080, and the tools that it lists."""
    return Image(
        {"demo": File(program.read_bytes(), 0o755), "tmp": Directory(0o1777)},
        entrypoint=("/demo",),
        environment={"VERSION": version, "PATH": "/"},
        user="65532",
    )


def pause(program: Path) -> Image:
    """A Pod's sandbox: it waits."""
    return Image({"pause": File(program.read_bytes(), 0o755)}, entrypoint=("/pause",), user="65535")


def busybox(program: Path = Path("/bin/busybox")) -> Image:
    """A shell and the usual tools. The dynamic busybox, with its libraries: the static one cannot resolve names.

    Debian 12's own wget in it ends with a segmentation fault when it is given a time-out (``-T``), anywhere.
    """
    tools = subprocess.run([program, "--list"], capture_output=True, text=True, check=True).stdout.split()
    entries: dict[str, Entry] = {
        "bin/busybox": File(program.read_bytes(), 0o755),
        **{f"bin/{tool}": Link("busybox") for tool in tools if tool != "busybox"},
        **{library.lstrip("/"): File(Path(library).read_bytes(), 0o755) for library in libraries(program)},
        "etc/nsswitch.conf": File(b"hosts: files dns\n"),
        "etc/passwd": File(b"root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n"),
        "etc/group": File(b"root:x:0:\nnobody:x:65534:\n"),
        "root": Directory(0o700),
        "tmp": Directory(0o1777),
        "var/www": Directory(),
    }
    return Image(entries, command=("sh",), environment={"PATH": "/bin"})


def libraries(program: Path) -> list[str]:
    """The shared libraries that a program is loaded with, its loader included."""
    listed = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    return sorted(set(re.findall(r"(/\S+) \(0x", listed)))


def layer(entries: Mapping[str, Entry]) -> bytes:
    """The entries as an uncompressed tar, parents before children, everything owned by root at the epoch."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path, entry in sorted(_with_parents(entries).items()):
            member, content = _member(path, entry)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def push(image: Image, *, registry: str, repository: str, tag: str, headers: Mapping[str, str] | None = None) -> str:
    """Upload an image to ``registry`` (a URL) and return the manifest's digest, ``sha256:…``.

    ``headers`` go with each request, such as an Authorization. Raises ClusterError when the registry refuses.
    """
    tar = layer(image.entries)  # not compressed: it only travels over loopback
    config = json.dumps(_config(image, diff_id=digest(tar)), sort_keys=True).encode()
    manifest = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPE,
            "config": _descriptor(CONFIG_TYPE, config),
            "layers": [_descriptor(LAYER_TYPE, tar)],
        }
    ).encode()
    return _upload(f"{registry}/v2/{repository}", manifest, (config, tar), tag=tag, headers=headers or {})


def push_layout(
    directory: Path, *, registry: str, repository: str, tag: str, headers: Mapping[str, str] | None = None
) -> str:
    """Upload the one image of an OCI image layout, as ``buildah push IMAGE oci:DIRECTORY`` writes it; as `push`.

    Raises ClusterError for a directory that holds anything but one image, or when the registry refuses.
    """

    def blob(descriptor: Mapping[str, Any]) -> bytes:
        return (directory / "blobs" / str(descriptor["digest"]).replace(":", "/")).read_bytes()

    found = json.loads((directory / "index.json").read_text())["manifests"]
    if [each["mediaType"] for each in found] != [MANIFEST_TYPE]:
        raise ClusterError(f"{directory} holds {len(found)} entries; it must be the layout of one OCI image")
    manifest = blob(found[0])
    said = json.loads(manifest)
    blobs = (blob(each) for each in (said["config"], *said["layers"]))
    return _upload(f"{registry}/v2/{repository}", manifest, blobs, tag=tag, headers=headers or {})


def digest(content: bytes) -> str:
    """The content's address: ``sha256:`` and 64 hexadecimal digits."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def architecture() -> str:
    """This machine's, by the names of Go and OCI."""
    machine = platform.machine()
    return _ARCHITECTURES.get(machine, machine)


def _upload(base: str, manifest: bytes, blobs: Iterable[bytes], *, tag: str, headers: Mapping[str, str]) -> str:
    """The blobs first: a registry refuses a manifest whose blobs it lacks."""
    for blob in blobs:
        _push_blob(base, blob, headers)
    _send("PUT", f"{base}/manifests/{tag}", manifest, {**headers, "Content-Type": MANIFEST_TYPE})
    return digest(manifest)


def _push_blob(base: str, blob: bytes, headers: Mapping[str, str]) -> None:
    """Ask for a place to upload to, then upload in one request (distribution spec, "POST then PUT")."""
    answer = _send("POST", f"{base}/blobs/uploads/", b"", headers)
    place = urllib.parse.urljoin(base, answer["Location"])
    separator = "&" if "?" in place else "?"
    target = f"{place}{separator}digest={digest(blob)}"
    _send("PUT", target, blob, {**headers, "Content-Type": "application/octet-stream"})


def _send(method: str, url: str, body: bytes, headers: Mapping[str, str]) -> Mapping[str, str]:
    request = urllib.request.Request(url, data=body, method=method, headers=dict(headers))  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT) as response:  # noqa: S310 (the URL is our caller's)
            return dict(response.headers)
    except urllib.error.HTTPError as error:
        raise ClusterError(f"{method} {url}: {error.code} {error.read().decode(errors='replace')[:200]}") from error


def _config(image: Image, *, diff_id: str) -> dict[str, Any]:
    """The image configuration (https://github.com/opencontainers/image-spec/blob/main/config.md)."""
    return {
        "architecture": architecture(),
        "os": "linux",
        "config": {
            "Entrypoint": list(image.entrypoint) or None,
            "Cmd": list(image.command) or None,
            "Env": [f"{name}={value}" for name, value in image.environment.items()],
            "User": image.user,
        },
        "rootfs": {"type": "layers", "diff_ids": [diff_id]},
    }


def _descriptor(media_type: str, content: bytes) -> dict[str, Any]:
    return {"mediaType": media_type, "digest": digest(content), "size": len(content)}


def _with_parents(entries: Mapping[str, Entry]) -> dict[str, Entry]:
    """The entries and the directories above them."""
    parents = {str(parent) for path in entries for parent in Path(path).parents if str(parent) != "."}
    return {**dict.fromkeys(parents, Directory()), **entries}


def _member(path: str, entry: Entry) -> tuple[tarfile.TarInfo, bytes]:
    member = tarfile.TarInfo(path)
    match entry:
        case File(content, mode, attributes):
            member.mode, member.size = mode, len(content)
            member.pax_headers = {
                f"SCHILY.xattr.{name}": value.decode("utf-8", "surrogateescape") for name, value in attributes.items()
            }
            return member, content
        case Link(target):
            member.type, member.linkname, member.mode = tarfile.SYMTYPE, target, 0o777
        case Directory(mode):
            member.type, member.mode = tarfile.DIRTYPE, mode
    return member, b""
