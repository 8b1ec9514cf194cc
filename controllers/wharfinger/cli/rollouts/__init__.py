"""Rollouts by hand: what has run, and what shall. docs/rollouts.md says what the annotations mean.

- `kept`: the revisions of a workload, as ControllerRevisions keep them. Pure.
- `history` shows them; `rollback` pins one, and `pause`, `resume` and `restart` steer the rollout.
- `steering`: what those have in common: read, say when there is nothing to do, annotate.
"""
