"""The production defaults for security contexts, filled in wherever the user said nothing.

The rules are the profile ``restricted`` of the Pod Security Standards
(kubernetes.io/docs/concepts/security/pod-security-standards). They go over the finished PodSpec, so that sidecars from
`spec.pod` get them too, and only into fields that are absent; where what is written and a default cannot both be (a
privileged container, say), what is written wins.
"""

from __future__ import annotations

from wharfinger.api.containerworkload import Security
from wharfinger.api.resource import Object


def hardened(pod: Object, security: Security) -> Object:
    """The PodSpec with the defaults of `security` filled in; nothing of `pod` is changed in place."""
    made = dict(pod)
    if security.restricted:
        made["securityContext"] = _pod_defaults(pod, security) | _said(pod)
    for field in ("initContainers", "containers"):
        if field in pod:
            made[field] = [_hardened_container(container, pod, security) for container in pod[field]]
    return made


def _said(part: Object) -> Object:
    return part.get("securityContext") or {}


def _is_windows(pod: Object) -> bool:
    """Windows pods must not carry Linux' fields: the API server refuses them."""
    return bool((pod.get("os") or {}).get("name") == "windows")


def _pod_defaults(pod: Object, security: Security) -> Object:
    defaults: Object = {}
    if not _is_windows(pod):
        defaults["seccompProfile"] = {"type": "RuntimeDefault"}
    if security.run_as_non_root and _said(pod).get("runAsUser") != 0:
        defaults["runAsNonRoot"] = True
    return defaults


def _hardened_container(container: Object, pod: Object, security: Security) -> Object:
    said = _said(container)
    defaults = _container_defaults(said, security, windows=_is_windows(pod))
    if not defaults:
        return container
    context = defaults | said
    if "capabilities" in said and "capabilities" in defaults:
        context["capabilities"] = defaults["capabilities"] | (said["capabilities"] or {})
    return {**container, "securityContext": context}


def _container_defaults(said: Object, security: Security, *, windows: bool) -> Object:
    defaults: Object = {}
    if windows:
        return defaults
    if security.read_only_root_filesystem:
        defaults["readOnlyRootFilesystem"] = True
    if not security.restricted or said.get("privileged"):
        return defaults
    defaults["capabilities"] = {"drop": ["ALL"]}
    if not _adds_sys_admin(said):
        defaults["allowPrivilegeEscalation"] = False
    if said.get("runAsUser") == 0:
        defaults["runAsNonRoot"] = False  # else the pod's own runAsNonRoot would keep this container from starting
    return defaults


def _adds_sys_admin(said: Object) -> bool:
    """CAP_SYS_ADMIN implies privilege escalation: the API server refuses the contradiction."""
    added = (said.get("capabilities") or {}).get("add") or ()
    return "SYS_ADMIN" in added or "CAP_SYS_ADMIN" in added
