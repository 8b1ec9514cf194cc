"""What the chart renders, by both Helms and without a cluster: what it must be, and how bad values are refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.support.chart_values import BAD, GOOD
from tests.support.helm import CHART, OFFLINE, ROOT, Helm, by_identity, of_kind, offline

from wharfinger.api import crd
from wharfinger.api.resource import Object

pytestmark = pytest.mark.integration

MANIFESTS = ROOT / "manifests" / "base"


def base(file: str, kind: str) -> Object:
    """An object of the kustomize base."""
    return of_kind(list(yaml.safe_load_all((MANIFESTS / file).read_text())), kind)[0]


def rights(rules: list[Object]) -> set[tuple[str, ...]]:
    """Rules one by one: group, resource, verb, and the name if it is for one object only."""
    return {
        (group, resource, verb, name)
        for rule in rules
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
        for name in rule.get("resourceNames", [""])
    }


def container(deployment: Object) -> Object:
    found: Object = deployment["spec"]["template"]["spec"]["containers"][0]
    return found


def environment(deployment: Object) -> dict[str, Any]:
    return {each["name"]: each.get("value", each.get("valueFrom")) for each in container(deployment)["env"]}


async def test_tasks_get_the_start_program_from_the_operators_own_image(offline_helm: Helm) -> None:
    values = {"image": {"repository": "registry.example.com/wharfinger", "digest": f"sha256:{'0' * 64}"}}
    (deployment,) = of_kind(await offline_helm.template(values), "Deployment")
    assert environment(deployment)["WHARFINGER_START_IMAGE"] == container(deployment)["image"]


async def test_prometheus_is_asked_where_it_is_named(offline_helm: Helm) -> None:
    """With what it takes to ask it, which is mounted and stands in no argument and no variable."""
    given = {"prometheus": {"url": "https://prometheus.example.com/shop", "secretName": "token"}}
    plain, asking = [of_kind(await offline_helm.template(values), "Deployment")[0] for values in ({}, given)]
    assert [name for name in environment(plain) if "PROMETHEUS" in name] == []
    assert environment(asking)["WHARFINGER_PROMETHEUS_URL"] == "https://prometheus.example.com/shop"
    directory = environment(asking)["WHARFINGER_PROMETHEUS_CREDENTIALS"]
    (mount,) = [each for each in container(asking)["volumeMounts"] if each["mountPath"] == directory]
    (volume,) = [each for each in asking["spec"]["template"]["spec"]["volumes"] if each["name"] == mount["name"]]
    assert (mount["readOnly"], volume["secret"]) == (True, {"secretName": "token", "optional": True})


@pytest.mark.parametrize(
    ("url", "ports", "expected"),
    [
        ("", [], []),
        ("", [9090], []),
        ("http://prometheus.example.com:9090", [], [9090]),
        ("http://prometheus.example.com", [], [80]),
        ("https://prometheus.example.com/shop", [], [443]),
        ("http://[2001:db8::1]:9090/", [], [9090]),
        ("http://prometheus.example.com", [9090], [9090]),
    ],
)
async def test_a_closed_network_lets_prometheus_be_asked(
    offline_helm: Helm, url: str, ports: list[int], expected: list[int]
) -> None:
    """The port that its pods listen on: that of the URL, unless it is said to be another one."""
    egress = {"enabled": True, "ports": [6443], "prometheusPorts": ports}
    values: Object = {"prometheus": {"url": url}, "networkPolicy": {"egress": egress}}
    (policy,) = of_kind(await offline_helm.template(values), "NetworkPolicy")
    rules = [[port["port"] for port in rule["ports"]] for rule in policy["spec"]["egress"]]
    assert rules == [[53, 53], [6443], *([expected] if expected else [])]


# Rights


async def test_cluster_role_is_that_of_the_base(offline_helm: Helm) -> None:
    role = of_kind(await offline_helm.template({}), "ClusterRole")[0]
    assert rights(role["rules"]) == rights(base("clusterrole.yaml", "ClusterRole")["rules"])


async def test_lease_role_is_that_of_the_base(offline_helm: Helm) -> None:
    role = of_kind(await offline_helm.template({}), "Role")[0]
    assert rights(role["rules"]) == rights(base("role.yaml", "Role")["rules"])


async def test_secrets_are_granted_where_they_are_watched(offline_helm: Helm) -> None:
    plain, watching = [await offline_helm.template({"watchSecrets": on}) for on in (False, True)]
    more = rights(of_kind(watching, "ClusterRole")[0]["rules"]) - rights(of_kind(plain, "ClusterRole")[0]["rules"])
    assert more == rights(base("../secrets/clusterrole.yaml", "ClusterRole")["rules"])
    assert environment(of_kind(watching, "Deployment")[0])["WHARFINGER_WATCH_SECRETS"] == "true"


async def test_nodes_are_changed_where_node_policies_are_kept(offline_helm: Helm) -> None:
    plain, keeping = [await offline_helm.template({"nodePolicy": {"enabled": on}}) for on in (False, True)]
    known = {role["metadata"]["name"] for role in of_kind(plain, "ClusterRole")}
    (more,) = [role for role in of_kind(keeping, "ClusterRole") if role["metadata"]["name"] not in known]
    assert rights(more["rules"]) == rights(base("../node-policy/clusterrole.yaml", "ClusterRole")["rules"])
    bound = [each["roleRef"]["name"] for each in of_kind(keeping, "ClusterRoleBinding")]
    assert more["metadata"]["name"] in bound
    assert environment(of_kind(keeping, "Deployment")[0])["WHARFINGER_NODE_POLICIES"] == "true"
    assert "WHARFINGER_NODE_POLICIES" not in environment(of_kind(plain, "Deployment")[0])


async def test_namespaces_have_roles_and_the_cluster_none(offline_helm: Helm) -> None:
    """In each, what the ClusterRole grants, less what is of no namespace."""
    manifests = await offline_helm.template({"watchNamespaces": ["shop", "blog"]})
    assert of_kind(manifests, "ClusterRole") == of_kind(manifests, "ClusterRoleBinding") == []
    roles = {role["metadata"]["namespace"]: rights(role["rules"]) for role in of_kind(manifests, "Role")[1:]}
    of_cluster = {right for right in rights(base("clusterrole.yaml", "ClusterRole")["rules"]) if is_of_cluster(right)}
    expected = rights(base("clusterrole.yaml", "ClusterRole")["rules"]) - of_cluster
    assert roles == {"shop": expected, "blog": expected}
    subjects = [binding["subjects"] for binding in of_kind(manifests, "RoleBinding")]
    assert all(subject == subjects[0] for subject in subjects)
    arguments = container(of_kind(manifests, "Deployment")[0])["args"]
    assert arguments == ["run", "--namespace=shop", "--namespace=blog"]


def is_of_cluster(right: tuple[str, ...]) -> bool:
    return right[1] in {"nodes", "customresourcedefinitions"}


# The operator


async def test_deployment_is_that_of_the_base(offline_helm: Helm) -> None:
    """Less names, labels and what the chart's values put into the environment; the start image is each one's own."""
    ours, theirs = of_kind(await offline_helm.template({}), "Deployment")[0], base("deployment.yaml", "Deployment")
    asked, given = environment(theirs), environment(ours)
    assert asked.pop("WHARFINGER_START_IMAGE") == container(theirs)["image"]
    assert given["WHARFINGER_START_IMAGE"] == container(ours)["image"]
    assert asked.items() <= given.items()
    assert ours["spec"]["replicas"] == theirs["spec"]["replicas"]
    assert alike(ours) == alike(theirs)


def alike(deployment: Object) -> Object:
    """The pod's spec without what may differ."""
    spec: Object = json.loads(json.dumps(deployment["spec"]["template"]["spec"]))
    for part in ("image", "imagePullPolicy", "env"):
        spec["containers"][0].pop(part, None)
    for constraint in spec["topologySpreadConstraints"]:
        del constraint["labelSelector"]
    return spec


async def test_selectors_find_the_operators_pods_and_no_others(offline_helm: Helm) -> None:
    """Whatever labels users give."""
    manifests = await offline_helm.template(GOOD["everything"])
    pods = of_kind(manifests, "Deployment")[0]["spec"]["template"]["metadata"]["labels"].items()
    selectors = [
        *(obj["spec"]["selector"]["matchLabels"] for kind in SELECTING for obj in of_kind(manifests, kind)),
        of_kind(manifests, "NetworkPolicy")[0]["spec"]["podSelector"]["matchLabels"],
        *(service["spec"]["selector"] for service in of_kind(manifests, "Service")),
    ]
    assert len(selectors) == len(SELECTING) + 3
    for selector in selectors:
        assert selector.items() <= pods
        assert selector["app.kubernetes.io/component"] == "operator"
    assert ("colour", "blue") in pods


SELECTING = ("Deployment", "PodDisruptionBudget", "ServiceMonitor", "PodMonitor")


@pytest.mark.parametrize(
    ("image", "reference"),
    [
        ({}, "wharfinger:0.1.0"),
        ({"repository": "registry.example.com/w", "tag": "1"}, "registry.example.com/w:1"),
        ({"tag": "1", "digest": "sha256:" + "a" * 64}, "wharfinger:1@sha256:" + "a" * 64),
    ],
)
async def test_image(offline_helm: Helm, image: Object, reference: str) -> None:
    deployment = of_kind(await offline_helm.template({"image": image}), "Deployment")[0]
    assert container(deployment)["image"] == reference


async def test_every_object_has_the_common_labels(offline_helm: Helm) -> None:
    manifests = await offline_helm.template(GOOD["everything"])
    assert [obj["metadata"]["name"] for obj in manifests if obj["metadata"]["labels"].get("team") != "harbour"] == []


# CRDs


@pytest.mark.parametrize("keep", [True, False])
async def test_crds_are_the_published_ones(offline_helm: Helm, keep: bool) -> None:
    """Numbers and all: Helm reads numbers as floating point."""
    rendered = of_kind(await offline_helm.template({"crds": {"keep": keep}}), "CustomResourceDefinition")
    published = [yaml.safe_load(text) for text in crd.files().values()]
    assert [obj["spec"] for obj in rendered] == [obj["spec"] for obj in published]
    policies = {obj["metadata"].get("annotations", {}).get("helm.sh/resource-policy") for obj in rendered}
    assert policies == {"keep" if keep else None}


# Files


async def test_rules_and_dashboard_are_the_files(offline_helm: Helm) -> None:
    manifests = await offline_helm.template(GOOD["everything"])
    rules = yaml.safe_load((CHART / "files/rules.yaml").read_text())
    assert of_kind(manifests, "PrometheusRule")[0]["spec"] == rules
    dashboard = of_kind(manifests, "ConfigMap")[0]
    assert dashboard["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert json.loads(dashboard["data"]["wharfinger.json"]) == json.loads((CHART / "files/dashboard.json").read_text())


# Helm


@pytest.mark.parametrize("values", GOOD.values(), ids=GOOD)
async def test_both_helms_render_the_same(tmp_path: Path, values: Object) -> None:
    four, three = [by_identity(await Helm(major, OFFLINE, "shop", tmp_path).template(values)) for major in (4, 3)]
    assert four == three


@pytest.mark.parametrize("values", GOOD.values(), ids=GOOD)
async def test_lint_is_content(offline_helm: Helm, values: Object) -> None:
    await offline_helm("lint", "--strict", CHART, *offline_helm.given(values), *offline())


@pytest.mark.parametrize(("values", "words"), BAD.values(), ids=BAD)
async def test_bad_values_are_refused_by_name(offline_helm: Helm, values: Object, words: tuple[str, ...]) -> None:
    said = await offline_helm.refusal("template", CHART, *offline_helm.given(values), *offline())
    assert [word for word in words if word not in said] == [], said


async def test_old_clusters_are_refused(offline_helm: Helm) -> None:
    said = await offline_helm.refusal("template", CHART, "--kube-version", "1.30.0")
    assert ">=1.31.0" in said
    await offline_helm("template", CHART, "--kube-version", "v1.31.4-eks-abcdef")
