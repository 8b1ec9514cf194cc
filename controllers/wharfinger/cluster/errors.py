"""What can go wrong with the embedded cluster, as one line that a person can act on."""


class ClusterError(Exception):
    """The cluster cannot do what was asked; the message says what to do about it."""
