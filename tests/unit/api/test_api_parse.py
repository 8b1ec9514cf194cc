"""A document is read as it was meant, or refused with every mistake named."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.refusals import ACCEPTED, RULES, SHAPES, Refusal, document

from wharfinger.api.containerworkload import ContainerWorkloadSpec, Mode
from wharfinger.api.parse import InvalidSpec, parse
from wharfinger.api.status import Finding

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def problems(obj: Any) -> tuple[Finding, ...]:
    """What is said of the document; nothing if it is read."""
    try:
        parse(obj)
    except InvalidSpec as refused:
        return refused.findings
    return ()


_FIELDS = [info.alias or name for name, info in ContainerWorkloadSpec.model_fields.items()]


@pytest.mark.parametrize("case", [*RULES.values(), *SHAPES.values()], ids=[*RULES, *SHAPES])
def test_mistake_is_named(case: Refusal) -> None:
    with pytest.raises(InvalidSpec) as refused:
        parse(case.document)
    found = [(finding.path, finding.reason) for finding in refused.value.findings]
    assert found == [(case.path, case.reason)]


@pytest.mark.parametrize("case", [*RULES.values(), *SHAPES.values()], ids=[*RULES, *SHAPES])
def test_message_says_what_would_be_right(case: Refusal) -> None:
    with pytest.raises(InvalidSpec, match=r"spec|metadata") as refused:
        parse(case.document)
    assert case.says in refused.value.findings[0].message


@pytest.mark.parametrize("spec", ACCEPTED.values(), ids=ACCEPTED)
def test_good_spec_is_read(spec: dict[str, Any]) -> None:
    assert parse(document(spec)).spec.image == "web:1"


def test_missing_field_says_what_it_is_for() -> None:
    with pytest.raises(InvalidSpec) as refused:
        parse(document({}))
    (finding,) = refused.value.findings
    assert (finding.path, finding.reason) == ("spec.image", "MissingField")
    assert "image of the main container" in finding.message


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(InvalidSpec) as refused:
        parse(document({"image": "", "replicas": "3", "rollout": {"onFailure": "rolback", "historyLimit": 0}}))
    assert [finding.path for finding in refused.value.findings] == [
        "spec.image",
        "spec.replicas",
        "spec.rollout.historyLimit",
        "spec.rollout.onFailure",
    ]


@pytest.mark.parametrize(
    ("obj", "path"),
    [
        (None, ""),
        ([], ""),
        ({}, "apiVersion"),
        ({"apiVersion": "wharfinger.dev/v1alpha1", "kind": "Deployment"}, "kind"),
        ({"apiVersion": "wharfinger.dev/v1alpha1", "kind": "ContainerWorkload"}, "metadata.name"),
        (
            {"apiVersion": "wharfinger.dev/v1alpha1", "kind": "ContainerWorkload", "metadata": {"name": 1}},
            "metadata.name",
        ),
    ],
)
def test_other_documents_are_refused(obj: Any, path: str) -> None:
    with pytest.raises(InvalidSpec) as refused:
        parse(obj)
    assert [finding.path for finding in refused.value.findings] == [path]


def test_metadata_is_carried_over() -> None:
    obj = document({"image": "web:1"})
    obj["metadata"] |= {"uid": "u", "generation": 4, "labels": {"a": "b"}, "annotations": {"c": "d"}, "namespace": "ns"}
    workload = parse(obj)
    assert (workload.name, workload.namespace, workload.uid, workload.generation) == ("web", "ns", "u", 4)
    assert (workload.labels, workload.annotations) == ({"a": "b"}, {"c": "d"})


def test_quantities_written_as_numbers_become_text() -> None:
    spec = parse(document(ACCEPTED["quantity-as-number"])).spec
    assert spec.resources == {"limits": {"cpu": "1", "memory": "1Gi"}}


def test_borrowed_types_keep_what_was_written() -> None:
    env = [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}, {"name": "B", "value": ""}]
    assert parse(document({"image": "web:1", "env": env})).spec.env == env


@pytest.mark.parametrize("name", ["1web", "9"])
def test_digit_in_front_is_fine_without_service(name: str) -> None:
    assert parse(document({"image": "web:1", "mode": "daemon"}, name=name)).name == name


@given(spec=st.dictionaries(st.sampled_from(_FIELDS), _JSON, max_size=4))
def test_nothing_but_findings_comes_of_nonsense(spec: dict[str, Any]) -> None:
    findings = problems(document({"image": "web:1"} | spec))
    assert all(finding.path.startswith("spec") and finding.message for finding in findings)


@given(mode=st.sampled_from(Mode.__args__), name=st.from_regex(r"[a-z]([-a-z0-9]{0,50}[a-z0-9])?", fullmatch=True))
def test_dns_labels_are_names_in_every_mode(mode: str, name: str) -> None:
    spec = {"image": "web:1", "mode": mode} | ({"cron": {"schedule": "@daily"}} if mode == "cron" else {})
    assert parse(document(spec, name=name)).name == name
