"""``build``: what a built image is named by, and the Job that builds it."""

from __future__ import annotations

import io
import tarfile
from base64 import b64decode
from typing import Any

import pytest
from compose_cases import converted, objects, reasons, workloads

from wharfinger.compose.building.names import host, is_image_name
from wharfinger.compose.building.options import cache_repository

DOCUMENT = "services: {web: {build: ./app, restart: always}}"
FILES = {"compose.yaml": DOCUMENT, "app/Dockerfile": "FROM scratch\n", "app/run.sh": "#!/bin/sh\n", "beside.txt": "x"}
BUILDER = {"image": "registry.example.com/buildah:1"}


def _built(files: dict[str, str] | None = None, *, document: str = DOCUMENT, **builder: Any) -> Any:
    defaults = {"registry": "registry.example.com/shop", "builder": {**BUILDER, **builder}}
    given = FILES | (files or {}) | {"compose.yaml": document}
    return converted(given, environment={"TOKEN": "x"}, defaults=defaults)


def _image(files: dict[str, str] | None = None, **options: Any) -> str:
    return str(workloads(_built(files, **options))["web"]["image"])


def _job(found: Any) -> Any:
    (job,) = objects(found, "Job").values()
    return job


def _container(found: Any) -> Any:
    return _job(found)["spec"]["template"]["spec"]["containers"][0]


def _environment(found: Any) -> dict[str, str]:
    return {each["name"]: each["value"] for each in _container(found)["env"]}


def _unpacked(found: Any) -> dict[str, tuple[str, int]]:
    """Path to text and mode, of the archive that the ConfigMaps hold."""
    parts = {
        int(key): b64decode(value)
        for each in objects(found, "ConfigMap").values()
        for key, value in each["binaryData"].items()
    }
    content = b"".join(part for _, part in sorted(parts.items()))
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        return {each.name: ((archive.extractfile(each) or io.BytesIO()).read().decode(), each.mode) for each in archive}


def test_an_image_is_named_by_its_content() -> None:
    assert _image() == _image()
    assert _image().startswith("registry.example.com/shop/shop-web:")
    assert _image({"app/run.sh": "#!/bin/ash\n"}) != _image()
    assert _image({"app/more": ""}) != _image()


@pytest.mark.parametrize(
    "build",
    [
        "{context: ./app, target: x}",
        "{context: ./app, args: {A: '1'}}",
        "{context: ./app, labels: {a: b}}",
        "{context: ./app, dockerfile_inline: FROM scratch}",
        "{context: ./app, platforms: [linux/arm64]}",
        "{context: https://example.com/x.git}",
    ],
)
def test_whatever_goes_into_it_changes_the_name(build: str) -> None:
    assert _image(document=f"services: {{web: {{restart: always, build: {build}}}}}") != _image()


def test_what_does_not_go_into_it_does_not_change_the_name() -> None:
    """Neither what is beside the context, nor the document, nor who builds it."""
    assert _image({"beside.txt": "y"}) == _image()
    assert _image(document=f"# a remark\n{DOCUMENT}") == _image()
    assert _image(image="registry.example.com/buildah:2") == _image()
    assert _image(push_secret="other") == _image()


def test_another_builder_is_another_job_for_the_same_image() -> None:
    """A Job's pods cannot be changed."""
    one, other = _job(_built()), _job(_built(image="registry.example.com/buildah:2"))
    assert one["metadata"]["name"] != other["metadata"]["name"]
    assert one["metadata"]["annotations"] == other["metadata"]["annotations"]


def test_a_rebuild_is_another_image() -> None:
    assert _image(again="1") != _image()
    assert _image(again="1") == _image(again="1")


def test_the_builder_gets_the_files_below_the_context() -> None:
    found = _unpacked(_built())
    assert found == {"context/Dockerfile": ("FROM scratch\n", 0o644), "context/run.sh": ("#!/bin/sh\n", 0o755)}


def test_documents_variables_and_secrets_are_in_no_context() -> None:
    document = """
services: {web: {restart: always, build: .}}
secrets: {token: {file: ./token.txt}}
"""
    files = {"Dockerfile": "FROM scratch", ".env": "A=1", "token.txt": "one", "from-a-secret": "two"}
    found = _unpacked(_built(files, document=document, withheld=frozenset({"two"})))
    assert sorted(found) == [f"context/{path}" for path in ("Dockerfile", "app/Dockerfile", "app/run.sh", "beside.txt")]


def test_large_contexts_are_in_pieces_that_a_config_map_holds() -> None:
    files = {"app/large": "0123456789" * 200_000, "app/small": "1"}
    found = _built(files)
    assert len(objects(found, "ConfigMap")) == 3
    for each in objects(found, "ConfigMap").values():
        assert sum(len(b64decode(value)) for value in each["binaryData"].values()) < 1 << 20
    assert _unpacked(found)["context/large"][0] == files["app/large"]


def test_a_context_that_no_store_takes_is_refused() -> None:
    files = {f"app/{number}": "0123456789" * 70_000 for number in range(5)}
    files |= {f"app/more-{number}": "" for number in range(2000)}
    assert reasons(_built(files))["services.web.build.context"] == "ContextTooLarge"


def test_what_a_document_says_is_never_part_of_a_script() -> None:
    """Nor does Kubernetes see a variable of its own in it."""
    evil = '"; touch /x; $(HOME) `id`'
    document = f"services: {{web: {{restart: always, build: {{context: ./app, args: {{A: '{evil}'}}}}}}}}".replace(
        "$", "$$"
    )
    plain, container = _container(_built()), _container(_built(document=document))
    assert container["command"] == plain["command"]
    assert f"--build-arg=A={evil}".replace("$(", "$$(") in container["args"]


@pytest.mark.parametrize("name", ["w", "Web_App.1", "a" * 200, "a-" * 40])
def test_names_are_legal_whatever_a_service_is_called(name: str) -> None:
    found = _built(document=f"services: {{{name}: {{restart: always, build: ./app}}}}")
    for kind in ("Job", "ConfigMap"):
        for made in objects(found, kind):
            assert len(made) <= 63
            assert made.replace("-", "").isalnum()
            assert made == made.lower()
    assert is_image_name(_environment(found)["FIRST"])


def test_without_a_registry_it_is_an_error_that_says_what_to_write() -> None:
    found = converted(FILES, defaults={"builder": BUILDER})
    assert reasons(found)["services.web.build"] == "RegistryMissing"
    assert found.objects == ()


def test_without_a_builder_nothing_is_built() -> None:
    found = converted(FILES, defaults={"registry": "registry.example.com/shop"})
    assert reasons(found)["services.web.build"] == "NotBuilt"
    assert objects(found, "Job") == objects(found, "ConfigMap") == {}
    assert workloads(found)["web"]["image"] == "registry.example.com/shop/shop-web"


def test_a_registry_that_is_none_is_an_error() -> None:
    found = converted(FILES, defaults={"registry": "https://registry.example.com", "builder": BUILDER})
    assert reasons(found)["services.web.build"] == "ImageNameInvalid"


def test_an_insecure_registry_is_that_one_alone() -> None:
    assert _environment(_built())["INSECURE"] == ""
    assert _environment(_built(insecure=True))["INSECURE"] == "registry.example.com"


def test_a_pod_is_unconfined_only_if_that_is_asked_for() -> None:
    def security(found: Any) -> Any:
        return _job(found)["spec"]["template"]["spec"]["securityContext"]

    assert "seccompProfile" not in security(_built())
    assert security(_built(unconfined=True))["seccompProfile"] == {"type": "Unconfined"}


def test_a_service_gets_the_image_that_another_builds_by_that_name() -> None:
    document = """
services:
  web: {image: shop, build: ./app, restart: always}
  worker: {image: shop, restart: always}
  other: {image: shop2, restart: always}
"""
    found = {name: spec["image"] for name, spec in workloads(_built(document=document)).items()}
    assert found["worker"] == found["web"] != "shop"
    assert found["other"] == "shop2"


@pytest.mark.parametrize(
    ("text", "repository"),
    [
        ("type=registry,ref=registry.example.com:5000/a/b:1", "registry.example.com:5000/a/b"),
        ("registry.example.com/a", "registry.example.com/a"),
        ("type=gha", None),
        ("type=local,src=x", None),
    ],
)
def test_a_cache_is_a_repository(text: str, repository: str | None) -> None:
    assert cache_repository(text) == repository


@pytest.mark.parametrize(
    ("name", "at"),
    [("a/b", ""), ("registry.example.com/a", "registry.example.com"), ("h:5000/a:1", "h:5000"), ("a.b:1", "")],
)
def test_the_host_of_a_name(name: str, at: str) -> None:
    assert host(name) == at
