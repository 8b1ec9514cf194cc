"""Swarm's templates (swarmkit, template/): each row is a rule of theirs, or one that Kubernetes adds."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wharfinger.api.containerworkload import ContainerWorkloadSpec, Workload
from wharfinger.api.tasks import TasksBlock
from wharfinger.placement import Node
from wharfinger.render.templating import TemplateError, expanded, template_findings, values

BLOCK = TasksBlock.model_validate(
    {"serviceName": "shop_web", "serviceLabels": {"tier": "front", "com.example.team": "blue", "price": "$(HOME)"}}
)
UNKNOWN = "$(WHARFINGER_NODE_NAME)"
NODE_NAME = {"name": "WHARFINGER_NODE_NAME", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}


def workload(**spec: Any) -> Workload:
    parsed = ContainerWorkloadSpec.model_validate({"image": "web:1", **spec})
    return Workload(name="web", namespace="shop", uid="uid-1", spec=parsed, labels={}, annotations={})


def some_node(name: str = "n1", arch: str = "amd64") -> Node:
    return Node(name=name, hostname=f"{name}.example.com", os="linux", arch=arch, labels={})


def filled(
    spec: dict[str, Any], *, slot: int | None = 3, node: str | None = None, nodes: list[Node] | None = None
) -> Any:
    known = [some_node()] if nodes is None else nodes
    return expanded(spec, values(workload(), BLOCK, task="x3k", slot=slot, node=node, nodes=known))


def env(text: str, **at: Any) -> str:
    """The value of an env variable, filled in."""
    made = filled({"containers": [{"name": "web", "env": [{"name": "A", "value": text}]}]}, **at)
    return str(made["containers"][0]["env"][-1]["value"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{.Service.ID}}", "uid-1"),
        ("{{.Service.Name}}", "shop_web"),
        ("{{.Service.Labels.tier}}", "front"),
        ('{{index .Service.Labels "com.example.team"}}', "blue"),
        ("{{index .Service.Labels `com.example.team`}}", "blue"),
        # a label that is not there is empty by index
        ('<{{index .Service.Labels "absent"}}>', "<>"),
        ("{{.Task.ID}}", "x3k"),
        ("{{.Task.Slot}}", "3"),
        # SERVICE.SLOT.ID (swarmkit, api/naming)
        ("{{.Task.Name}}", "shop_web.3.x3k"),
        ("{{.Node.ID}}", UNKNOWN),
        ("{{.Node.Hostname}}", UNKNOWN),
        ("{{.Node.Platform.OS}}/{{.Node.Platform.Architecture}}", "linux/x86_64"),
        # join, pipes, parentheses, white space, comments
        ('{{join "-" .Service.Name .Task.Slot}}', "shop_web-3"),
        ('{{join "," }}', ""),
        ('{{.Task.Slot | join "-" .Service.Name "x"}}', "shop_web-x-3"),
        ('{{ (index .Service.Labels "tier") }}', "front"),
        ("a {{- .Task.Slot -}} b", "a3b"),
        ("a {{- /* nothing */ -}} b", "ab"),
        ("a{{/* nothing */}}b", "ab"),
        ('{{"literal"}} {{"a\\"b\\n"}}', 'literal a"b\n'),
        ("plain }} text", "plain }} text"),
        # what was written keeps its references, what was filled in is none
        ("$(HOME) {{.Service.Labels.price}}", "$(HOME) $$(HOME)"),
        ("x-{{.Node.Hostname}}-{{.Task.Slot}}", f"x-{UNKNOWN}-3"),
    ],
)
def test_filling_in(text: str, expected: str) -> None:
    assert env(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{.Node.ID}}", "n1"),
        ("{{.Node.Hostname}}", "n1.example.com"),
        ("{{.Task.Slot}}", "n1"),
        ("{{.Task.Name}}", "shop_web.n1.x3k"),
        ("{{.Node.Platform.Architecture}}", "aarch64"),
    ],
)
def test_a_task_of_a_node_knows_it(text: str, expected: str) -> None:
    nodes = [some_node("n0"), some_node("n1", arch="arm64")]
    assert env(text, slot=None, node="n1", nodes=nodes) == expected


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{{.Service.Name", "is not closed"),
        ("{{}}", "one field"),
        ("{{.}}", "is not supported"),
        ("{{.Service}}", "is no text; it has .ID, .Name, .Labels"),
        ("{{.Service.Labels}}", "is no text"),
        ("{{.Service.Nmae}}", "no `.Service.Nmae`; there are .Service.ID"),
        ("{{.Stack.Name}}", "no `.Stack`"),
        ("{{.Task.ID.x}}", "no `.Task.ID.x`"),
        # a label that is not there is an error by field (missingkey=error)
        ("{{.Service.Labels.absent}}", "no `.Service.Labels.absent`"),
        ("{{.Service.Name .Task.ID}}", "one field"),
        ("{{.Service.Name | .Task.ID}}", "one field"),
        ("{{.Service.Name | }}", "one field"),
        ("{{if .Task.Slot}}a{{end}}", "`if` is not supported; functions are index, join"),
        ('{{printf "%s" .Task.ID}}', "`printf` is not supported"),
        ('{{env "A"}}', "`env` is not supported"),
        ("{{$x := 1}}", "is not supported"),
        ("{{index .Service.Labels}}", "`index` takes a map and a key"),
        ('{{index .Service.Name "a"}}', "`index` takes a map such as .Service.Labels"),
        ("{{index .Service.Labels .Node.ID}}", "a key must be known"),
        ("{{join}}", "`join` takes a separator"),
        ("{{(.Task.ID}}", r"`\)` is missing"),
        ("{{.Task.ID)}}", "nothing expected before"),
        ('{{"a\\q"}}', "no escape"),
        ("{{" + "(" * 40 + ".Task.ID" + ")" * 40 + "}}", "more than 16 deep"),
    ],
)
def test_what_is_no_template_is_an_error_of_one_line(text: str, why: str) -> None:
    with pytest.raises(TemplateError, match=why) as caught:
        env(text)
    assert "\n" not in str(caught.value)


PIECES = st.lists(
    st.sampled_from(
        [
            "{{",
            "}}",
            "{{-",
            "-}}",
            ".Task.ID",
            ".Node.ID",
            ".Service.Labels",
            "index",
            "join",
            '"a"',
            "`b`",
            "(",
            ")",
            "|",
            " ",
            "x",
            "/*",
            "*/",
            ".",
        ]
    ),
    max_size=12,
).map("".join)


@given(st.text(max_size=60) | PIECES)
def test_nothing_but_a_template_error_is_raised(text: str) -> None:
    try:
        made = env(text)
    except TemplateError:
        return
    assert made == text or "{{" in text


@given(st.text(max_size=60).filter(lambda text: "{{" not in text))
def test_a_text_without_braces_is_left_alone(text: str) -> None:
    assert env(text) == text


def test_the_nodes_name_comes_before_the_variables_that_refer_to_it() -> None:
    made = filled(
        {
            "containers": [
                {"name": "web", "env": [{"name": "A", "value": "{{.Node.ID}}"}, {"name": "B", "value": "b"}]},
                {"name": "proxy", "env": [{"name": "A", "value": "{{.Task.Slot}}"}]},
            ],
            "initContainers": [{"name": "first", "env": [{"name": "A", "value": "{{.Node.Hostname}}"}]}],
        }
    )
    web, proxy = made["containers"]
    assert web["env"] == [NODE_NAME, {"name": "A", "value": UNKNOWN}, {"name": "B", "value": "b"}]
    assert proxy["env"] == [{"name": "A", "value": "3"}]
    assert made["initContainers"][0]["env"][0] == NODE_NAME


def mount(**fields: str) -> Any:
    spec = {"containers": [{"name": "web", "volumeMounts": [{"name": "data", **fields}]}]}
    return filled(spec)["containers"][0]


def test_mounts_are_filled_in() -> None:
    made = mount(mountPath="/data/{{.Task.Slot}}", subPath="{{.Service.Labels.price}}/{{.Task.ID}}")
    assert made["volumeMounts"] == [{"name": "data", "mountPath": "/data/3", "subPath": "$(HOME)/x3k"}]


def test_a_sub_path_by_node_is_one_that_kubernetes_expands() -> None:
    made = mount(mountPath="/data", subPath="$(x)/{{.Node.ID}}")
    assert made["volumeMounts"] == [{"name": "data", "mountPath": "/data", "subPathExpr": f"$$(x)/{UNKNOWN}"}]
    assert made["env"] == [NODE_NAME]


def test_a_sub_path_expression_keeps_its_references() -> None:
    made = mount(mountPath="/data", subPathExpr="$(POD)/{{.Service.Labels.price}}")
    assert made["volumeMounts"][0]["subPathExpr"] == "$(POD)/$$(HOME)"


def test_a_mount_path_by_node_is_an_error() -> None:
    with pytest.raises(TemplateError, match="the node is not known"):
        mount(mountPath="/data/{{.Node.ID}}")


def test_sources_of_volumes_are_filled_in() -> None:
    volumes = [
        {"name": "a", "persistentVolumeClaim": {"claimName": "data-{{.Task.Slot}}"}},
        {"name": "b", "hostPath": {"path": "/srv/{{.Task.Slot}}", "type": "Directory"}},
        {"name": "c", "nfs": {"server": "nfs.example.com", "path": "/{{.Service.Name}}"}},
        {"name": "d", "csi": {"driver": "csi.example.com", "volumeAttributes": {"share": "{{.Task.Slot}}", "x": "y"}}},
        {"name": "e", "emptyDir": {}},
    ]
    made = filled({"containers": [{"name": "web"}], "volumes": volumes})["volumes"]
    assert made == [
        {"name": "a", "persistentVolumeClaim": {"claimName": "data-3"}},
        {"name": "b", "hostPath": {"path": "/srv/3", "type": "Directory"}},
        {"name": "c", "nfs": {"server": "nfs.example.com", "path": "/shop_web"}},
        {"name": "d", "csi": {"driver": "csi.example.com", "volumeAttributes": {"share": "3", "x": "y"}}},
        {"name": "e", "emptyDir": {}},
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{.Task.Name}}", "shop-web-3-x3k"),
        ("{{.Service.Name}}-{{.Task.Slot}}", "shop-web-3"),
        ("-{{.Task.Slot}}.", "3"),
        ("Plain_Name", "Plain_Name"),
    ],
)
def test_a_host_name_becomes_a_legal_one(text: str, expected: str) -> None:
    assert filled({"hostname": text, "containers": []})["hostname"] == expected


def test_a_long_host_name_is_cut() -> None:
    made = filled({"hostname": "{{.Service.Name}}" * 12, "containers": []})["hostname"]
    assert len(made) <= 63


@pytest.mark.parametrize(
    ("text", "why"),
    [("{{.Node.Hostname}}", "the node is not known"), ("{{index .Service.Labels `x`}}", "is no host name")],
)
def test_a_host_name_that_cannot_be_is_an_error(text: str, why: str) -> None:
    with pytest.raises(TemplateError, match=why):
        filled({"hostname": text, "containers": []})


def test_a_platform_is_known_where_all_nodes_have_it() -> None:
    two = [some_node("n1"), some_node("n2", arch="arm64")]
    assert env("{{.Node.Platform.OS}}", nodes=two) == "linux"
    with pytest.raises(TemplateError, match="a placement constraint such as"):
        env("{{.Node.Platform.Architecture}}", nodes=two)


def test_a_spec_without_templates_is_the_same_one() -> None:
    spec = {"containers": [{"name": "web", "env": [{"name": "A", "value": "a"}], "command": ["{{.Task.ID}}"]}]}
    assert filled(spec) is spec


def test_nothing_that_was_given_is_changed() -> None:
    spec = {
        "containers": [{"name": "web", "env": [{"name": "A", "value": "{{.Node.ID}}"}]}],
        "hostname": "{{.Task.ID}}",
    }
    before = repr(spec)
    filled(spec)
    assert repr(spec) == before


# Findings


SPEC = {
    "env": [{"name": "A", "value": "fine"}, {"name": "B", "value": "{{.Nothing}}"}],
    "storage": [{"name": "data", "path": "/data/{{.Node.ID}}", "size": "1Gi"}],
    "pod": {
        "hostname": "{{.Node.ID}}",
        "containers": [{"name": "proxy", "image": "p:1", "env": [{"name": "C", "value": "{{.Task.Slot"}]}],
        "volumes": [{"name": "v", "hostPath": {"path": "/{{.Service.Labels.absent}}"}}],
    },
}


def paths(block: TasksBlock, spec: dict[str, Any], nodes: list[Node] | None) -> list[str]:
    found = list(template_findings(workload(**spec), block, nodes))
    assert all(each.severity == "error" and each.reason == "InvalidTemplate" for each in found)
    return [each.path for each in found]


def test_each_template_that_would_fail_is_found_before_a_task_starts() -> None:
    assert paths(BLOCK, SPEC, [some_node()]) == [
        "spec.env[1].value",
        "spec.storage[0].path",
        "spec.pod.containers[0].env[0].value",
        "spec.pod.volumes[0].hostPath.path",
        "spec.pod.hostname",
    ]


def test_by_node_the_node_is_known_everywhere() -> None:
    everywhere = TasksBlock(scheduling="global")
    spec = {"pod": {"hostname": "{{.Node.ID}}"}, "env": [{"name": "A", "value": "{{.Node.Platform.Architecture}}"}]}
    assert paths(everywhere, spec, None) == []


def test_a_platform_cannot_be_told_where_nodes_are_not_watched() -> None:
    spec = {"env": [{"name": "A", "value": "{{.Node.Platform.OS}}"}]}
    assert paths(BLOCK, spec, None) == ["spec.env[0].value"]
    assert paths(BLOCK, spec, [some_node()]) == []


def test_documents_by_ecs_rules_have_no_templates() -> None:
    assert paths(TasksBlock.model_validate({"deployment": {}}), SPEC, []) == []
