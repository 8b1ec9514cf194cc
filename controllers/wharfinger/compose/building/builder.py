"""Who builds: what an installation and a Stack say about it."""

from __future__ import annotations

from dataclasses import dataclass, field

from wharfinger.api.resource import Object


@dataclass(frozen=True, slots=True, kw_only=True)
class Builder:
    """The builder of a Stack: an image with buildah, sh, cat, mkdir and tar, and for git contexts git."""

    image: str
    push_secret: str | None = None
    """A Secret of type kubernetes.io/dockerconfigjson: with it images are pulled and pushed."""
    insecure: bool = False
    """The registry speaks plain HTTP, or has a certificate of nobody's."""
    unconfined: bool = False
    """The builder's pod asks for no seccomp and AppArmor profile."""
    resources: Object = field(default_factory=dict)
    """A core/v1 ResourceRequirements."""
    deadline: int = 3600
    """Seconds that one build may take, with all its tries."""
    again: str = ""
    """Another text builds all images anew, under other names."""
    withheld: frozenset[str] = frozenset()
    """Texts of files that are in no context, since they came from a Secret."""
