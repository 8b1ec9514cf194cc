"""Label selectors (metav1.LabelSelector), held against labels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Labels = Mapping[str, str]


def matches(selector: Mapping[str, Any], labels: Labels) -> bool:
    """Whether all that `selector` asks holds; an empty one selects everything (LabelSelectorAsSelector)."""
    wanted = selector.get("matchLabels") or {}
    expressions = selector.get("matchExpressions") or ()
    return wanted.items() <= labels.items() and all(_holds(each, labels) for each in expressions)


def _holds(expression: Mapping[str, Any], labels: Labels) -> bool:
    """One requirement; NotIn also holds of what lacks the label. An operator that Kubernetes lacks holds of nothing."""
    value, values = labels.get(expression["key"]), expression.get("values") or ()
    match expression["operator"]:
        case "In":
            return value is not None and value in values
        case "NotIn":
            return value is None or value not in values
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
        case _:
            return False
