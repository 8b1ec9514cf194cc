"""What a deploy writes: the documents unchanged, no secret in the Stack, what is large in ConfigMaps."""

from __future__ import annotations

from base64 import b64decode
from typing import Any

import pytest
import yaml

from wharfinger.api.stack import StackSpec
from wharfinger.cli.stack.brought import chunks, owned, secret_name, secrets
from wharfinger.cli.stack.bundle import (
    INLINE,
    MOST_FILES,
    SCALE_DOCUMENT,
    SECRETS_DOCUMENT,
    Content,
    Settings,
    bundle,
    hidden,
    pulling_with,
    scaled,
)

Object = dict[str, Any]

SHOP = ("prod", "shop")
WEB = "services: {web: {image: web}}  # as it is\n"
PROJECT: Object = {
    "services": {"web": {"secrets": [{"source": "db"}, {"source": "token"}, {"source": "there"}, {"source": "lost"}]}},
    "secrets": {
        "db": {"file": "./conf/db.txt"},
        "token": {"environment": "TOKEN"},
        "there": {"external": True, "name": "there"},
        "lost": {"file": "./lost.txt"},
        "unused": {"file": "./unused.txt"},
    },
}
FILES = {"conf/db.txt": "hunter2\n", "unused.txt": "u", "site.conf": "listen 80"}


def content(**given: Any) -> Content:
    return Content(**{"documents": {"compose.yaml": WEB}, "files": {}, "env": {}} | given)


def spec(made: Object) -> StackSpec:
    """As the API has it: raises where it has no such field."""
    return StackSpec.model_validate(made["spec"], by_alias=True, by_name=False)


def test_documents_files_and_variables_go_as_they_are() -> None:
    made = bundle(content(files={"site.conf": "listen 80"}, env={"TAG": "1.4"}), [], Settings(), SHOP)
    assert made.brought == ()
    assert made.stack["metadata"] == {"name": "shop", "namespace": "prod"}
    found = spec(made.stack)
    assert [(each.name, each.content) for each in found.documents] == [("compose.yaml", WEB)]
    assert [(each.path, each.content) for each in found.files] == [("site.conf", "listen 80")]
    assert found.env == [{"name": "TAG", "value": "1.4"}]


def test_what_the_command_line_says_besides() -> None:
    settings = Settings(profiles=["dev"], dialect="stack", prune=True, defaults={"storageSize": "2Gi"})
    found = spec(bundle(content(), [], settings, SHOP).stack)
    assert (found.profiles, found.dialect, found.prune, found.defaults.storage_size) == (["dev"], "stack", True, "2Gi")
    assert not spec(bundle(content(), [], Settings(), SHOP).stack).prune  # docker's default, and not the field's own


def test_secrets_are_those_that_services_take_from_files_and_variables() -> None:
    found = secrets(PROJECT, FILES, {"TOKEN": "s3cret"})
    assert [(each.key, each.content, each.file, each.variable) for each in found] == [
        ("db", "hunter2\n", "conf/db.txt", None),
        ("token", "s3cret", None, "TOKEN"),
    ]


def test_no_secret_lies_open_in_the_stack() -> None:
    found = secrets(PROJECT, FILES, {"TOKEN": "s3cret"})
    whole = content(files=FILES, env={"TOKEN": "s3cret", "TAG": "1"})
    made = bundle(hidden(whole, found, SHOP), found, Settings(), SHOP)
    assert "hunter2" not in str(made.stack)
    assert "s3cret" not in str(made.stack)
    assert [each.path for each in spec(made.stack).files] == ["site.conf", "unused.txt"]
    assert {b64decode(each["data"]["file"]).decode() for each in made.brought} == {"hunter2\n", "s3cret"}


def test_a_document_at_the_end_says_where_secrets_are() -> None:
    found = secrets(PROJECT, FILES, {"TOKEN": "s3cret"})
    shown = hidden(content(), found, SHOP)
    assert list(shown.documents) == ["compose.yaml", SECRETS_DOCUMENT]
    told = yaml.safe_load(shown.documents[SECRETS_DOCUMENT].replace("!override", ""))
    assert told == {"secrets": {each.key: {"external": True, "name": secret_name(each, SHOP)} for each in found}}
    assert hidden(content(), [], SHOP) == content()


def test_a_changed_secret_is_another_object() -> None:
    def names(text: str, stack: tuple[str, str] = SHOP) -> set[str]:
        found = secrets(PROJECT, {"conf/db.txt": text}, {})
        made = bundle(content(), found, Settings(), stack).brought
        assert all(each["immutable"] for each in made)
        return {each["metadata"]["name"] for each in made}

    assert names("a") == names("a")
    assert len(names("a") | names("b") | names("a", ("test", "shop")) | names("a", ("prod", "blog"))) == 4


def test_scale_is_a_document_at_the_end() -> None:
    project = {"services": {"web": {"scale": 2}, "db": {}}}
    found = scaled(content(), project, {"web": 3, "db": 0})
    assert list(found.documents) == ["compose.yaml", SCALE_DOCUMENT]
    assert yaml.safe_load(found.documents[SCALE_DOCUMENT])["services"] == {
        "web": {"deploy": {"replicas": 3}, "scale": 3},
        "db": {"deploy": {"replicas": 0}},
    }
    assert scaled(content(), project, {}) == content()


@pytest.mark.parametrize(
    "files",
    [{"big.sql": "x" * INLINE}, {f"{number}.conf": "x" for number in range(MOST_FILES + 1)}],
    ids=["large", "many"],
)
def test_files_that_are_too_large_or_too_many_are_in_config_maps(files: dict[str, str]) -> None:
    made = bundle(content(files=files), [], Settings(), SHOP)
    (kept,) = made.brought
    (source,) = spec(made.stack).files
    assert spec(made.stack).documents[0].content == WEB
    assert source.config_map is not None
    assert source.config_map["name"] == kept["metadata"]["name"]
    assert {each["path"]: kept["data"][each["key"]] for each in source.config_map["items"]} == files


def test_documents_that_are_too_large_are_in_config_maps_in_their_order() -> None:
    documents = {"compose.yaml": "a" * INLINE, "b.yaml": "b" * INLINE, "c.yaml": "c"}
    made = bundle(content(documents=documents, files={"f": "1"}), [], Settings(), SHOP)
    data = {each["metadata"]["name"]: each["data"] for each in made.brought}
    references = [(each.name, each.config_map_key_ref) for each in spec(made.stack).documents]
    assert {name: data[ref["name"]][ref["key"]] for name, ref in references if ref} == documents
    assert [name for name, _ in references] == list(documents)
    assert len(str(made.stack)) < INLINE


def test_texts_are_packed_in_their_order() -> None:
    sizes = {"a": 500_000, "b": 400_000, "c": 1, "d": 2_000_000, "e": 1}
    packed = [[piece.path for piece in chunk] for chunk in chunks({name: "x" * size for name, size in sizes.items()})]
    assert packed == [["a", "b"], ["c"], ["d"], ["e"]]


def test_what_a_stack_brings_goes_with_it_and_is_no_controllers_own() -> None:
    found = secrets(PROJECT, FILES, {})
    (made,) = bundle(content(), found, Settings(), SHOP).brought
    (owner,) = owned(made, {"metadata": {"name": "shop", "uid": "u"}})["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["name"], owner["uid"], owner.get("controller")) == ("Stack", "shop", "u", None)


def test_a_pull_secret_is_one_more() -> None:
    settings = Settings(defaults={"imagePullSecrets": [{"name": "own"}]})
    secret = {"metadata": {"name": "shop-registry-auth"}}
    made = pulling_with(bundle(content(), [], settings, SHOP), secret)
    assert made.brought == (secret,)
    assert [each.name for each in spec(made.stack).defaults.image_pull_secrets] == ["own", "shop-registry-auth"]
