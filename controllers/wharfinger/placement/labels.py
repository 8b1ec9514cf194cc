"""What Kubernetes takes as a label (k8s.io/apimachinery, validation.IsQualifiedName and IsValidLabelValue)."""

from __future__ import annotations

import re
from typing import Final

_NAME: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?")
_DOMAIN: Final = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")


def legal_key(key: str) -> bool:
    """Whether a label may be called so: a name, and a domain and a slash before it if one likes."""
    domain, slash, name = key.rpartition("/")
    return bool(_NAME.fullmatch(name)) and (not slash or (len(domain) <= 253 and bool(_DOMAIN.fullmatch(domain))))


def legal_value(value: str) -> bool:
    """Whether a label may have this value."""
    return not value or bool(_NAME.fullmatch(value))
