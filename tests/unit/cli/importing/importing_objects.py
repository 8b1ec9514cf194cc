"""Deployments as an API server has them: by hand for single rules, by Hypothesis for the round trip."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from wharfinger.api.resource import Object

LABELS = {"app": "web"}


def deployment(pod: Object | None = None, **spec: Any) -> Object:
    """A Deployment called web, at rest, with one container unless `pod` says otherwise."""
    template = {
        "metadata": {"labels": LABELS | {"tier": "front"}},
        "spec": pod or {"containers": [{"name": "web", "image": "web:1"}]},
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop", "generation": 1, "labels": {"team": "a"}},
        "spec": {"replicas": 2, "selector": {"matchLabels": LABELS}, "template": template, **spec},
        "status": {"observedGeneration": 1, "replicas": 2, "updatedReplicas": 2},
    }


def pod(name: str, labels: Object) -> Object:
    return {"metadata": {"name": name, "uid": name, "labels": labels}, "status": {"phase": "Running"}}


def service(name: str = "web", **spec: Any) -> Object:
    """A Service as the API server completes it."""
    filled = {"type": "ClusterIP", "clusterIP": "10.0.0.1", "clusterIPs": ["10.0.0.1"], "sessionAffinity": "None"}
    filled |= {"ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack", "internalTrafficPolicy": "Cluster"}
    ports = [{"port": 80, "protocol": "TCP", "targetPort": 8080}]
    body = filled | {"selector": LABELS, "ports": ports} | spec
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": "shop"}, "spec": body}


# Any Deployment

NAMES = st.from_regex(r"[a-z][a-z0-9]{0,6}", fullmatch=True)
TEXT = st.text(alphabet="ab/$() =", max_size=8)
PORT = st.integers(1, 65535)


def _some(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=fields)


def _listed(values: st.SearchStrategy[dict[str, Any]], key: str, keys: Any = NAMES, most: int = 3) -> Any:
    pairs = st.dictionaries(keys, values, max_size=most)
    return pairs.map(lambda found: [{key: name, **value} for name, value in found.items()]).filter(bool)


HANDLERS = st.one_of(
    st.fixed_dictionaries({"port": PORT}, optional={"path": st.sampled_from(["/", "/ready"])}).map(
        lambda get: {"httpGet": get}
    ),
    PORT.map(lambda port: {"tcpSocket": {"port": port}}),
    st.lists(TEXT, min_size=1, max_size=2).map(lambda command: {"exec": {"command": command}}),
)
PROBES = st.tuples(
    HANDLERS,
    _some(
        periodSeconds=st.integers(1, 20),
        timeoutSeconds=st.integers(1, 5),
        failureThreshold=st.sampled_from([1, 3, 30, 2**31 - 1]),
        initialDelaySeconds=st.integers(1, 9),
    ),
).map(lambda parts: parts[0] | parts[1])
ENV = _listed(
    st.one_of(
        TEXT.filter(bool).map(lambda text: {"value": text}),
        st.just({"valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}),
        NAMES.map(lambda name: {"valueFrom": {"secretKeyRef": {"name": name, "key": "k"}}}),
    ),
    "name",
)
PORTS = _listed(_some(name=NAMES, protocol=st.sampled_from(["TCP", "UDP"])), "containerPort", PORT)
MOUNTS = _listed(st.fixed_dictionaries({"name": NAMES}), "mountPath", NAMES.map(lambda name: f"/{name}"))
CONTEXTS = _some(
    runAsNonRoot=st.booleans(),
    runAsUser=st.integers(0, 1000),
    allowPrivilegeEscalation=st.just(False),
    capabilities=st.sampled_from([{"drop": ["ALL"]}, {"add": ["NET_ADMIN"]}]),
).filter(bool)
CONTAINER = {
    "command": st.lists(TEXT, min_size=1, max_size=2),
    "args": st.lists(TEXT, min_size=1, max_size=2),
    "workingDir": st.just("/srv"),
    "env": ENV,
    "envFrom": st.just([{"configMapRef": {"name": "c"}}]),
    "ports": PORTS,
    "resources": st.just({"requests": {"cpu": "100m"}, "limits": {"memory": "1Gi"}}),
    "readinessProbe": PROBES,
    "livenessProbe": PROBES,
    "startupProbe": PROBES,
    "volumeMounts": MOUNTS,
    "securityContext": CONTEXTS,
    "imagePullPolicy": st.sampled_from(["Always", "Never", "IfNotPresent"]),
    "lifecycle": st.just({"preStop": {"exec": {"command": ["sleep", "1"]}}}),
    "tty": st.just(True),
}
CONTAINERS = _listed(
    st.fixed_dictionaries({"image": st.sampled_from(["a:1", "b", "c@sha256:" + "0" * 64])}, optional=CONTAINER), "name"
)
POD_SPECS = st.fixed_dictionaries(
    {"containers": CONTAINERS},
    optional={
        "initContainers": CONTAINERS,
        "volumes": _listed(st.sampled_from([{"emptyDir": {}}, {"secret": {"secretName": "s"}}]), "name"),
        "serviceAccountName": NAMES,
        "automountServiceAccountToken": st.booleans(),
        "terminationGracePeriodSeconds": st.integers(0, 90),
        "securityContext": _some(runAsNonRoot=st.just(True), seccompProfile=st.just({"type": "RuntimeDefault"})).filter(
            bool
        ),
        "nodeSelector": st.just({"disk": "ssd"}),
        "tolerations": st.just([{"operator": "Exists"}]),
        "topologySpreadConstraints": st.just(
            [{"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"}]
        ),
        "imagePullSecrets": st.just([{"name": "r"}]),
        "enableServiceLinks": st.booleans(),
        "hostNetwork": st.just(True),
        "priorityClassName": st.just("high"),
    },
)
SERVICES = st.none() | st.fixed_dictionaries(
    {
        "ports": st.lists(
            st.fixed_dictionaries({"targetPort": PORT | NAMES}, optional={"name": NAMES}), min_size=1, max_size=3
        ).map(lambda ports: [{"port": 8000 + number, "protocol": "TCP", **port} for number, port in enumerate(ports)])
    }
)
