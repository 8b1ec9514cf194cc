"""What happens to each kind, one module a kind; `workload` is the place to start reading.

A reconciler reads the caches (`view`), asks the pure layers what should be (`plan`), has the engine write what differs,
and reports (`report`). `watches` says what wakes it; `operator` puts it all into one process.
"""
