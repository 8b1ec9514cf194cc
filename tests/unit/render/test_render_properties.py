"""What holds for every workload, whatever its spec."""

from __future__ import annotations

import json
import re
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from render_cases import workload
from render_strategies import LABELS, specs, workloads

from wharfinger import render
from wharfinger.api.containerworkload import Workload

LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")
CONFIG_KEY = re.compile(r"[-._a-zA-Z0-9]{1,253}")
SHORT_NAMED = {"Service", "Pod", "Job"}
NUMBERED = {"StatefulSet", "CronJob", "Job"}
OPTIONS = st.builds(
    render.Options,
    replicas=st.none() | st.integers(0, 5),
    paused=st.booleans(),
    http_route=st.booleans(),
    revision=st.integers(1, 9),
)


def _everything(workload: Workload, options: render.Options) -> list[dict[str, Any]]:
    template = render.template(workload)
    return [
        *render.file_maps(workload, template),
        render.controller_revision(workload, template, options.revision),
        *render.objects(workload, template, options=options),
    ]


def _shuffled(value: Any) -> Any:
    """The same value with the keys of every mapping in the opposite order."""
    if isinstance(value, dict):
        return {key: _shuffled(value[key]) for key in reversed(value)}
    return [_shuffled(item) for item in value] if isinstance(value, list) else value


@given(workloads(), OPTIONS)
def test_rendering_is_deterministic_and_changes_nothing_it_was_given(made: Workload, options: render.Options) -> None:
    before = made.spec.to_json()
    assert _everything(made, options) == _everything(made, options)
    assert made.spec.to_json() == before


@given(specs())
def test_the_order_of_keys_does_not_matter(spec: dict[str, Any]) -> None:
    # Lists keep their order: it is the user's, and where it counts (args, env) Kubernetes keeps it too.
    assert render.template(workload(spec)).hash == render.template(workload(_shuffled(spec))).hash


@given(workloads(), OPTIONS)
def test_names_are_legal(made: Workload, options: render.Options) -> None:
    for obj in _everything(made, options):
        name = obj["metadata"]["name"]
        assert (LABEL if obj["kind"] in SHORT_NAMED else SUBDOMAIN).fullmatch(name)
        assert obj["kind"] not in NUMBERED or len(name) <= 52


@given(workloads(), OPTIONS)
def test_names_are_unique_within_a_kind(made: Workload, options: render.Options) -> None:
    identities = [(obj["kind"], obj["metadata"]["name"]) for obj in _everything(made, options)]
    assert len(set(identities)) == len(identities)


@given(workloads(), OPTIONS)
def test_everything_is_marked_as_ours(made: Workload, options: render.Options) -> None:
    for obj in _everything(made, options):
        labels = obj["metadata"]["labels"]
        assert labels["app.kubernetes.io/managed-by"] == "wharfinger"
        assert labels["app.kubernetes.io/instance"] == labels["app.kubernetes.io/name"] == made.name
        assert obj["metadata"]["namespace"] == made.namespace


@given(workloads())
def test_pods_carry_what_selects_them(made: Workload) -> None:
    labels = render.template(made).pod["metadata"]["labels"]
    assert render.selector(made).items() <= labels.items()
    assert labels["wharfinger.dev/revision"] == render.template(made).hash


@given(workloads())
def test_containers_volumes_and_mounts_are_unique(made: Workload) -> None:
    pod = render.template(made).pod["spec"]
    names = [container["name"] for container in pod["containers"]]
    volumes = [volume["name"] for volume in pod.get("volumes", [])]
    assert len(set(names)) == len(names)
    assert len(set(volumes)) == len(volumes)


@given(workloads())
def test_what_is_mounted_is_a_volume(made: Workload) -> None:
    template = render.template(made)
    volumes = {volume["name"] for volume in template.pod["spec"].get("volumes", [])}
    volumes |= {claim["metadata"]["name"] for claim in template.claims}
    mounts = (mount for container in template.pod["spec"]["containers"] for mount in container.get("volumeMounts", []))
    assert {mount["name"] for mount in mounts} <= volumes


@given(workloads())
def test_files_have_legal_keys_and_are_all_there(made: Workload) -> None:
    data = [key for content in render.template(made).files.values() for key in content]
    assert all(CONFIG_KEY.fullmatch(key) for key in data)
    assert len(data) == sum(file.content is not None for file in made.spec.files)


@given(workloads())
def test_sleep_ends_within_the_grace_period(made: Workload) -> None:
    pod = render.template(made).pod["spec"]
    sleeps = [c["lifecycle"]["preStop"]["sleep"]["seconds"] for c in pod["containers"] if "lifecycle" in c]
    assert all(0 < seconds <= pod["terminationGracePeriodSeconds"] for seconds in sleeps)


@given(workloads())
def test_a_template_survives_being_kept(made: Workload) -> None:
    template = render.template(made)
    assert render.Template.from_data(json.loads(json.dumps(template.to_data()))) == template


@given(workloads(), st.integers(0, 9))
def test_scaling_is_no_new_revision(made: Workload, replicas: int) -> None:
    if made.spec.mode not in ("service", "stateful"):
        return
    scaled = workload({**made.spec.to_json(), "replicas": replicas}, name=made.name)
    assert render.template(scaled).hash == render.template(made).hash


@given(workloads(), OPTIONS)
def test_findings_point_into_the_document(made: Workload, options: render.Options) -> None:
    for finding in render.findings(made, options):
        assert re.match(r"(spec|metadata)\.\w+", finding.path)
        assert finding.message
        assert "\n" not in finding.message


@settings(max_examples=300)
@given(st.sets(LABELS.map(lambda name: ("a" * 55 + name)[:63].rstrip("-")), min_size=2, max_size=6))
def test_long_names_that_begin_alike_never_meet(names: set[str]) -> None:
    made = [workload({"image": "web:1", "mode": "stateful"}, name=name) for name in names]
    objects = [obj for one in made for obj in _everything(one, render.Options(replicas=1))]
    identities = [(obj["kind"], obj["metadata"]["name"]) for obj in objects]
    assert len(set(identities)) == len(identities)
