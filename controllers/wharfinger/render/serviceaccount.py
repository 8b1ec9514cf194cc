"""The pods' ServiceAccount: the namespace's default one, one that exists, or one of their own without rights."""

from __future__ import annotations

from wharfinger.api.builtin import SERVICE_ACCOUNT
from wharfinger.api.containerworkload import Workload
from wharfinger.api.resource import Object
from wharfinger.render.metadata import metadata, new

DEFAULT_ACCOUNT = "default"
"""The account that Kubernetes makes in every namespace."""


def account_name(workload: Workload) -> str:
    """Name of the account that the pods run as.

    The default one is named, too: left out, a template that had another one would keep it, since the API server fills
    serviceAccountName from the deprecated field serviceAccount, which it filled in itself (kubernetes #72519).
    """
    block = workload.spec.service_account
    if block is None:
        return DEFAULT_ACCOUNT
    return block.name or (workload.name if block.create else DEFAULT_ACCOUNT)


def mounts_token(workload: Workload) -> bool:
    """Whether the pods can call the Kubernetes API as that account: not unless asked for."""
    block = workload.spec.service_account
    return block is not None and block.automount_token


def service_accounts(workload: Workload) -> list[Object]:
    """The account to make: one with `create`, else none."""
    block = workload.spec.service_account
    if block is None or not block.create:
        return []
    meta = metadata(workload, block.name or workload.name, annotations=block.annotations)
    return [new(SERVICE_ACCOUNT, meta)]
