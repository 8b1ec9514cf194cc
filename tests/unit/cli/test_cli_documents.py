"""Documents are read as kubectl reads them."""

import io
from pathlib import Path

import pytest

from wharfinger.cli.documents import read_documents
from wharfinger.cli.errors import BadInputError


def write(directory: Path, text: str, name: str = "web.yaml") -> str:
    path = directory / name
    path.write_text(text)
    return str(path)


def test_several_documents_are_numbered_and_empty_ones_left_out(tmp_path: Path) -> None:
    path = write(tmp_path, "---\nkind: A\n---\n# nothing\n---\nkind: B\n")
    assert [(doc.source, doc.content["kind"]) for doc in read_documents([path])] == [
        (f"{path}#1", "A"),
        (f"{path}#2", "B"),
    ]


def test_a_list_counts_as_its_items(tmp_path: Path) -> None:
    path = write(tmp_path, "kind: List\nitems: [{kind: A}, {kind: B}]\n")
    assert [doc.source for doc in read_documents([path])] == [f"{path}.items[0]", f"{path}.items[1]"]


def test_a_directory_counts_as_its_yaml_and_json_files_in_order(tmp_path: Path) -> None:
    write(tmp_path, "kind: B", "b.yml")
    write(tmp_path, '{"kind": "A"}', "a.json")
    write(tmp_path, "nothing of ours", "notes.txt")
    assert [doc.content["kind"] for doc in read_documents([str(tmp_path)])] == ["A", "B"]


def test_standard_input_is_a_dash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("kind: A"))
    assert [doc.source for doc in read_documents(["-"])] == ["standard input"]


def test_what_looks_like_a_date_stays_text(tmp_path: Path) -> None:
    path = write(tmp_path, "kind: A\nversion: 2024-01-31\n")
    assert read_documents([path])[0].content["version"] == "2024-01-31"


def test_anchors_and_merge_keys_work(tmp_path: Path) -> None:
    path = write(tmp_path, "kind: A\nx: &x {a: 1}\ny: {<<: *x, b: 2}\nz: {<<: *x, a: 3}\n")
    content = read_documents([path])[0].content
    assert (content["y"], content["z"]) == ({"a": 1, "b": 2}, {"a": 3})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("kind: A\nkind: B\n", "web.yaml: line 2, column 1: key 'kind' is given twice"),
        ("kind: [A\n", "web.yaml: line 2, column 1: "),
        ("- kind: A\n", "web.yaml: is no Kubernetes object (it has no kind)"),
        ("kind: List\nitems: [3]\n", "web.yaml.items[0]: is no Kubernetes object (it has no kind)"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(BadInputError) as error:
        read_documents([path])
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_a_missing_file_and_an_empty_directory_are_told(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=r"absent\.yaml: No such file or directory"):
        read_documents([str(tmp_path / "absent.yaml")])
    with pytest.raises(BadInputError, match=r"no \.yaml, \.yml, \.json files in this directory"):
        read_documents([str(tmp_path)])


def test_bytes_that_are_no_text_are_told(tmp_path: Path) -> None:
    path = tmp_path / "web.yaml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(BadInputError, match="is not UTF-8 text"):
        read_documents([str(path)])
