"""How a Stack's images are built: `spec.defaults.build`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from wharfinger.api import core
from wharfinger.api.model import Bool, Duration, LocalRef, Model


class BuildDefaults(Model):
    """The builder of what `build` says in the documents."""

    image: Annotated[str, Field(max_length=2048)] | None = None
    """Image with buildah, sh, cat, mkdir and tar, and git for repositories; by default the installation's."""
    push_secret: LocalRef | None = None
    """A kubernetes.io/dockerconfigjson Secret to pull and push with; by default the first of `imagePullSecrets`."""
    insecure_registry: Bool = False
    """True: the host of `registry` speaks plain HTTP, or has a certificate that nobody vouches for. It counts for that
    host alone."""
    unconfined: Bool = False
    """True: the builder's pods ask for no seccomp and no AppArmor profile, where those of the nodes keep them from user
    namespaces. Pod Security `baseline` does not allow that."""
    resources: core.ResourceRequirements = {}
    """A core/v1 ResourceRequirements for the builder."""
    deadline: Duration = "1h"
    """How long one build may take, with all its tries."""
