"""The kinds of node. Apart from `options`, so that a command line knows its choices without loading the models."""

from enum import StrEnum


class NodeKind(StrEnum):
    """What runs the Pods."""

    AUTO = "auto"
    """Real where this machine can, else simulated."""
    REAL = "real"
    """containerd and a kubelet in namespaces of their own: containers really run. Needs root and Debian packages."""
    SIMULATED = "simulated"
    """kwok: Pods get the status that a node would give them, and nothing runs. Any user, any number of nodes."""
    NONE = "none"
    """No node at all: Pods stay Pending."""
