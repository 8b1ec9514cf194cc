"""What a placement becomes for the scheduler."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from placement_cases import MANAGER, SELECTOR, ZONE, block, ecs, node, per_node

from wharfinger.api.operation import Spread
from wharfinger.api.resource import Object
from wharfinger.api.tasks import TasksBlock
from wharfinger.placement import Load, Node, PodPlacement, fits, placed, pod_placement

HOST = "kubernetes.io/hostname"
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
OFF_CONTROL_PLANE = {"key": MANAGER, "operator": "DoesNotExist"}
RACK = {"spread": "node.labels.rack"}
SPREAD_ZONES = {"type": "spread", "field": "attribute:ecs.availability-zone"}
POD: Object = {"containers": [{"name": "web", "image": "web:1"}, {"name": "proxy", "image": "proxy:1"}]}


def compiled(made: TasksBlock, nodes: list[Node] | None = None, **options: Any) -> PodPlacement:
    known = [node("n1"), node("n2")] if nodes is None else nodes
    return pod_placement(made, selector=SELECTOR, nodes=known, **options)


def spec(placement: PodPlacement, pod: Object = POD, **at: Any) -> Object:
    return placed(pod, placement.at(**at), "web")


def node_terms(made: Object) -> list[Object]:
    found: list[Object] = made["affinity"]["nodeAffinity"][REQUIRED]["nodeSelectorTerms"]
    return found


def apart(made: Object) -> list[dict[str, str]]:
    terms = made.get("affinity", {}).get("podAntiAffinity", {}).get(REQUIRED, [])
    assert all(term["topologyKey"] == HOST for term in terms)
    return [term["labelSelector"]["matchLabels"] for term in terms]


def keys(made: Object) -> list[tuple[str, str]]:
    return [(each["topologyKey"], each["whenUnsatisfiable"]) for each in made.get("topologySpreadConstraints", ())]


def said(placement: PodPlacement) -> list[tuple[str, str, str]]:
    return [
        (each.path.removeprefix("spec.tasks.placement."), each.severity, each.reason) for each in placement.findings
    ]


# Nodes


def test_an_ordinary_task_stays_off_the_control_plane() -> None:
    made = spec(compiled(block()))
    assert node_terms(made) == [{"matchExpressions": [OFF_CONTROL_PLANE]}]
    assert "tolerations" not in made


@pytest.mark.parametrize("placement", [{"controlPlane": True}, {"constraints": ["node.role == manager"]}])
def test_a_task_that_is_asked_onto_the_control_plane_tolerates_its_taint(placement: dict[str, Any]) -> None:
    made = spec(compiled(block(**placement), [node(manager=True)]))
    assert made["tolerations"] == [{"key": MANAGER, "operator": "Exists"}]
    assert "DoesNotExist" not in str(made)


def test_all_constraints_stand_in_one_term() -> None:
    made = spec(
        compiled(block(constraints=["node.labels.zone == a", "node.platform.arch == x86_64", "node.role == worker"]))
    )
    assert node_terms(made) == [
        {
            "matchExpressions": [
                {"key": "zone", "operator": "In", "values": ["a"]},
                {"key": "kubernetes.io/arch", "operator": "In", "values": ["amd64"]},
                OFF_CONTROL_PLANE,
            ]
        }
    ]


def test_values_are_asked_for_in_all_the_cases_that_nodes_have() -> None:
    nodes = [node("n1", labels={"zone": "EU"}), node("n2", labels={"zone": "Eu"}), node("n3", labels={"zone": "us"})]
    made = spec(compiled(block(constraints=["node.labels.zone == eu"]), nodes))
    assert {"key": "zone", "operator": "In", "values": ["EU", "Eu", "eu"]} in node_terms(made)[0]["matchExpressions"]


def test_alternatives_multiply_with_those_of_the_pod() -> None:
    mine = [
        {"matchExpressions": [{"key": "x", "operator": "Exists"}]},
        {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n1"]}]},
    ]
    pod = {**POD, "affinity": {"nodeAffinity": {REQUIRED: {"nodeSelectorTerms": mine}, PREFERRED: [{"weight": 1}]}}}
    made = spec(compiled(ecs(memberOf=["attribute:a == 1 or attribute:b == 2"], controlPlane=True)), pod)
    terms = node_terms(made)
    assert len(terms) == 4
    assert {
        "matchExpressions": [{"key": "x", "operator": "Exists"}, {"key": "b", "operator": "In", "values": ["2"]}]
    } in terms
    assert {
        "matchExpressions": [{"key": "a", "operator": "In", "values": ["1"]}],
        "matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n1"]}],
    } in terms
    assert made["affinity"]["nodeAffinity"][PREFERRED] == [{"weight": 1}]


def test_a_task_of_a_node_goes_to_that_node_and_nowhere_else() -> None:
    made = spec(compiled(per_node(constraints=["node.labels.zone != b"])), node="n2")
    (term,) = node_terms(made)
    assert term["matchFields"] == [{"key": "metadata.name", "operator": "In", "values": ["n2"]}]
    assert keys(made) == []
    assert apart(made) == []


def test_networks_are_asked_for_by_hostname() -> None:
    nodes = [node("n1", ips=("10.0.0.1",)), node("n2", ips=("192.0.2.1",)), node("n3", ips=("10.0.0.3",))]
    made = spec(compiled(block(constraints=["node.ip == 10.0.0.0/8"]), nodes))
    assert {"key": HOST, "operator": "In", "values": ["n1", "n3"]} in node_terms(made)[0]["matchExpressions"]


LABELS = st.dictionaries(st.sampled_from(["zone", "stack"]), st.sampled_from(["a", "A", "b"]))
CONSTRAINTS = st.lists(
    st.sampled_from(
        [
            "node.labels.zone == a",
            "node.labels.zone != b",
            "node.role == manager",
            "node.hostname != n1",
            "node.ip == 10.0.0.0/8",
            "nonsense",
        ]
    ),
    max_size=3,
)
EXPRESSIONS = st.lists(
    st.sampled_from(
        [
            "attribute:stack == a",
            "not(attribute:zone exists) or attribute:stack =~ [aA]",
            "runningTasksCount < 2",
            "nonsense",
        ]
    ),
    max_size=2,
)


@given(
    CONSTRAINTS,
    EXPRESSIONS,
    st.booleans(),
    st.lists(
        st.tuples(LABELS, st.booleans(), st.sampled_from(["10.0.0.1", "192.0.2.1"]), st.integers(0, 3)),
        min_size=1,
        max_size=4,
    ),
)
def test_the_scheduler_chooses_among_the_nodes_that_fit(
    constraints: list[str],
    expressions: list[str],
    control_plane: bool,
    given: list[tuple[dict[str, str], bool, str, int]],
) -> None:
    nodes = [
        node(f"n{i}", labels=labels, manager=manager, ips=(ip,)) for i, (labels, manager, ip, _) in enumerate(given)
    ]
    load = {f"n{i}": Load(tasks=tasks) for i, (_, _, _, tasks) in enumerate(given)}
    made = block(constraints=constraints, memberOf=expressions, controlPlane=control_plane)
    placement = pod_placement(made, selector=SELECTOR, nodes=nodes, load=load)
    chosen = [each.name for each in placement.among(nodes)]
    assert chosen == [each.name for each in nodes if fits(made, each, pod={}, load=load[each.name])]


# Apart


@pytest.mark.parametrize(
    "placement",
    [{"distinctInstance": True}, {"maxReplicasPerNode": 1}, {"distinctInstance": True, "maxReplicasPerNode": 3}],
)
def test_one_task_a_node_is_anti_affinity_to_all_tasks_of_the_workload(placement: dict[str, Any]) -> None:
    made = compiled(block(**placement))
    assert apart(spec(made, slot=4)) == [SELECTOR]
    assert made.at(slot=4).labels == {}


def test_more_than_one_a_node_is_one_of_each_lane() -> None:
    made = compiled(block(maxReplicasPerNode=3))
    lanes = [made.at(slot=slot).labels for slot in range(1, 8)]
    assert [each["wharfinger.dev/lane"] for each in lanes] == ["1", "2", "0", "1", "2", "0", "1"]
    assert apart(spec(made, slot=2)) == [{**SELECTOR, "wharfinger.dev/lane": "2"}]


def test_without_a_limit_tasks_may_share_a_node() -> None:
    assert apart(spec(compiled(block()), slot=1)) == []


@given(st.integers(2, 6), st.integers(1, 6), st.integers(0, 40))
def test_slots_without_gaps_fit_wherever_swarm_would_fit_them(limit: int, nodes: int, replicas: int) -> None:
    made = compiled(block(maxReplicasPerNode=limit))
    lanes = [made.at(slot=slot).labels["wharfinger.dev/lane"] for slot in range(1, replicas + 1)]
    fullest = max((lanes.count(lane) for lane in lanes), default=0)
    assert (fullest <= nodes) is (replicas <= nodes * limit)


def test_task_groups_are_pod_affinity() -> None:
    made = spec(compiled(ecs(memberOf=["task:group == service:db", "not(task:group == family:batch)"])))
    (near,) = made["affinity"]["podAffinity"][REQUIRED]
    (away,) = made["affinity"]["podAntiAffinity"][REQUIRED]
    assert near["labelSelector"]["matchExpressions"][0]["values"] == ["db"]
    assert away["labelSelector"]["matchExpressions"][0]["values"] == ["family.batch"]


# Spread


@pytest.mark.parametrize(
    ("made", "spread", "expected"),
    [
        # Swarm's default: the node with the fewest tasks of the service
        (block(), {}, [(HOST, "ScheduleAnyway")]),
        (block(preferences=[RACK]), {}, [("rack", "ScheduleAnyway"), (HOST, "ScheduleAnyway")]),
        (
            block(preferences=[{"spread": "engine.labels.rack"}, {"spread": f"NODE.LABELS.{ZONE}"}]),
            {},
            [("engine.wharfinger.dev/rack", "ScheduleAnyway"), (ZONE, "ScheduleAnyway"), (HOST, "ScheduleAnyway")],
        ),
        # a preference that is not about a label is skipped
        (block(preferences=[{"spread": "node.id"}]), {}, [(HOST, "ScheduleAnyway")]),
        # each key once, as core/v1 wants it
        (block(preferences=[{"spread": "node.labels.kubernetes.io/hostname"}] * 2), {}, [(HOST, "ScheduleAnyway")]),
        # ECS's default: over availability zones
        (ecs(), {}, [(ZONE, "ScheduleAnyway")]),
        (ecs(strategies=[{"type": "spread", "field": "instanceId"}]), {}, [(HOST, "ScheduleAnyway")]),
        (
            ecs(strategies=[SPREAD_ZONES, {"type": "binpack", "field": "memory"}]),
            {},
            [(ZONE, "ScheduleAnyway")],
        ),
        (ecs(strategies=[{"type": "random"}]), {}, []),
        (ecs(strategies=[{"type": "binpack", "field": "cpu"}]), {}, []),
        # no strategy counts where each node has a task
        (per_node(preferences=[RACK]), {}, []),
        # spec.spread
        (block(), {"enabled": False}, []),
        (block(preferences=[RACK]), {"enabled": False}, [("rack", "ScheduleAnyway")]),
        (block(), {"strict": True}, [(HOST, "DoNotSchedule")]),
    ],
)
def test_spreading(made: TasksBlock, spread: dict[str, bool], expected: list[tuple[str, str]]) -> None:
    assert keys(spec(compiled(made, spread=Spread(**spread)), slot=1)) == expected


def test_a_binding_spread_counts_no_nodes_that_tasks_do_not_tolerate() -> None:
    (constraint,) = spec(compiled(block(), spread=Spread(strict=True)), slot=1)["topologySpreadConstraints"]
    assert constraint["nodeTaintsPolicy"] == "Honor"


def test_tasks_of_all_revisions_are_spread_together() -> None:
    (constraint,) = spec(compiled(block()), slot=1)["topologySpreadConstraints"]
    assert constraint["labelSelector"] == {"matchLabels": SELECTOR}
    assert "matchLabelKeys" not in constraint


def test_binpack_prefers_nodes_where_more_of_ours_runs() -> None:
    made = spec(compiled(ecs(strategies=[{"type": "binpack", "field": "cpu"}])), slot=1)
    (preferred,) = made["affinity"]["podAffinity"][PREFERRED]
    assert preferred["podAffinityTerm"]["labelSelector"] == {
        "matchLabels": {"app.kubernetes.io/managed-by": "wharfinger"}
    }


# Resources, and what the pod says itself


def test_generic_resources_are_claimed_by_the_main_container() -> None:
    made = compiled(
        block(genericResources=[{"kind": "NVIDIA-GPU", "value": 2}, {"kind": "example.com/ssd", "value": 1}])
    )
    web, proxy = spec(made)["containers"]
    amounts = {"generic.wharfinger.dev/NVIDIA-GPU": "2", "example.com/ssd": "1"}
    assert web["resources"] == {"requests": amounts, "limits": amounts}
    assert proxy == POD["containers"][1]


def test_a_claim_of_the_container_itself_counts() -> None:
    own = {"limits": {"example.com/ssd": "4", "memory": "1Gi"}}
    pod = {"containers": [{"name": "web", "resources": own}]}
    made = spec(
        compiled(block(genericResources=[{"kind": "example.com/ssd", "value": 1}, {"kind": "fpga", "value": 1}])), pod
    )
    claimed = made["containers"][0]["resources"]
    assert claimed["limits"] == {**own["limits"], "generic.wharfinger.dev/fpga": "1"}
    assert claimed["requests"] == {"generic.wharfinger.dev/fpga": "1"}


def test_what_the_pod_says_itself_stays() -> None:
    pod = {
        **POD,
        "tolerations": [{"key": "gpu", "operator": "Exists"}],
        "nodeSelector": {"disk": "ssd"},
        "topologySpreadConstraints": [{"topologyKey": HOST, "whenUnsatisfiable": "ScheduleAnyway", "maxSkew": 7}],
        "affinity": {
            "podAntiAffinity": {REQUIRED: [{"topologyKey": "rack"}], PREFERRED: [{"weight": 5}]},
            "podAffinity": {REQUIRED: [{"topologyKey": "row"}]},
        },
    }
    made = spec(compiled(block(distinctInstance=True, controlPlane=True)), pod, slot=1)
    assert made["nodeSelector"] == {"disk": "ssd"}
    assert made["tolerations"] == [{"key": "gpu", "operator": "Exists"}, {"key": MANAGER, "operator": "Exists"}]
    assert made["topologySpreadConstraints"] == pod["topologySpreadConstraints"]
    anti = made["affinity"]["podAntiAffinity"]
    assert anti[PREFERRED] == [{"weight": 5}]
    assert [each["topologyKey"] for each in anti[REQUIRED]] == ["rack", HOST]
    assert made["affinity"]["podAffinity"] == {REQUIRED: [{"topologyKey": "row"}]}


def test_nothing_that_was_given_is_changed_and_placing_twice_is_placing_once() -> None:
    pod = {**POD, "affinity": {}, "tolerations": []}
    before = repr(pod)
    placement = compiled(
        block(maxReplicasPerNode=2, constraints=["node.labels.a == 1"], genericResources=[{"kind": "x", "value": 1}])
    )
    once = spec(placement, pod, slot=1)
    assert repr(pod) == before
    assert spec(placement, once, slot=1) == once


# Findings


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (
            block(constraints=["node.labels.a == 1", "node.labels.b != 1"]),
            [("constraints[0]", "warning", "NoNodeFits")],
        ),
        (
            block(constraints=["node.labels.zone == a", "node.hostname == n2"]),
            [("constraints", "warning", "NoNodeFits")],
        ),
        (ecs(memberOf=["attribute:zone == a", "attribute:zone == c"]), [("memberOf[1]", "warning", "NoNodeFits")]),
        (ecs(memberOf=["runningTasksCount < 5"]), [("memberOf[0]", "error", "NodesNotWatched")]),
        (block(preferences=[{"spread": "node.labels.zone"}]), []),
        (block(preferences=[RACK]), [("preferences", "info", "Approximated")]),
    ],
)
def test_findings_about_the_nodes_as_they_are(made: TasksBlock, expected: list[tuple[str, str, str]]) -> None:
    nodes = [node("n1", labels={"zone": "a", "rack": "1"}), node("n2", labels={"zone": "b"})]
    assert said(compiled(made, nodes)) == expected


def test_a_cluster_of_control_plane_nodes_only_says_how_to_use_them() -> None:
    (finding,) = compiled(block(), [node(manager=True)]).findings
    assert finding.path == "spec.tasks.placement.controlPlane"
    assert "`controlPlane: true`" in finding.message


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (block(constraints=["node.role == manager", "node.hostname == a"]), []),
        (block(constraints=["node.ip == 10.0.0.0/8"]), [("constraints[0]", "error", "NodesNotWatched")]),
        (
            block(constraints=["node.id == 0c5b6f52-4b5e-4d9f-9d1d-4f6d4b0f0a11"]),
            [("constraints[0]", "error", "NodesNotWatched")],
        ),
        (block(constraints=["node.labels.zone == a"]), [("constraints", "info", "CaseSensitive")]),
        (ecs(memberOf=["attribute:a == 1", "attribute:a =~ 1.*"]), [("memberOf[1]", "error", "NodesNotWatched")]),
        (ecs(memberOf=["registeredAt > 2020-01-01"]), [("memberOf[0]", "error", "NodesNotWatched")]),
        (ecs(memberOf=["task:group == service:db"]), []),
    ],
)
def test_without_nodes_what_can_be_said_is_said_and_the_rest_found(
    made: TasksBlock, expected: list[tuple[str, str, str]]
) -> None:
    assert said(pod_placement(made, selector=SELECTOR, nodes=None)) == expected
