"""ECS's cluster query language (developer guide, cluster-query-language): each row is a rule of it."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from placement_cases import node

from wharfinger.placement import Load, Node
from wharfinger.placement.query import And, Expression, Leaf, Not, Or, QueryError, parse
from wharfinger.placement.query.compiling import dynamic, terms
from wharfinger.placement.query.groups import split
from wharfinger.placement.query.holding import holds
from wharfinger.placement.requirement import met

NODE = node(
    "n1",
    labels={
        "topology.kubernetes.io/zone": "us-east-1a",
        "node.kubernetes.io/instance-type": "t2.micro",
        "stack": "production",
        "count": "10",
        "version": "b",
    },
    providerID="aws:///us-east-1a/i-0123",
    created="2018-06-18T22:28:28Z",
)
LOAD = Load(tasks=3, groups=frozenset({"service:web", "family:db"}))

RULES: list[tuple[str, bool]] = [
    # string equality, by letters
    ("attribute:stack == production", True),
    ("attribute:stack equals production", True),
    ("attribute:stack == Production", False),
    ("attribute:stack != test", True),
    ("attribute:stack not_equals production", False),
    ("attribute:stack==production", True),
    # what is absent equals nothing
    ("attribute:absent == a", False),
    ("attribute:absent != a", True),
    # exists
    ("attribute:stack exists", True),
    ("attribute:stack !exists", False),
    ("attribute:absent not_exists", True),
    ("attribute:absent ! exists", True),
    # lists
    ("attribute:ecs.availability-zone in [us-east-1a, us-east-1b]", True),
    ("attribute:ecs.availability-zone in [us-east-1b]", False),
    ("attribute:ecs.availability-zone !in [us-east-1a,us-east-1b]", False),
    ("attribute:ecs.availability-zone not_in [ us-east-1c ]", True),
    ("attribute:absent not_in [a]", True),
    # patterns: all of the value
    ("attribute:ecs.instance-type =~ t2.*", True),
    ("attribute:ecs.instance-type matches t2.*", True),
    ("attribute:ecs.instance-type =~ t2", False),
    ("attribute:ecs.instance-type =~ [mt]2.micro|x", True),
    ("attribute:ecs.instance-type !~ t2.*", False),
    ("attribute:ecs.instance-type not_matches g2.*", True),
    ("attribute:absent =~ .*", False),
    ("attribute:absent !~ .*", True),
    # order: numbers as numbers, other texts by letters
    ("attribute:count > 9", True),
    ("attribute:count greater_than 10", False),
    ("attribute:count >= 10", True),
    ("attribute:count greater_than_equal 10.5", False),
    ("attribute:count < 11", True),
    ("attribute:count less_than_equal 10", True),
    ("attribute:version < c", True),
    ("attribute:version less_than a", False),
    ("attribute:absent < 5", False),
    # built-in attributes
    ("attribute:ecs.os-type == linux", True),
    ("attribute:ecs.os-family == LINUX", True),
    ("attribute:ecs.cpu-architecture == x86_64", True),
    ("attribute:ecs.cpu-architecture != arm64", True),
    # other subjects
    ("agentConnected == true", True),
    ("agentConnected != true", False),
    ("agentConnected in [true, false]", True),
    ("ec2InstanceId == i-0123", True),
    ("ec2InstanceId in [i-1, i-2]", False),
    ("ec2InstanceId =~ i-0.*", True),
    ("registeredAt == 2018-06-18T22:28:28Z", True),
    ("registeredAt >= 2018-06-18", True),
    ("registeredAt < 2018-06-18T22:28:28", False),
    ("registeredAt <= 2018-06-18T23:28:28+01:00", True),
    ("registeredAt > 2020-01-01", False),
    ("registeredAt != 2018-06-18", True),
    ("runningTasksCount == 3", True),
    ("runningTasksCount < 3", False),
    ("runningTasksCount != 4", True),
    ("task:group == service:web", True),
    ("task:group == service:api", False),
    ("task:group != service:web", False),
    ("task:group in [service:api, family:db]", True),
    ("task:group !in [service:web]", False),
    ("task:group =~ service:.*", True),
    ("not(task:group == service:web)", False),
    # compound expressions: `and` before `or`, `not` before both, parentheses before all
    ("attribute:stack == production and attribute:count == 10", True),
    ("attribute:stack == production && attribute:count == 11", False),
    ("attribute:stack == test or attribute:count == 10", True),
    ("attribute:stack == test || attribute:count == 11", False),
    ("attribute:stack == production or attribute:a == b and attribute:c == d", True),
    ("(attribute:stack == production or attribute:a == b) and attribute:c == d", False),
    ("not attribute:stack == test and attribute:count == 10", True),
    ("not (attribute:stack == test and attribute:count == 10)", True),
    ("!(attribute:stack == production)", False),
    ("! attribute:absent exists", True),
    ("!!(attribute:stack exists)", True),
    ("(attribute:stack==production)and(attribute:count==10)", True),
    ("((attribute:stack == production))", True),
    ("attribute:stack exists and attribute:count exists", True),
]


@pytest.mark.parametrize(("text", "fits"), RULES)
def test_holding(text: str, fits: bool) -> None:
    assert holds(parse(text), NODE, LOAD) is fits


@pytest.mark.parametrize(("text", "fits"), RULES)
def test_what_is_compiled_selects_the_same_nodes(text: str, fits: bool) -> None:
    others = [
        node("n2"),
        node("n3", labels={"stack": "test", "count": "11"}, arch="arm64", created="2022-01-01T00:00:00Z"),
    ]
    load = {"n1": LOAD, "n2": Load(tasks=9)}
    compiled = terms(parse(text), [NODE, *others], load)
    assert compiled is not None
    assert met(compiled, NODE) is fits
    for other in others:
        assert met(compiled, other) is holds(parse(text), other, load.get(other.name, Load()))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "at its end there must be a subject"),
        ("stack == production", "`stack` is no subject; subjects are"),
        ("attribute: == a", "is no subject"),
        ("task:family == a", "is no subject"),
        ("attribute:stack", "an operator after `attribute:stack`"),
        ("attribute:stack = production", "an operator after"),
        ("attribute:stack is production", "an operator after `attribute:stack is`"),
        ("attribute:stack ==", "a value, without quotes"),
        ("attribute:stack == 'production'", "without quotes"),
        ('attribute:stack == "production"', "without quotes"),
        ("attribute:stack in a", r"a list after `in`: \[a, b\]"),
        ("attribute:stack in []", "a value"),
        ("attribute:stack in [a", "`,` or `]`"),
        ("attribute:stack in [a b]", "`,` or `]`"),
        ("(attribute:stack exists", r"`or` or `\)`"),
        ("attribute:stack exists)", "`and`, `or` or the end"),
        ("attribute:stack exists and", "a subject"),
        ("attribute:stack exists attribute:b exists", "`and`, `or` or the end"),
        # a single expression has no parentheses, not even a pattern
        ("attribute:ecs.instance-type =~ (t2|m4).*", "without quotes, parentheses"),
        ("attribute:ecs.instance-type =~ t2.[", "no regular expression"),
        ("attribute:ecs.instance-type =~ *", "no regular expression"),
        # each subject has its operators and its form
        ("runningTasksCount =~ 1.*", "`runningTasksCount` takes"),
        ("runningTasksCount in [1, 2]", "`runningTasksCount` takes"),
        ("runningTasksCount == few", "compared with a number, not `few`"),
        ("registeredAt > yesterday", "compared with a date"),
        ("registeredAt exists", "`registeredAt` takes"),
        ("agentConnected > true", "`agentConnected` takes"),
        ("agentConnected == yes", "compared with true or false"),
        ("agentVersion =~ 1.*", "`agentVersion` takes"),
        ("ec2InstanceId > i-1", "`ec2InstanceId` takes"),
        ("(" * 40 + "attribute:a exists" + ")" * 40, "more than 32 deep"),
        ("!" * 1900 + "attribute:a exists", "more than 32 deep"),
    ],
)
def test_what_is_no_expression_is_an_error_of_one_line(text: str, why: str) -> None:
    with pytest.raises(QueryError, match=why) as caught:
        parse(text)
    assert "\n" not in str(caught.value)


def test_no_pattern_holds_up_the_operator() -> None:
    expression = parse("attribute:stack =~ a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b")
    long = node("n1", labels={"stack": "a" * 63})
    began = time.process_time()
    assert not holds(expression, long, Load())
    assert time.process_time() - began < 1


ALPHABET = st.text("abnotr=!~<>[](),&| :.-1'\"\\", max_size=60)
PIECES = st.lists(
    st.sampled_from(
        ["attribute:a", "task:group", "==", "!=", "in", "[a,b]", "(", ")", "not", "and", "or", "!", "exists", "x", " "]
    ),
    max_size=16,
).map(" ".join)


@given(st.text(max_size=80) | ALPHABET | PIECES)
def test_nothing_but_a_query_error_is_raised(text: str) -> None:
    try:
        parsed = parse(text)
    except QueryError:
        return
    holds(parsed, NODE, LOAD)
    terms(parsed, [NODE], {})
    assert parse(str(parsed)) == parsed


WORDS = st.sampled_from(["production", "test", "a", "us-east-1a", "10", "9", "x86_64", "arm64"])
ATTRIBUTES = st.sampled_from(
    ["stack", "zone", "ecs.cpu-architecture", "ecs.os-family", "ecs.availability-zone", "count"]
).map("attribute:{}".format)
LEAVES = st.one_of(
    st.builds(
        lambda s, o, a: Leaf(s, o, (a,)), ATTRIBUTES, st.sampled_from(["==", "!=", "<", ">=", "=~", "!~"]), WORDS
    ),
    st.builds(Leaf, ATTRIBUTES, st.sampled_from(["exists", "!exists"])),
    st.builds(
        lambda s, o, a: Leaf(s, o, tuple(a)),
        ATTRIBUTES,
        st.sampled_from(["in", "!in"]),
        st.lists(WORDS, min_size=1, max_size=3),
    ),
    st.builds(
        lambda o, a: Leaf("runningTasksCount", o, (a,)), st.sampled_from(["==", "!=", "<"]), st.sampled_from(["0", "2"])
    ),
    st.builds(
        lambda o, a: Leaf("task:group", o, (a,)), st.sampled_from(["==", "!="]), st.sampled_from(["service:a", "b"])
    ),
)
EXPRESSIONS: st.SearchStrategy[Expression] = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(lambda parts: And(tuple(parts)), st.lists(inner, min_size=2, max_size=3)),
        st.builds(lambda parts: Or(tuple(parts)), st.lists(inner, min_size=2, max_size=3)),
    ),
    max_leaves=12,
)


@given(EXPRESSIONS)
def test_text_and_back(expression: Expression) -> None:
    assert parse(str(expression)) == expression


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[Node], dict[str, Load]]:
    names = [f"n{index}" for index in range(draw(st.integers(1, 4)))]
    labels = st.dictionaries(
        st.sampled_from(["stack", "zone", "count", "topology.kubernetes.io/zone"]),
        st.sampled_from(["production", "a", "10", "9", "us-east-1a"]),
    )
    arch = st.sampled_from(["amd64", "arm64"])
    nodes = [node(name, labels=draw(labels), arch=draw(arch)) for name in names]
    groups = st.frozensets(st.sampled_from(["service:a", "b", "c"]))
    load = {name: Load(tasks=draw(st.integers(0, 3)), groups=draw(groups)) for name in names if draw(st.booleans())}
    return nodes, load


@settings(max_examples=300)
@given(EXPRESSIONS, worlds())
def test_the_scheduler_is_told_what_ecs_would_decide(
    expression: Expression, world: tuple[list[Node], dict[str, Load]]
) -> None:
    nodes, load = world
    compiled = terms(expression, nodes, load)
    assert compiled is not None
    assert len(compiled) <= 64
    for each in nodes:
        assert met(compiled, each) is holds(expression, each, load.get(each.name, Load()))


@given(EXPRESSIONS, worlds())
def test_without_nodes_it_says_the_same_or_says_that_it_cannot(
    expression: Expression, world: tuple[list[Node], dict[str, Load]]
) -> None:
    compiled = terms(expression, None, None)
    if dynamic(expression):
        return
    for each in world[0]:
        if compiled is not None and "ecs.os-family" not in str(expression):
            assert met(compiled, each) is holds(expression, each, Load())


def test_an_expression_of_many_alternatives_is_looked_up_as_a_whole() -> None:
    text = " and ".join(f"(attribute:a{i} == x or attribute:b{i} == y)" for i in range(12))
    fits = node("n1", labels={f"a{i}": "x" for i in range(12)})
    compiled = terms(parse(text), [fits, node("n2")], None)
    assert compiled is not None
    assert len(compiled) == 1
    assert met(compiled, fits)
    assert not met(compiled, node("n2"))
    assert terms(parse(text), None, None) is None


def on_a_node(key: str, *values: str) -> dict[str, object]:
    selector = {"matchExpressions": [{"key": key, "operator": "In", "values": list(values)}]}
    return {"labelSelector": selector, "topologyKey": "kubernetes.io/hostname"}


INSTANCE = "app.kubernetes.io/instance"


def test_a_demanded_group_is_pod_affinity() -> None:
    taken = split(parse("task:group == service:web and attribute:stack == a and not(task:group in [family:db, other])"))
    assert taken.near == (on_a_node(INSTANCE, "web"),)
    assert taken.apart == (on_a_node("wharfinger.dev/task-group", "family.db", "other"),)
    assert taken.rest == (Leaf("attribute:stack", "==", ("a",)),)


def test_a_denied_alternative_is_two_denials() -> None:
    taken = split(parse("not(task:group == service:a or task:group == service:b)"))
    assert taken.apart == (on_a_node(INSTANCE, "a"), on_a_node(INSTANCE, "b"))
    assert taken.rest == ()


@pytest.mark.parametrize(
    "text",
    ["task:group == service:a or attribute:b exists", "task:group =~ service:.*", "task:group in [service:a, b]"],
)
def test_a_group_among_alternatives_is_looked_up(text: str) -> None:
    taken = split(parse(text))
    assert (taken.near, taken.apart) == ((), ())
    assert taken.rest == (parse(text),)
