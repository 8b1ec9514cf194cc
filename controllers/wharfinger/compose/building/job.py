"""The Job that builds an image and pushes it, and the ConfigMaps that bring it the files.

The pod is what Pod Security `baseline` allows: it does not run as root, and has the two capabilities with which the
builder gets user ids for what it builds. See docs/build.md for what was measured.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import blake2b
from typing import Final

from wharfinger.api.labels import BUILD_LABEL, IMAGE_ANNOTATION, MANAGED_BY, MANAGED_BY_LABEL
from wharfinger.api.resource import Object
from wharfinger.compose.building import names
from wharfinger.compose.building.archive import pieces
from wharfinger.compose.building.options import SECRETS
from wharfinger.compose.building.plan import Build
from wharfinger.compose.groups.contents import KEY
from wharfinger.compose.groups.identity import node_selector
from wharfinger.compose.groups.objects import metadata
from wharfinger.compose.groups.process import literal

CONTAINER: Final = "build"
_USER: Final = 1000
"""The user ``build`` of buildah's own image, for whom /etc/subuid has ids."""
_WORK: Final = "/work"
_FILES: Final = "/files"
_CREDENTIALS: Final = "/credentials"
_TRIES: Final = 2
"""Further tries after a failure: a registry may have been away."""

_SCRIPT: Final = """\
set -euf
umask 022
mkdir -p "$HOME/in/context" "$TMPDIR" "$XDG_RUNTIME_DIR" "$HOME/.config/containers/registries.conf.d"
cd "$HOME/in"
for number in $PIECES; do cat "/files/$number"; done | if [ -n "$PIECES" ]; then tar -x -f -; fi
if [ -n "$INSECURE" ]; then
  printf '[[registry]]\\nlocation = "%s"\\ninsecure = true\\n' "$INSECURE" \\
    > "$HOME/.config/containers/registries.conf.d/insecure.conf"
fi
buildah build "$@"
for name in $NAMES; do buildah $PUSH "$FIRST" "docker://$name"; done
"""
"""Nothing of a document is in it: that comes as words of the command, and as names that were checked."""


def objects(build: Build) -> tuple[Object, ...]:
    """The ConfigMaps, and the Job."""
    maps = tuple(_config_maps(build))
    return (*maps, _job(build, [each["metadata"]["name"] for each in maps]))


def _config_maps(build: Build) -> Iterator[Object]:
    for number, piece in enumerate(pieces(build.archive)):
        yield {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": _metadata(build, f"{_stem(build)}-{_short(build.digest)}-{number}"),
            "immutable": True,
            "binaryData": {str(number): piece},
        }


def _job(build: Build, maps: list[str]) -> Object:
    """Named by all that it says: what of it changes makes another, since a Job's pods cannot be changed."""
    spec: Object = {
        "backoffLimit": _TRIES,
        "activeDeadlineSeconds": build.builder.deadline,
        "template": {
            "metadata": {"labels": {**_labels(build), MANAGED_BY_LABEL: MANAGED_BY}},
            "spec": _pod(build, maps),
        },
    }
    name = f"{_stem(build)}-{_short(json.dumps(spec, sort_keys=True))}"
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": _metadata(build, name), "spec": spec}


def _stem(build: Build) -> str:
    """Beginning of all names: what follows has at most 13 characters, and a Job's name at most 63."""
    return f"{build.service.workload[:44].rstrip('-')}-build"


def _short(text: str) -> str:
    return blake2b(text.encode(), digest_size=5).hexdigest()


def _labels(build: Build) -> dict[str, str]:
    return {BUILD_LABEL: build.service.workload}


def _metadata(build: Build, name: str) -> Object:
    meta = metadata(build.service.context, name)
    labels = {**meta.get("labels", {}), **_labels(build)}
    return {**meta, "labels": labels, "annotations": {IMAGE_ANNOTATION: build.image}}


def _pod(build: Build, maps: list[str]) -> Object:
    pod: Object = {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": {"runAsNonRoot": True, "runAsUser": _USER, "runAsGroup": _USER, "fsGroup": _USER}
        | _profiles(build),
        "containers": [_container(build, maps)],
        "volumes": [{"name": name, **source} for name, _, source in _volumes(build, maps)],
    }
    if build.builder.push_secret:
        pod["imagePullSecrets"] = [{"name": build.builder.push_secret}]
    if len(build.platforms) == 1:
        pod["nodeSelector"] = node_selector(build.platforms[0])
    return pod


def _profiles(build: Build) -> Object:
    if not build.builder.unconfined:
        return {}
    return {"seccompProfile": {"type": "Unconfined"}, "appArmorProfile": {"type": "Unconfined"}}


def _container(build: Build, maps: list[str]) -> Object:
    """Without a shell's help a document's words reach buildah: they are the script's own arguments."""
    made: Object = {
        "name": CONTAINER,
        "image": build.builder.image,
        "command": ["sh", "-c", _SCRIPT, CONTAINER],
        "args": [literal(word) for word in (*_names(build), *build.arguments, build.address or "context")],
        "env": [{"name": name, "value": value} for name, value in _environment(build, maps).items()],
        "securityContext": {
            "allowPrivilegeEscalation": True,
            "capabilities": {"drop": ["ALL"], "add": ["SETUID", "SETGID"]},
            "readOnlyRootFilesystem": True,
        },
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "volumeMounts": [
            {"name": name, "mountPath": path, **({} if "emptyDir" in source else {"readOnly": True})}
            for name, path, source in _volumes(build, maps)
        ],
    }
    return made | ({"resources": build.builder.resources} if build.builder.resources else {})


def _names(build: Build) -> list[str]:
    """Images for several platforms are a list, which has a name before it has images."""
    return [f"--manifest={build.image}" if len(build.platforms) > 1 else f"--tag={build.image}"]


def _environment(build: Build, maps: list[str]) -> dict[str, str]:
    """For the script and for buildah, whose settings are in containers.conf(5) and buildah(1)."""
    return {
        "HOME": _WORK,
        "TMPDIR": f"{_WORK}/tmp",  # noqa: S108 - in the builder's container
        "XDG_RUNTIME_DIR": f"{_WORK}/run",
        "STORAGE_DRIVER": "vfs",
        "BUILDAH_ISOLATION": "chroot",
        "PIECES": " ".join(str(number) for number in range(len(maps))),
        "INSECURE": names.host(build.image) if build.builder.insecure else "",
        "FIRST": build.image,
        "NAMES": " ".join((build.image, *build.further)),
        "PUSH": "manifest push --all" if len(build.platforms) > 1 else "push",
    } | ({"REGISTRY_AUTH_FILE": f"{_CREDENTIALS}/config.json"} if build.builder.push_secret else {})


def _volumes(build: Build, maps: list[str]) -> Iterator[tuple[str, str, Object]]:
    """Name, where it is mounted, and what it is."""
    yield "work", _WORK, {"emptyDir": {}}
    yield "tmp", "/tmp", {"emptyDir": {}}  # noqa: S108 - a path in the builder's container
    yield "var-tmp", "/var/tmp", {"emptyDir": {}}  # noqa: S108
    if maps:
        yield "files", _FILES, {"projected": {"sources": [{"configMap": {"name": name}} for name in maps]}}
    if build.builder.push_secret:
        items = [{"key": ".dockerconfigjson", "path": "config.json"}]
        yield "credentials", _CREDENTIALS, {"secret": {"secretName": build.builder.push_secret, "items": items}}
    if build.secrets:
        sources = [
            {"secret": {"name": name, "items": [{"key": KEY, "path": known}]}}
            for known, name in sorted(build.secrets.items())
        ]
        yield "secrets", SECRETS, {"projected": {"sources": sources}}
