"""docker's credentials: those of the images' registries, and of no other."""

from __future__ import annotations

import json
from base64 import b64decode
from pathlib import Path

import pytest

from wharfinger.cli.errors import BadInputError
from wharfinger.cli.stack.registry import HUB, credentials, kept, pull_secret, registry_of


@pytest.mark.parametrize(
    ("image", "registry"),
    [
        ("nginx", HUB),
        ("library/nginx:1", HUB),
        ("docker.io/library/nginx", HUB),
        ("registry.example.com/shop/web:1", "registry.example.com"),
        ("registry.example.com:5000/web", "registry.example.com:5000"),
        ("localhost/web", "localhost"),
        ("shop/web@sha256:0", HUB),
    ],
)
def test_the_registry_of_an_image(image: str, registry: str) -> None:
    assert registry_of(image) == registry


def test_only_the_images_own_registries() -> None:
    auths = {
        HUB: {"auth": "aHVi"},
        "https://registry.example.com/v2/": {"auth": "b25l", "email": "a@example.com"},
        "other.example.com": {"auth": "dHdv"},
    }
    assert credentials(auths, ["registry.example.com/web"]) == {"https://registry.example.com/v2/": {"auth": "b25l"}}
    assert credentials(auths, ["nginx"]) == {HUB: {"auth": "aHVi"}}


@pytest.mark.parametrize("auths", [{}, {"registry.example.com": {}}])  # the second: a credential helper has it
def test_that_there_are_none_is_said(auths: dict[str, dict[str, str]]) -> None:
    with pytest.raises(BadInputError, match=r"registry\.example\.com"):
        credentials(auths, ["registry.example.com/web"])


def test_the_secret_is_one_to_pull_with() -> None:
    made = pull_secret({"registry.example.com": {"auth": "b25l"}}, ("prod", "shop"))
    assert (made["metadata"]["namespace"], made["type"]) == ("prod", "kubernetes.io/dockerconfigjson")
    told = json.loads(b64decode(made["data"][".dockerconfigjson"]))
    assert told == {"auths": {"registry.example.com": {"auth": "b25l"}}}


def test_dockers_file_is_read_where_docker_has_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    with pytest.raises(BadInputError, match=r"config\.json"):
        kept()
    (tmp_path / "config.json").write_text('{"auths": {"a.example.com": {"auth": "eA=="}}}')
    assert kept() == {"a.example.com": {"auth": "eA=="}}
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(BadInputError, match="no JSON"):
        kept()
