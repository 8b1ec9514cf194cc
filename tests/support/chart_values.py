"""Values that people give to the chart, and values that it must refuse."""

from __future__ import annotations

from wharfinger.api.resource import Object

AUTHORITY = """\
-----BEGIN CERTIFICATE-----
MIIBvzCCAWWgAwIBAgIUYApXYk8SQGqvWbKfcHCqrE+vZN0wCgYIKoZIzj0EAwIw
HzEdMBsGA1UEAwwUd2hhcmZpbmdlci1hZG1pc3Npb24wIBcNMjYxMTI0MTczMDQ0
WhgPMjEyNjEwMzExNzMwNDRaMB8xHTAbBgNVBAMMFHdoYXJmaW5nZXItYWRtaXNz
aW9uMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE81CooprGuAf1OU0BIpExee+P
4CJiWEvCnaZrT+DCry7a+nxsaAqxridiCjkVM1LlyrUZctkmerpNOQyGpavMsqN9
MHswHQYDVR0OBBYEFPy8WGXL++tt46gRSad7bFzowgL+MB8GA1UdIwQYMBaAFPy8
WGXL++tt46gRSad7bFzowgL+MA8GA1UdEwEB/wQFMAMBAf8wKAYDVR0RBCEwH4Id
d2hhcmZpbmdlci1hZG1pc3Npb24uc2hvcC5zdmMwCgYIKoZIzj0EAwIDSAAwRQIg
D3VwwAa567WENaL3lyrFTe2Rz7EvVIB4+XhD2NN+KswCIQCru6kLbl4SmsXscXGQ
CHPfp8jaFlnqdT3Gqu30y/xv3g==
-----END CERTIFICATE-----
"""
"""Of nothing: its key was thrown away."""

SELF_SIGNED: Object = {"admission": {"mode": "warn"}}
"""By which each rendering without a cluster makes another certificate."""

GOOD: dict[str, Object] = {
    "defaults": {},
    "everything": {
        "commonLabels": {"team": "harbour"},
        "replicas": 3,
        "image": {
            "repository": "registry.example.com/wharfinger",
            "digest": "sha256:" + "0" * 64,
            "pullPolicy": "Always",
            "pullSecrets": [{"name": "registry"}],
        },
        "watchSecrets": True,
        "nodePolicy": {"enabled": True},
        "prometheus": {"url": "https://prometheus.example.com/shop", "secretName": "prometheus"},
        "logLevel": "debug",
        "logFormat": "plain",
        "shards": 6,
        "workers": 16,
        "extraArgs": ["--metrics-host=0.0.0.0"],
        "env": [{"name": "HTTPS_PROXY", "value": "http://proxy.example.com"}],
        "crds": {"keep": False},
        "serviceAccount": {"name": "operator", "annotations": {"example.com/role": "wharfinger"}},
        "admission": {"mode": "warn", "certManager": {"enabled": True}},
        "authors": {"enabled": True},
        "podDisruptionBudget": {"maxUnavailable": "50%"},
        "networkPolicy": {
            "from": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}],
            "egress": {"enabled": True, "ports": [443], "cidrs": ["192.0.2.0/24", "2001:db8::/32"]},
        },
        "service": {"annotations": {"prometheus.io/scrape": "true"}},
        "serviceMonitor": {"enabled": True, "interval": "30s", "scrapeTimeout": "10s", "labels": {"release": "prom"}},
        "podMonitor": {"enabled": True, "interval": "1m"},
        "prometheusRule": {"enabled": True, "labels": {"release": "prom"}},
        "dashboard": {"enabled": True, "annotations": {"grafana_folder": "Operators"}},
        "podAnnotations": {"example.com/a": "b"},
        "podLabels": {"app.kubernetes.io/name": "cannot-be-had", "colour": "blue"},
        "resources": {"requests": {"cpu": 1}, "limits": {"cpu": 2}},
        "priorityClassName": "system-cluster-critical",
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "tolerations": [{"key": "dedicated", "operator": "Exists", "effect": "NoSchedule"}],
        "affinity": {"nodeAffinity": {}},
        "topologySpreadConstraints": [
            {"topologyKey": "topology.kubernetes.io/zone", "maxSkew": 1, "whenUnsatisfiable": "DoNotSchedule"}
        ],
        "test": {"podAnnotations": {"sidecar.istio.io/inject": "false"}},
    },
    "namespaced": {"watchNamespaces": ["default", "kube-public"], "watchSecrets": True},
    "enforcing": {
        "watchNamespaces": ["default", "kube-public"],
        "admission": {
            "mode": "enforce",
            "secretName": "certificate",
            "caBundle": AUTHORITY,
            "failurePolicy": "Fail",
            "timeoutSeconds": 5,
        },
        "authors": {"enabled": True},
    },
    "admission-unquoted-off": {"admission": {"mode": False}},
    "bare": {
        "fullnameOverride": "berth",
        "crds": {"install": False},
        "rbac": {"create": False},
        "serviceAccount": {"create": False},
        "podDisruptionBudget": {"enabled": False},
        "networkPolicy": {"enabled": False},
        "topologySpreadConstraints": [],
        "podSecurityContext": {"runAsUser": None, "runAsGroup": None},
    },
}
"""By the name of the case."""

BAD: dict[str, tuple[Object, tuple[str, ...]]] = {
    "misspelt": ({"watchNamespace": ["shop"]}, ("watchNamespace", "not allowed")),
    "misspelt-within": ({"image": {"name": "web"}}, ("image", "name", "not allowed")),
    "no-list": ({"watchNamespaces": "shop"}, ("watchNamespaces", "array")),
    "no-namespace": ({"watchNamespaces": ["Shop"]}, ("watchNamespaces", "Shop")),
    "twice": ({"watchNamespaces": ["shop", "shop"]}, ("watchNamespaces", "equal")),
    "negative": ({"replicas": -1}, ("replicas", "minimum")),
    "quoted-number": ({"replicas": "2"}, ("replicas", "integer")),
    "quoted-switch": ({"crds": {"keep": "false"}}, ("crds", "keep", "boolean")),
    "unknown-level": ({"logLevel": "loud"}, ("logLevel", "debug", "info")),
    "short-digest": ({"image": {"digest": "sha256:123"}}, ("image", "digest", "sha256:")),
    "no-shards": ({"shards": 0}, ("shards", "minimum")),
    "port-out-of-range": ({"networkPolicy": {"egress": {"ports": [70000]}}}, ("ports", "want 65,535")),
    "unknown-admission": ({"admission": {"mode": "loud"}}, ("admission", "mode", "warn", "enforce")),
    "admission-too-slow": ({"admission": {"timeoutSeconds": 31}}, ("admission", "timeoutSeconds", "30")),
    "authority-no-pem": ({"admission": {"caBundle": "LS0tLS1"}}, ("admission", "caBundle", "BEGIN CERTIFICATE")),
    "prometheus-of-nowhere": ({"prometheus": {"url": "prometheus:9090"}}, ("prometheus", "url", "http")),
    "prometheus-with-password": (
        {"prometheus": {"url": "https://me:a@example.com"}},
        ("prometheus", "url", "http"),
    ),
    "prometheus-in-clear": (
        {"prometheus": {"url": "http://prometheus.example.com", "secretName": "prometheus"}},
        ("prometheus.secretName needs a prometheus.url that begins with https://",),
    ),
    "nodes-in-namespaces": (
        {"nodePolicy": {"enabled": True}, "watchNamespaces": ["shop"]},
        ("nodePolicy.enabled needs an operator of all namespaces",),
    ),
    "secret-without-authority": ({"admission": {"secretName": "a"}}, ("secretName needs admission.caBundle",)),
    "authority-without-secret": ({"admission": {"caBundle": AUTHORITY}}, ("caBundle needs admission.secretName",)),
    "two-authorities": (
        {"admission": {"secretName": "a", "caBundle": AUTHORITY, "certManager": {"enabled": True}}},
        ("exclude each other",),
    ),
    "warning-that-refuses": (
        {"admission": {"mode": "warn", "failurePolicy": "Fail"}},
        ("failurePolicy=Fail needs admission.mode=enforce",),
    ),
    "number-as-annotation": ({"podAnnotations": {"a": 1}}, ("podAnnotations", "string")),
}
"""Values, and words of the message that must name the place and what would be right."""
