"""Swarm's constraints (swarmkit, manager/constraint/constraint.go): each row is a rule of theirs."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from placement_cases import node

from wharfinger.placement.constraining import terms
from wharfinger.placement.constraint import Constraint, ConstraintError, matches, parse
from wharfinger.placement.requirement import met

NODE = node(
    "Node-1".lower(),
    labels={"zone": "EU", "Zone": "other", "topology.kubernetes.io/zone": "a", "engine.wharfinger.dev/storage": "SSD"},
    ips=("210.8.4.7", "2001:db8::2"),
)

RULES: list[tuple[str, bool]] = [
    # values compare whatever their case
    ("node.labels.zone==eu", True),
    ("node.labels.zone == EU", True),
    ("node.labels.zone != eu", False),
    # names of labels do not; keys do
    ("node.labels.Zone == eu", False),
    ("NODE.LABELS.zone == eu", True),
    ("Node.Hostname == NODE-1", True),
    # a label that is absent is an empty one: != matches
    ("node.labels.absent != a", True),
    ("node.labels.absent == a", False),
    ("engine.labels.storage == ssd", True),
    ("engine.labels.absent != ssd", True),
    # no globbing, no regular expressions
    ("node.labels.zone == E*", False),
    ("node.hostname == node-.", False),
    # an unknown key never matches, whichever way it is put
    ("node.colour == red", False),
    ("node.colour != red", False),
    ("node.labels. == a", False),
    # ids
    ("node.id == node-1", True),
    (f"node.id == {NODE.uid}", True),
    (f"node.id != {NODE.uid}", False),
    ("node.id == other", False),
    # roles
    ("node.role == worker", True),
    ("node.role == Manager", False),
    ("node.role != manager", True),
    # platforms, with both names of an architecture
    ("node.platform.os == Linux", True),
    ("node.platform.arch == x86_64", True),
    ("node.platform.arch == amd64", True),
    ("node.platform.arch != x86_64", False),
    ("node.platform.arch == aarch64", False),
    # addresses and networks
    ("node.ip == 210.8.4.7", True),
    ("node.ip == 210.8.4.0/24", True),
    ("node.ip == 210.8.4.9/24", True),
    ("node.ip != 210.8.4.0/24", False),
    ("node.ip != 10.0.0.0/8", True),
    ("node.ip == ::ffff:210.8.4.7", True),
    ("node.ip == ::ffff:210.8.0.0/112", True),
    ("node.ip != ::ffff:10.0.0.0/104", True),
    ("node.ip == ::/0", True),
    ("node.ip == 2001:db8::2", True),
    ("node.ip == 2001:DB8:0::2", True),
    ("node.ip == 2001:db8::/64", True),
    ("node.ip != 2001:db8::/64", False),
    ("node.ip == 2001:db9::/64", False),
    # what is no address never matches, whichever way it is put
    ("node.ip == nonsense", False),
    ("node.ip != nonsense", False),
    ("node.ip != 10.0.0.0/255.0.0.0", False),
    # == is looked for first
    ("node.labels.zone==eu", True),
    # our addition: names of Kubernetes' labels have slashes
    ("node.labels.topology.kubernetes.io/zone == A", True),
]


@pytest.mark.parametrize(("text", "fits"), RULES)
def test_matching(text: str, fits: bool) -> None:
    assert matches(parse(text), NODE) is fits


@pytest.mark.parametrize(("text", "fits"), RULES)
def test_what_is_compiled_selects_the_same_nodes(text: str, fits: bool) -> None:
    others = [node("other", ips=("10.1.1.1",)), node("third", labels={"zone": "eu"}, os="windows", manager=True)]
    nodes = [NODE, *others]
    compiled = terms(parse(text), nodes)
    assert compiled is not None
    assert met(compiled, NODE) is fits
    for other in others:
        assert met(compiled, other) is matches(parse(text), other)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("node.labels.zone", "one operator"),
        ("node.labels.zone = a", "one operator"),
        ("node.labels.zone > a", "one operator"),
        ("", "one operator"),
        ("== a", "`` is no key"),
        ("n == a", "`n` is no key"),
        ("1node == a", "`1node` is no key"),
        ("node/id == a", "`node/id` is no key"),
        ("node id == a", "`node id` is no key"),
        ("a != b == c", "`a != b` is no key"),
        ("node.id ==", "`` is no value"),
        ("node.id == a=b", "`a=b` is no value"),
        ("node.id == a,b", "`a,b` is no value"),
        ("node.id == 'a'", "is no value"),
        ("node.id == ä", "is no value"),
    ],
)
def test_what_swarm_refuses_is_an_error_of_one_line(text: str, why: str) -> None:
    with pytest.raises(ConstraintError, match=why) as caught:
        parse(text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["node.id==a", " node.id  ==  a ", "node.id == a b", "node.labels.x == ^a.*(b|c)$"])
def test_white_space_does_not_matter_and_values_may_have_signs(text: str) -> None:
    parsed = parse(text)
    assert parsed.key.startswith("node.")
    assert parsed.equal


@given(st.text(max_size=64))
def test_nothing_but_a_constraint_error_is_raised(text: str) -> None:
    try:
        parsed = parse(text)
    except ConstraintError:
        return
    matches(parsed, NODE)
    terms(parsed, [NODE])
    terms(parsed, None)
    assert parse(str(parsed)) == parsed


KEYS = st.sampled_from(
    ["node.id", "node.hostname", "node.ip", "node.role", "node.platform.os", "node.platform.arch", "node.other"]
) | st.from_regex(r"(?a:(node|engine)\.labels\.[a-zA-Z][a-zA-Z0-9_.-]{0,8})", fullmatch=True)
VALUES = st.sampled_from(
    ["n1", "N1", "eu", "EU", "linux", "x86_64", "manager", "worker", "10.0.0.0/8", "fd00::/8", "a b"]
)
CONSTRAINTS = st.builds(
    lambda key, equal, value: Constraint(key=key, equal=equal, value=value), KEYS, st.booleans(), VALUES
)


@given(CONSTRAINTS)
def test_text_and_back(constraint: Constraint) -> None:
    assert parse(str(constraint)) == constraint


LABELS = st.dictionaries(
    st.sampled_from(["zone", "Zone", "engine.wharfinger.dev/a", "b"]), st.sampled_from(["eu", "EU", ""])
)


@st.composite
def nodes(draw: st.DrawFn) -> list[Any]:
    count = draw(st.integers(0, 4))
    return [
        node(
            f"n{index}",
            labels=draw(LABELS),
            ips=(draw(st.sampled_from(["10.0.0.1", "192.0.2.1", "fd00::5"])),),
            manager=draw(st.booleans()),
            arch=draw(st.sampled_from(["amd64", "arm64"])),
        )
        for index in range(count)
    ]


@given(
    nodes(),
    st.builds(
        lambda key, equal, value: Constraint(key=key, equal=equal, value=value),
        st.sampled_from(["node.labels.zone", "engine.labels.a", "engine.labels.none"]) | KEYS,
        st.booleans(),
        VALUES,
    ),
)
def test_the_scheduler_is_told_what_swarm_would_decide(known: list[Any], constraint: Constraint) -> None:
    compiled = terms(constraint, known)
    assert compiled is not None
    assert [met(compiled, each) for each in known] == [matches(constraint, each) for each in known]


@pytest.mark.parametrize("text", ["node.ip == 10.0.0.0/8", "node.id == 0c5b6f52-4b5e-4d9f-9d1d-4f6d4b0f0a11"])
def test_what_no_label_says_cannot_be_told_without_nodes(text: str) -> None:
    assert terms(parse(text), None) is None


@pytest.mark.parametrize(
    "text",
    [
        "node.labels.zone == eu",
        "node.hostname == N1",
        "node.role == manager",
        "node.id != n1",
        "node.platform.arch == x86_64",
    ],
)
def test_what_labels_say_can_be_told_without_nodes(text: str) -> None:
    fits = node("n1", labels={"zone": "eu"})
    manager = node("n2", labels={"zone": "us"}, manager=True, arch="arm64")
    compiled = terms(parse(text), None)
    assert compiled is not None
    for each in (fits, manager):
        assert met(compiled, each) is matches(parse(text), each)
