"""What services keep and are given: volumes, configs, secrets, resources, rights. Where peers drop it or break it."""

from __future__ import annotations

from typing import Any

import pytest
from compose_cases import converted, objects, reasons, workloads


def _one(service: str, rest: str = "", **options: Any) -> dict[str, Any]:
    """The spec of a project's one service."""
    found = converted(f"services: {{web: {{image: web, {service}}}}}\n{rest}", **options)
    assert not found.refused, found.findings
    return workloads(found)["web"]


def test_a_volume_is_one_claim_however_many_mount_it_and_however_often() -> None:
    """compose.md 1.6: kompose names a pod's volume twice, Docker's Compose Bridge makes a claim for each service."""
    found = converted("""
        services:
          a: {image: a, volumes: ["data:/one", "data:/two"]}
          b: {image: b, volumes: ["data:/three"]}
        volumes: {data: }
    """)
    assert list(objects(found, "PersistentVolumeClaim")) == ["data"]
    a, b = workloads(found)["a"]["pod"], workloads(found)["b"]["pod"]
    assert a["volumes"] == b["volumes"]
    assert [mount["mountPath"] for mount in a["containers"][0]["volumeMounts"]] == ["/one", "/two"]
    assert reasons(found)["volumes.data"] == "SharedByOneNode"


def test_what_is_taken_from_another_service_shares_its_claim() -> None:
    found = converted("""
        services:
          a: {image: a, volumes: ["data:/data"]}
          b: {image: b, volumes_from: ["a:ro"]}
        volumes: {data: }
    """)
    pod = workloads(found)["b"]["pod"]
    assert pod["volumes"] == workloads(found)["a"]["pod"]["volumes"]
    assert pod["containers"][0]["volumeMounts"][0]["readOnly"] is True
    assert reasons(found)["volumes.data"] == "SharedByOneNode"


def test_an_external_volume_is_used_and_not_made() -> None:
    """compose.md 1.8: kompose and Compose Bridge make a new, empty claim."""
    found = converted("""
        services: {web: {image: web, volumes: ["data:/data"]}}
        volumes: {data: {external: true, name: real}}
    """)
    assert not objects(found, "PersistentVolumeClaim")
    claim = workloads(found)["web"]["pod"]["volumes"][0]["persistentVolumeClaim"]
    assert claim == {"claimName": "real"}


@pytest.mark.parametrize(("retention", "kept"), [("Retain", True), ("Delete", False)])
def test_a_volume_stays_when_the_project_goes_unless_it_is_said_otherwise(retention: str, kept: bool) -> None:
    text = "services: {web: {image: web, volumes: ['data:/data']}}\nvolumes: {data: }"
    claim = objects(converted(text, defaults={"volume_retention": retention}), "PersistentVolumeClaim")["data"]
    annotations = claim["metadata"].get("annotations", {})
    assert (annotations.get("wharfinger.dev/retain") == "true") is kept
    assert (annotations.get("helm.sh/resource-policy") == "keep") is kept


def test_volumes_whose_names_would_become_one_stay_apart() -> None:
    found = converted("""
        services: {web: {image: web, volumes: ["my_data:/a", "my-data:/b"]}}
        volumes: {my_data: , my-data: }
    """)
    claims = [volume["persistentVolumeClaim"]["claimName"] for volume in workloads(found)["web"]["pod"]["volumes"]]
    assert len(set(claims)) == 2
    assert set(claims) == set(objects(found, "PersistentVolumeClaim"))


def test_a_volume_that_one_node_mounts_does_not_roll() -> None:
    """A new pod, maybe on another node, could not start beside the old one."""
    text = "services: {{web: {{image: web, volumes: ['data:/data']}}}}\nvolumes: {{data: {{{}}}}}"
    alone = workloads(converted(text.format("")))["web"]
    many = workloads(converted(text.format("labels: {wharfinger.dev/access-mode: ReadWriteMany}")))["web"]
    assert alone["rollout"] == {"strategy": "Recreate"}
    assert "rollout" not in many


@pytest.mark.parametrize(
    "mount", ["{type: tmpfs, target: /t, tmpfs: {size: 1m}}", "{type: tmpfs, target: /t, tmpfs: {size: 1048576}}"]
)
def test_tmpfs_is_memory(mount: str) -> None:
    """compose.md 1.6: kompose makes a PersistentVolumeClaim of it."""
    volume = _one(f"volumes: [{mount}]")["pod"]["volumes"][0]
    assert volume["emptyDir"] == {"medium": "Memory", "sizeLimit": "1Mi"}


@pytest.mark.parametrize(("sort", "kind"), [("configs", "ConfigMap"), ("secrets", "Secret")])
def test_new_content_is_a_new_object_so_that_it_rolls_out(sort: str, kind: str) -> None:
    """compose.md 1.8: Swarm refuses the change, the peers rewrite the object below running pods (moby#35048)."""
    text = f"services: {{web: {{image: web, {sort}: [one]}}}}\n{sort}: {{one: {{file: one.txt}}}}"
    before, same, after = (
        converted({"compose.yaml": text, "one.txt": content}) for content in ("first", "first", "second")
    )
    assert list(objects(before, kind)) == list(objects(same, kind)) != list(objects(after, kind))
    assert workloads(before) != workloads(after)
    assert all(each["immutable"] for each in objects(after, kind).values())


def test_no_secret_is_told_in_a_finding_or_a_workload() -> None:
    found = converted("""
        services: {web: {image: web, secrets: [{source: one, uid: "7", mode: 0400}]}}
        secrets: {one: {environment: TOKEN, template_driver: golang}}
    """, environment={"TOKEN": "{{hunter2}}"})  # fmt: skip
    assert reasons(found)["secrets.one.template_driver"] == "NotATemplate"
    assert "hunter2" not in str(found.findings)
    assert "hunter2" not in str(workloads(found))


def test_a_limit_reserves_nothing() -> None:
    """Swarm reserves what is said and no more (swarm.md 4.5); Kubernetes would reserve the limit."""
    resources = _one("deploy: {resources: {limits: {cpus: '0.5', memory: 64M}}}")["resources"]
    assert resources == {"limits": {"cpu": "500m", "memory": "64Mi"}, "requests": {"cpu": "0", "memory": "0"}}


def test_images_run_with_the_rights_that_docker_gives_unless_the_document_takes_them_away() -> None:
    strict = "user: '7', cap_drop: [ALL], security_opt: ['no-new-privileges:true']"
    assert _one("")["security"] == {"restricted": False, "runAsNonRoot": False}
    assert _one(strict)["security"] == {}
    assert _one(f"{strict}, cap_add: [SYS_TIME]")["security"] == {"restricted": False, "runAsNonRoot": False}


def test_a_directory_of_given_files_is_mounted_whole_unless_it_is_too_large() -> None:
    text = "services: {web: {image: web, volumes: ['./conf:/etc/conf:ro']}}"
    files = {"compose.yaml": text, "conf/a": "A", "conf/below/b": "#!/bin/sh\n"}
    mounted = workloads(converted(files))["web"]["files"]
    assert {(each["path"], each["mode"]) for each in mounted} == {("/etc/conf/a", 0o444), ("/etc/conf/below/b", 0o555)}
    large = converted(files | {"conf/large": "x" * 600_000})
    assert "files" not in workloads(large)["web"]
    assert reasons(large)["services.web.volumes[0].source"] == "NotMounted"


def test_the_directory_of_the_documents_themselves_is_not_mounted() -> None:
    found = converted("services: {web: {image: web, volumes: ['.:/code']}}")
    assert "files" not in workloads(found)["web"]
    assert reasons(found)["services.web.volumes[0].source"] == "NotMounted"


@pytest.mark.parametrize(
    ("label", "value"),
    [("kompose.volume.size", "much"), ("kompose.volume.size", "0"), ("wharfinger.dev/access-mode", "Everybody")],
)
def test_a_label_that_no_claim_takes_is_refused(label: str, value: str) -> None:
    volumes = f"volumes: {{data: {{labels: {{{label}: '{value}'}}}}}}"
    found = converted(f"services: {{web: {{image: web, volumes: ['data:/data']}}}}\n{volumes}")
    assert found.refused
    assert reasons(found)[f"volumes.data.labels.{label}"] == "ValueUnknown"


@pytest.mark.parametrize(("written", "asked"), [("500Mi", "500Mi"), ("2G", "2G"), ("10gb", "10Gi"), ("1024", "1Ki")])
def test_a_label_says_the_size_of_a_claim(written: str, asked: str) -> None:
    """A quantity of Kubernetes as it is, else a size as Docker writes it."""
    volumes = f"volumes: {{data: {{labels: {{kompose.volume.size: '{written}'}}}}}}"
    found = converted(f"services: {{web: {{image: web, volumes: ['data:/data']}}}}\n{volumes}")
    claim = objects(found, "PersistentVolumeClaim")["data"]
    assert claim["spec"]["resources"]["requests"] == {"storage": asked}
