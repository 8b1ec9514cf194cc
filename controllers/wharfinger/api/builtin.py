"""The resources that Kubernetes (and the Gateway API) bring, as far as Wharfinger reads or writes them."""

from __future__ import annotations

from wharfinger.api.resource import Resource


def _core(kind: str, plural: str, *, namespaced: bool = True) -> Resource:
    return Resource(group="", version="v1", kind=kind, plural=plural, namespaced=namespaced)


def _v1(group: str, kind: str, plural: str, *, namespaced: bool = True) -> Resource:
    return Resource(group=group, version="v1", kind=kind, plural=plural, namespaced=namespaced)


CONFIG_MAP = _core("ConfigMap", "configmaps")
EVENT_V1 = _core("Event", "events")
NAMESPACE = _core("Namespace", "namespaces", namespaced=False)
NODE = _core("Node", "nodes", namespaced=False)
PERSISTENT_VOLUME_CLAIM = _core("PersistentVolumeClaim", "persistentvolumeclaims")
POD = _core("Pod", "pods")
SECRET = _core("Secret", "secrets")
SERVICE = _core("Service", "services")
SERVICE_ACCOUNT = _core("ServiceAccount", "serviceaccounts")

CONTROLLER_REVISION = _v1("apps", "ControllerRevision", "controllerrevisions")
DAEMON_SET = _v1("apps", "DaemonSet", "daemonsets")
DEPLOYMENT = _v1("apps", "Deployment", "deployments")
REPLICA_SET = _v1("apps", "ReplicaSet", "replicasets")
STATEFUL_SET = _v1("apps", "StatefulSet", "statefulsets")

CRON_JOB = _v1("batch", "CronJob", "cronjobs")
JOB = _v1("batch", "Job", "jobs")

INGRESS = _v1("networking.k8s.io", "Ingress", "ingresses")
NETWORK_POLICY = _v1("networking.k8s.io", "NetworkPolicy", "networkpolicies")
HTTP_ROUTE = _v1("gateway.networking.k8s.io", "HTTPRoute", "httproutes")

HORIZONTAL_POD_AUTOSCALER = Resource(
    group="autoscaling", version="v2", kind="HorizontalPodAutoscaler", plural="horizontalpodautoscalers"
)
POD_DISRUPTION_BUDGET = _v1("policy", "PodDisruptionBudget", "poddisruptionbudgets")

LEASE = _v1("coordination.k8s.io", "Lease", "leases")
EVENT = _v1("events.k8s.io", "Event", "events")
CUSTOM_RESOURCE_DEFINITION = _v1(
    "apiextensions.k8s.io", "CustomResourceDefinition", "customresourcedefinitions", namespaced=False
)

ALL: tuple[Resource, ...] = tuple(value for value in list(globals().values()) if isinstance(value, Resource))
"""Every resource above."""

BY_KIND: dict[tuple[str, str], Resource] = {(resource.api_version, resource.kind): resource for resource in ALL}
"""Look-up by ``apiVersion`` and ``kind`` of an object."""
