"""The API group ``wharfinger.dev/v1alpha1``: one module a kind, pydantic models, the single source of the CRDs.

- `model` holds what all models share: camelCase on the wire, unknown fields refused, rules, Kubernetes' own scalars;
  `lists` the lists whose items have identity.
- `core` takes built-in Kubernetes types (EnvVar, ResourceRequirements, PodSpec, …) over from the official client's
  models; `borrow` makes those take exactly what the API server takes.
- `containerworkload` is the core resource, made of `container`, `exposure` and `operation`.
- `status` is what every kind reports: conditions, findings, where a rollout stands.
- `kinds` are our kinds as data; `schema`, `customresource` and `crd` publish them as CustomResourceDefinitions.
- `parse` reads a document; what is wrong with it are `findings`, each with its path.
- `pod_keys` is what Kubernetes says about lists whose items have identity: for merging, and for comparing.
- `resource` and `builtin` say how a kind is addressed.

This is the lowest layer: it imports nothing else of Wharfinger and does no I/O.
"""

GROUP = "wharfinger.dev"
VERSION = "v1alpha1"
API_VERSION = f"{GROUP}/{VERSION}"
