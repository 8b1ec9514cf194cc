"""docker's credentials for the images of a stack, as a Secret to pull with. Pure but for `kept`.

Only what `docker login` keeps in its own file is known; a credential helper keeps its own. Source: docker/cli,
cli/config/configfile.
"""

from __future__ import annotations

import json
import os
from base64 import b64encode
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from wharfinger.api.builtin import SECRET
from wharfinger.api.resource import Key
from wharfinger.cli.documents import read_text
from wharfinger.cli.errors import BadInputError
from wharfinger.cli.stack.brought import brought

Object = dict[str, Any]

HUB: Final = "https://index.docker.io/v1/"
"""By which docker keeps the credentials of images that name no registry."""


def kept() -> Object:
    """`auths` of docker's own file. Raises BadInputError where that cannot be read."""
    path = Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker") / "config.json"
    try:
        found = json.loads(read_text(path))
    except ValueError as error:
        raise BadInputError(f"{path}: is no JSON") from error
    auths = found.get("auths") if isinstance(found, dict) else None
    return auths if isinstance(auths, dict) else {}


def registry_of(image: str) -> str:
    """The registry of an image, as `auths` has it. Source: distribution/reference, splitDockerDomain."""
    first, slash, _ = image.partition("/")
    named = slash and ("." in first or ":" in first or first == "localhost" or first != first.lower())
    return first if named and first not in ("docker.io", "index.docker.io") else HUB


def credentials(auths: Object, images: Iterable[str]) -> Object:
    """Those of the registries that the images come from.

    Raises BadInputError where there are none at all: what was asked for would do nothing.
    """
    wanted = {registry_of(image) for image in images}
    found = {}
    for name, entry in auths.items():
        host = name if name == HUB else name.removeprefix("https://").removeprefix("http://").partition("/")[0]
        if host in wanted and entry.get("auth"):
            found[name] = {"auth": entry["auth"]}
    if not found:
        raise BadInputError(
            f"--with-registry-auth: docker keeps no credentials for {', '.join(sorted(wanted)) or 'any image'} in its "
            "file; make a Secret with `kubectl create secret docker-registry`, and name it by --image-pull-secret"
        )
    return found


def pull_secret(found: Object, stack: Key) -> Object:
    """The Secret. It keeps its name when the credentials change, so that pods need not be replaced."""
    data = b64encode(json.dumps({"auths": found}).encode()).decode()
    return {
        **brought(SECRET, f"{stack[1]}-registry-auth", stack),
        "type": "kubernetes.io/dockerconfigjson",
        "data": {".dockerconfigjson": data},
    }
