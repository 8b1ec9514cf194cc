"""What of a service's ``build`` cannot be done as it is written."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from wharfinger.api.resource import Object
from wharfinger.api.status import Finding
from wharfinger.compose.building import names
from wharfinger.compose.building.archive import MOST, archive
from wharfinger.compose.building.context import (
    archive_files,
    below,
    context_of,
    dockerfile_path,
    given,
    is_address,
    is_fetched,
    is_outside,
    local_contexts,
)
from wharfinger.compose.building.options import cache_repository, platforms, secret_ids
from wharfinger.compose.part import Service
from wharfinger.compose.reporting import Report

TABLE: Final = {
    report.attribute: report
    for report in (
        Report(
            "privileged",
            "NoPrivilegedBuild",
            "nothing is built with privileges; build the image elsewhere, and name it by `image`",
            "error",
        ),
        Report(
            "ssh",
            "NoSshAgent",
            "there is no agent in the cluster; give a key as a secret of the build, or fetch by https with a token",
        ),
        Report(
            "entitlements",
            "NoEntitlements",
            "the builder grants none: what needs privileges, or the node's network, fails",
        ),
        Report("network", "NetworkOfPod", "RUN uses the network of the builder's pod; a NetworkPolicy limits that"),
        Report("shm_size", "ShmOfNode", "has no effect on RUN, whose /dev/shm is that of the builder's pod"),
        Report("isolation", "IsolationOfBuilder", "RUN is isolated by a user namespace and chroot, always"),
        Report(
            "no_cache_filter", "NothingCached", "has no effect: nothing is cached unless `cache_from` says so", "info"
        ),
        Report("provenance", "NoAttestation", "is not written; sign and attest the image after its push"),
        Report("sbom", "NoAttestation", "is not written; have the registry, or a pipeline, scan the image"),
    )
}
"""Attributes of ``build`` that become nothing."""

_MEANS_NOTHING: Final = {
    "network": ("default",),
    "isolation": ("default", "chroot"),
    "provenance": ("false",),
    "sbom": ("false",),
}
"""Values that ask for nothing else than what is so."""
_ID: Final = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")

Check = Callable[[Service, Object], Iterator[Finding]]


def findings(service: Service) -> Iterator[Finding]:
    """All that is to be said about a service's build."""
    build: Object = service.data["build"]
    for check in _CHECKS:
        yield from check(service, build)


def _tabled(service: Service, build: Object) -> Iterator[Finding]:
    for name, report in TABLE.items():
        value = build.get(name)
        if value not in (None, "", [], {}, False) and str(value).lower() not in _MEANS_NOTHING.get(name, ()):
            yield service.finding(f"build.{name}", report.severity, report.reason, report.message)


def _registry(service: Service, build: Object) -> Iterator[Finding]:
    if not names.registry(service):
        message = "there is nowhere to push the image to; write defaults.registry, such as registry.example.com/shop"
        yield service.finding("build", "error", "RegistryMissing", message)
    elif not names.is_image_name(names.repository(service)):
        message = (
            f"`{names.repository(service)}` is no image's name; write host/path in lower case into defaults.registry"
        )
        yield service.finding("build", "error", "ImageNameInvalid", message)


def _further_names(service: Service, build: Object) -> Iterator[Finding]:
    every = [("image", service.data.get("image")), *(("build.tags", each) for each in build.get("tags") or ())]
    for where, name in every:
        if name and not names.is_image_name(str(name)):
            message = f"`{name}` is no name to push an image by; write host/path:tag in lower case, without a digest"
            yield service.finding(where, "error", "ImageNameInvalid", message)


def _context(service: Service, build: Object) -> Iterator[Finding]:
    context = context_of(build)
    if is_address(context):
        if not is_fetched(context):
            message = "cannot be fetched: the builder has no key; write https://…, or give the Stack the files"
            yield service.finding("build.context", "error", "ContextNotFetched", message)
    elif is_outside(context):
        message = "leads out of the project's directory; give the Stack the files, and write their directory"
        yield service.finding("build.context", "error", "ContextOutside", message)
    elif not build.get("dockerfile_inline") and dockerfile_path(build) not in given(service):
        message = f"{_shown(dockerfile_path(build))} is not among the files that were given; put it into spec.files"
        yield service.finding("build.dockerfile", "error", "DockerfileMissing", message)


def _shown(path: str) -> str:
    """A path that leads out is the parser's own."""
    return "the Dockerfile" if is_outside(path) else path


def _size(service: Service, build: Object) -> Iterator[Finding]:
    size = len(archive(archive_files(service, build)))
    if size > MOST:
        message = f"has {size} bytes; the cluster's store takes {MOST} at most; name a git repository as its context"
        yield service.finding("build.context", "error", "ContextTooLarge", message)


def _more_contexts(service: Service, build: Object) -> Iterator[Finding]:
    every: Object = build.get("additional_contexts") or {}
    local = local_contexts(build)
    for name, where in every.items():
        path = f"build.additional_contexts.{name}"
        known = where.startswith(("docker-image://", "container-image://")) or is_fetched(where)
        if not _ID.match(name):
            message = "is no name of a context; write letters, digits, dots, dashes and underscores"
            yield service.finding(path, "error", "ContextNameInvalid", message)
        elif name not in local and not known:
            message = "is no context that the builder has; write docker-image://NAME, an https address, or a directory"
            yield service.finding(path, "error", "ContextNotFetched", message)
        elif name in local and (is_outside(where) or not below(given(service), where)):
            message = "has no file among those that were given, below the project's directory; put them into spec.files"
            yield service.finding(path, "error", "ContextMissing", message)


def _platforms(service: Service, build: Object) -> Iterator[Finding]:
    if len(platforms(build)) > 1:
        message = "RUN is emulated for machines other than the node's, which has to know how (binfmt_misc)"
        yield service.finding("build.platforms", "info", "Emulated", message)


def _caches(service: Service, build: Object) -> Iterator[Finding]:
    for attribute in ("cache_from", "cache_to"):
        taken = False
        for index, text in enumerate(build.get(attribute) or ()):
            if cache_repository(text) and not taken:
                taken = True
                continue
            message = "is left out: the builder takes one repository; write type=registry,ref=host/path"
            yield service.finding(f"build.{attribute}[{index}]", "warning", "CacheLeftOut", message)


def _secrets(service: Service, build: Object) -> Iterator[Finding]:
    for name in secret_ids(build):
        if not _ID.match(name):
            message = f"`{name}` is no id of a secret; write letters, digits, dots, dashes and underscores"
            yield service.finding("build.secrets", "error", "SecretIdInvalid", message)
    for index, each in enumerate(build.get("secrets") or ()):
        if each.get("uid") or each.get("gid") or each.get("mode"):
            message = "owner and mode are what the builder gives it; write them into RUN --mount=type=secret"
            yield service.finding(f"build.secrets[{index}]", "info", "OwnerNotSet", message)


_CHECKS: Final[tuple[Check, ...]] = (
    _registry,
    _further_names,
    _context,
    _size,
    _more_contexts,
    _platforms,
    _caches,
    _secrets,
    _tabled,
)
