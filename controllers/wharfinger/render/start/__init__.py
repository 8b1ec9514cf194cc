"""Containers of a task that depend on one another: who starts when, what ends with what, who stops first.

Kubernetes starts the containers of a pod side by side and stops them at once. Where its init containers say the same as
the document, they are used; elsewhere our start program (`go`) becomes process 1 of the containers concerned.

- `order`: the graph of dependencies, and which containers can be native init containers.
- `settings`: what the start program is told, container by container.
- `stage`: the pod with all that in it.

What is wrong with an order is said in `render.findings.containers`.

Sources: ECS ContainerDependency, ContainerRestartPolicy, Ulimit; the ECS agent's engine/dependencygraph.
"""

from wharfinger.render.start.order import Order
from wharfinger.render.start.settings import health
from wharfinger.render.start.stage import needs_program, staged, supplied

__all__ = ["Order", "health", "needs_program", "staged", "supplied"]
