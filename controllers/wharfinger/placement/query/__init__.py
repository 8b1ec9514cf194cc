"""ECS's cluster query language: ``attribute:ecs.instance-type =~ t3.* and not(task:group == service:web)``.

Source: Amazon ECS developer guide, "Create expressions to define container instances" (cluster-query-language). Its
grammar, where the guide leaves it open, is written down in `syntax`.
"""

from wharfinger.placement.query.syntax import QueryError, parse
from wharfinger.placement.query.tree import And, Expression, Leaf, Not, Or

__all__ = ["And", "Expression", "Leaf", "Not", "Or", "QueryError", "parse"]
