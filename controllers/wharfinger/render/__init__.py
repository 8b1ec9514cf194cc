"""Workload in, Kubernetes objects out: pure functions, one module an object kind, no I/O.

Rendering has two halves, because a rollback changes one and not the other:

- `template` makes a `Template`, all that a revision runs: `pod_template` (with `probes`, `spread`, `security`,
  `pod_overlay`), `files`, and the claim templates of `storage`.
- `objects` puts the Template that is to run, today's or an earlier one, into the object of the workload's mode
  (`deployment`, `statefulset`, `daemonset`, `job`, `pod`, with what they share in `rolling`), and adds from today's
  spec what is around it: `service`, `route`, `hpa`, `pdb`, `networkpolicy`, `storage`, `serviceaccount`.

`checked` comes first, and refuses what cannot be rendered at all; `findings` says what a document asks for that will
not happen as written. What is rendered is canonical: what the API server stores equals what was sent, so that drift can
be told from defaults.
"""

from wharfinger.render.checked import checked
from wharfinger.render.findings import findings
from wharfinger.render.metadata import selector
from wharfinger.render.objects import RESOURCES, objects, runner
from wharfinger.render.options import Options
from wharfinger.render.start import needs_program
from wharfinger.render.task import Placed, TaskIdentity, task_pod
from wharfinger.render.tasking import runs_jobs, tasks_block
from wharfinger.render.template import Template, controller_revision, file_maps, referenced, stamps_of, template

__all__ = [
    "RESOURCES",
    "Options",
    "Placed",
    "TaskIdentity",
    "Template",
    "checked",
    "controller_revision",
    "file_maps",
    "findings",
    "needs_program",
    "objects",
    "referenced",
    "runner",
    "runs_jobs",
    "selector",
    "stamps_of",
    "task_pod",
    "tasks_block",
    "template",
]
