"""Swarm's templates in the Pods of tasks: ``{{.Service.Name}}``, ``{{.Task.Slot}}``, ``{{.Node.Hostname}}``.

Source: swarmkit, template/ (context.go, expand.go, template.go). Swarm expands them when a task starts, in the values
of env, in the host name and in mounts, and so do we: they stay as written in a revision, and each task gets its own.
Documents by ECS's rules have none: their texts are left alone, and so are those of all other modes.
"""

from wharfinger.render.templating.check import template_findings, unfilled
from wharfinger.render.templating.grammar import TemplateError
from wharfinger.render.templating.podspec import NODE_NAME_VARIABLE, expanded, is_template, texts
from wharfinger.render.templating.values import Values, has_templates, values

__all__ = [
    "NODE_NAME_VARIABLE",
    "TemplateError",
    "Values",
    "expanded",
    "has_templates",
    "is_template",
    "template_findings",
    "texts",
    "unfilled",
    "values",
]
