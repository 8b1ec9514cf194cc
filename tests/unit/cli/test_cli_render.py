"""``wharfinger render``: everything or nothing on standard output, remarks on standard error, exit codes."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from wharfinger.cli.main import invoke

WEB: dict[str, Any] = {
    "apiVersion": "wharfinger.dev/v1alpha1",
    "kind": "ContainerWorkload",
    "metadata": {"name": "web"},
    "spec": {"image": "web:1.4", "replicas": 3, "ports": [{"name": "http", "containerPort": 8080}]},
}


def write(directory: Path, *documents: dict[str, Any]) -> str:
    path = directory / "web.yaml"
    path.write_text(yaml.safe_dump_all(documents))
    return str(path)


def web(**spec: Any) -> dict[str, Any]:
    return {**WEB, "spec": {**WEB["spec"], **spec}}


def test_it_prints_the_objects_that_a_workload_stands_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["render", write(tmp_path, WEB), "-n", "shop"]) == 0
    out, err = capsys.readouterr()
    objects = {obj["kind"]: obj for obj in yaml.safe_load_all(out)}
    assert objects.keys() >= {"Deployment", "Service", "PodDisruptionBudget"}
    assert {obj["metadata"]["namespace"] for obj in objects.values()} == {"shop"}
    assert objects["Deployment"]["spec"]["replicas"] == 3
    assert "error" not in err


def test_a_namespace_in_the_document_wins(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    placed = {**WEB, "metadata": {"name": "web", "namespace": "own"}}
    assert invoke(["render", write(tmp_path, placed), "-n", "shop"]) == 0
    assert yaml.safe_load_all(capsys.readouterr().out).__next__()["metadata"]["namespace"] == "own"


def test_json_is_one_list(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["render", write(tmp_path, WEB), "-o", "json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["kind"] == "List"
    assert {item["kind"] for item in answer["items"]} >= {"Deployment", "Service"}


def test_replicas_are_left_to_an_autoscaler(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["render", write(tmp_path, web(autoscale={"maxReplicas": 5}))]) == 0
    objects = {obj["kind"]: obj for obj in yaml.safe_load_all(capsys.readouterr().out)}
    assert "replicas" not in objects["Deployment"]["spec"]
    assert objects["HorizontalPodAutoscaler"]["spec"]["maxReplicas"] == 5


def test_nothing_is_printed_while_one_document_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path, WEB, web(pod={"containers": [{"name": "web", "resorces": {}}]}), web(replica=3))
    assert invoke(["render", path]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert f"{path}#2: error: spec.pod.containers[0].resorces: " in err
    assert f"{path}#3: error: spec.replica: " in err


@pytest.mark.parametrize(
    ("document", "line"),
    [
        ({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}}, "is apps/v1 Deployment; render"),
        ({**WEB, "metadata": {}}, "metadata.name is missing"),
    ],
)
def test_what_it_cannot_take_is_told_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], document: dict[str, Any], line: str
) -> None:
    assert invoke(["render", write(tmp_path, document)]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert line in err
