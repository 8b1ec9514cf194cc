"""The command line: ``wharfinger …``, also as ``kubectl wharfinger …``.

- `main` is the entry point: it gathers the commands and turns every error into one line and an exit code.
- `run` starts the operator, `cluster` an embedded Kubernetes, `demo` shows the whole job on one.
- `render` says offline what a workload means in Kubernetes' terms; `status` says how the workloads of a cluster are.
- `apply`, `diff`, `wait`, `podlogs` (``logs``), `events`, `scale` and `rollouts` (``history``, ``rollback``, ``pause``,
  ``resume``, ``restart``) are the everyday verbs; `stack` has those of docker stack and docker compose; `completion`
  prints a shell's completion script.
- `verbs` makes commands of them: the options that all share, and what they report.
- `console`, `documents`, `objects`, `errors`, `options` and `names` are what they share; `kube` connects to a cluster,
  `watching` follows what is in it, and `waiting` waits until workloads reach one of the `goals`. `proposals` are
  documents on their way to a cluster.

Exit codes are for scripts: 0 all is well; 1 something is not well, or failed; 2 the command line or a document is
wrong; 130 interrupted.

Command modules import only what their options need. What is heavy (pydantic models, HTTP, the operator) is imported
when a command runs, so that ``--help`` and completion answer at once.
"""
