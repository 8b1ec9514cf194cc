"""What makes a new revision, and what does not."""

from __future__ import annotations

from typing import Any

import pytest
from render_cases import workload

from wharfinger import render
from wharfinger.api.containerworkload import Workload

SPEC: dict[str, Any] = {
    "image": "web:1",
    "ports": [{"name": "http", "containerPort": 8080}],
    "files": [{"path": "/etc/a", "content": "one"}, {"path": "/etc/b", "secretRef": {"name": "tls"}}],
    "env": [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "a"}}}],
    "envFrom": [{"secretRef": {"name": "db"}}, {"configMapRef": {"name": "common"}}],
}


def _hash(made: Workload, **digests: str) -> str:
    return render.template(made, digests={("Secret", name): digest for name, digest in digests.items()}).hash


@pytest.mark.parametrize(
    "change",
    [
        {"image": "web:2"},
        {"args": ["x"]},
        {"env": []},
        {"resources": {"limits": {"memory": "1Gi"}}},
        {"healthCheck": {"tcpSocket": {"port": 8080}}},
        {"files": [{"path": "/etc/a", "content": "two"}, SPEC["files"][1]]},
        {"podLabels": {"a": "b"}},
        {"podAnnotations": {"a": "b"}},
        {"pod": {"hostNetwork": True}},
        {"spread": {"enabled": False}},
        {"security": {"restricted": False}},
        {"terminationGracePeriod": "1m"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_change_that_reaches_the_pods_is_a_new_revision(change: dict[str, Any]) -> None:
    assert _hash(workload(SPEC | change)) != _hash(workload(SPEC))


@pytest.mark.parametrize(
    "change",
    [
        {"replicas": 7},
        {"autoscale": {"maxReplicas": 4}},
        {"disruption": {"maxUnavailable": 2}},
        {"network": {"ingress": []}},
        {"route": {"hosts": ["a.example.com"]}},
        {"rollout": {"maxSurge": 2, "minReady": "5s"}},
        {"service": {"type": "NodePort"}},
        {"ports": [{"name": "http", "containerPort": 8080, "servicePort": 80}]},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_change_around_the_pods_is_no_new_revision(change: dict[str, Any]) -> None:
    assert _hash(workload(SPEC | change)) == _hash(workload(SPEC))


def test_a_label_on_the_workload_is_no_new_revision() -> None:
    assert _hash(workload(SPEC, labels={"helm.sh/chart": "web-2"})) == _hash(workload(SPEC))


def test_another_revision_of_what_it_is_restarted_with_is_a_new_revision() -> None:
    made = workload(SPEC | {"dependsOn": [{"name": "db", "restart": True}, {"name": "cache", "restart": True}]})
    seen = [render.template(made, stamps={"db": f"5f0c/{number}", "cache": "beef/1"}) for number in (1, 2)]
    assert seen[0].hash != seen[1].hash
    assert render.stamps_of(seen[1].pod) == {"db": "5f0c/2", "cache": "beef/1"}
    assert render.template(made).hash == _hash(workload(SPEC)), "the order itself is none of the pods' business"


def test_a_restart_is_a_new_revision() -> None:
    restarted = workload(SPEC, annotations={"wharfinger.dev/restartedAt": "2026-01-01T00:00:00Z"})
    assert _hash(restarted) != _hash(workload(SPEC))
    assert "wharfinger.dev/restartedAt" in render.template(restarted).pod["metadata"]["annotations"]


def test_new_content_of_a_referenced_secret_is_a_new_revision() -> None:
    made = workload(SPEC)
    assert _hash(made, tls="1") != _hash(made, tls="2")
    assert _hash(made, tls="1", db="1") != _hash(made, tls="1")


def test_content_that_nothing_refers_to_does_not_matter() -> None:
    made = workload(SPEC)
    assert _hash(made, tls="1", other="1") == _hash(made, tls="1", other="2")


def test_referenced_names_files_env_and_env_from() -> None:
    assert render.referenced(workload(SPEC)) == {
        ("Secret", "tls"),
        ("Secret", "db"),
        ("ConfigMap", "settings"),
        ("ConfigMap", "common"),
    }


@pytest.mark.parametrize("change", [{"completions": 3}, {"completions": 2, "completionMode": "Indexed"}])
def test_what_a_job_cannot_change_is_another_job(change: dict[str, Any]) -> None:
    names = set()
    for block in ({"completions": 2}, change):
        made = workload({"image": "migrate:1", "mode": "job", "job": block})
        names.add(render.runner(made, render.template(made))[1])
    assert len(names) == 2


def test_an_earlier_revision_runs_under_todays_replicas() -> None:
    earlier = render.template(workload(SPEC))
    today = workload(SPEC | {"image": "web:2", "replicas": 4})
    rendered = render.objects(today, earlier, options=render.Options(replicas=4, revision=1))
    spec = next(obj["spec"] for obj in rendered if obj["kind"] == "Deployment")
    assert spec["replicas"] == 4
    assert spec["template"]["spec"]["containers"][0]["image"] == "web:1"


def test_a_revision_keeps_its_text() -> None:
    template = render.template(workload(SPEC))
    kept = render.controller_revision(workload(SPEC), template, 3)
    assert kept["revision"] == 3
    (restored,) = render.file_maps(workload(SPEC), render.Template.from_data(kept["data"]))
    assert list(restored["data"].values()) == ["one"]


def test_runner_names_the_object_that_is_rendered() -> None:
    for mode, extra in {"service": {}, "stateful": {}, "daemon": {}, "job": {}, "pod": {}, "cron": "@daily"}.items():
        made = workload({"image": "a:1", "mode": mode} | ({"cron": {"schedule": extra}} if extra else {}))
        template = render.template(made)
        resource, name = render.runner(made, template)
        rendered = render.objects(made, template, options=render.Options(replicas=1))
        assert (resource.kind, name) in [(obj["kind"], obj["metadata"]["name"]) for obj in rendered]


# Revisions that were there before us

FOUND: dict[str, Any] = SPEC | {"selector": {"app": "web"}, "podLabels": {"tier": "front"}}


def _found(spec: dict[str, Any] = FOUND, **digests: str) -> render.Template:
    """The template of a spec whose revision, as FOUND has it, was imported."""
    imported = {"wharfinger.dev/imported": _hash(workload(FOUND))}
    made = workload(spec, annotations=imported)
    return render.template(made, digests={("Secret", name): digest for name, digest in digests.items()})


def test_an_imported_revision_has_no_label_of_ours() -> None:
    template = _found()
    assert template.as_found
    assert template.pod["metadata"]["labels"] == {"app": "web", "tier": "front"}
    assert template.hash == _hash(workload(FOUND))


def test_content_has_no_part_in_an_imported_revision() -> None:
    assert _found(tls="1") == _found(tls="2")
    assert "annotations" not in _found(tls="1").pod["metadata"]


def test_any_other_revision_has_our_labels_and_follows_content() -> None:
    changed = FOUND | {"image": "web:2"}
    template = _found(changed)
    assert not template.as_found
    labels = template.pod["metadata"]["labels"]
    assert labels.items() >= {"app": "web", "tier": "front", "wharfinger.dev/workload": "web"}.items()
    assert labels["wharfinger.dev/revision"] == template.hash
    assert _found(changed, tls="1").hash != _found(changed, tls="2").hash


def test_a_restart_ends_an_imported_revision() -> None:
    asked = {"wharfinger.dev/imported": _hash(workload(FOUND)), "wharfinger.dev/restartedAt": "now"}
    assert not render.template(workload(FOUND, annotations=asked)).as_found


def test_what_selected_the_pods_wins_over_our_labels() -> None:
    selector = {"app.kubernetes.io/instance": "release", "app.kubernetes.io/name": "shop"}
    made = workload(SPEC | {"selector": selector, "podLabels": {"app.kubernetes.io/managed-by": "Helm"}})
    labels = render.template(made).pod["metadata"]["labels"]
    assert labels.items() >= selector.items()
    assert labels["app.kubernetes.io/managed-by"] == "wharfinger"
    assert render.selector(made) == selector


def test_a_selector_with_a_mark_of_another_revision_changes_nothing() -> None:
    made = workload(FOUND, annotations={"wharfinger.dev/imported": "0123456789"})
    assert render.template(made) == render.template(workload(FOUND))
