"""Mode ``tasks``, between the caches and the machines: Pods and records in, Pods to start and to stop out. Pure.

- `memory`: what of it is worked out once, and kept while the operator runs. Nothing is decided from it alone.
- `situation`: what a machine looks at.
- `counting`: what runs, in the numbers that every mode has.
- `starting`: the Pods of tasks to start.
- `remembering`: what has to be written down before a Pod is deleted, and which Pods may go.
- `course`: all of these in their order.
"""
