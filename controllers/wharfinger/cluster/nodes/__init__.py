"""What runs the Pods: one module a node kind, each an implementation of `NodeDriver`.

- `simulated`: kwok writes the status that a kubelet would write. Any user, any number.
- `storage`: the default StorageClass and its provisioner, which both kinds share.
"""
