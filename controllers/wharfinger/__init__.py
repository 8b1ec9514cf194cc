"""Wharfinger: runs the container descriptions people already have on Kubernetes, reconciled for ever."""
