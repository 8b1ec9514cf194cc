"""What the components are told: flags, identities, ports, configuration files."""

import re
from pathlib import Path

import pytest
import yaml

from wharfinger.cluster.build import Programs
from wharfinger.cluster.controlplane import control_plane
from wharfinger.cluster.errors import ClusterError
from wharfinger.cluster.layout import PORTS, Layout, free_ports
from wharfinger.cluster.nodes.choice import choose, driver_for
from wharfinger.cluster.nodes.real import config as real
from wharfinger.cluster.nodes.real.isolation import check_directory
from wharfinger.cluster.nodes.real.network import Network
from wharfinger.cluster.nodes.simulated import stages
from wharfinger.cluster.options import NodeKind, Options
from wharfinger.cluster.pki import certificates


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """Cluster number 7 of this machine."""
    ports = {name: 20000 + number for number, name in enumerate(PORTS)}
    return Layout(root=tmp_path / "seven", host="10.210.7.1", ports=ports)


def arguments(layout: Layout, component: str, options: Options) -> list[str]:
    """The command line of one component of the control plane."""
    parts = {part.name: part for part in control_plane(layout, options, program="/bin/cluster")}
    return list(parts[component].argv)


def test_extra_arguments_win_over_ours(layout: Layout) -> None:
    options = Options(extra_args={"kube-scheduler": {"leader-elect": "true", "v": "4"}})
    given = arguments(layout, "kube-scheduler", options)
    assert "--leader-elect=true" in given
    assert "--v=4" in given
    assert "--leader-elect=false" not in given


def test_controllers_may_send_what_the_options_say(layout: Layout) -> None:
    given = arguments(layout, "kube-controller-manager", Options(controller_qps=50))
    assert "--kube-api-qps=50" in given
    assert "--kube-api-burst=100" in given


def test_no_component_listens_beyond_the_clusters_own_address(layout: Layout) -> None:
    for part in control_plane(layout, Options(), program="/bin/cluster"):
        listening = [flag for flag in part.argv if flag.startswith(("--bind-address", "--listen-"))]
        assert listening, f"{part.name} would listen everywhere"
        assert all(layout.host in flag for flag in listening)


def test_authorities_come_before_what_they_sign() -> None:
    seen: set[str] = set()
    for wanted in certificates("127.0.0.1"):
        assert not wanted.authority or wanted.authority in seen
        seen.add(wanted.name)


@pytest.mark.parametrize("kind", [NodeKind.REAL, NodeKind.SIMULATED, NodeKind.NONE])
def test_each_kubeconfig_that_a_node_reads_is_written_and_no_other(layout: Layout, kind: NodeKind) -> None:
    driver = driver_for(kind)
    parts = driver.components(layout, Options(), Programs(Path("/bin")))
    texts = [argument for part in parts for argument in part.argv]
    if kind is NodeKind.REAL:
        texts += real.files(layout, resolvers="").values()
    read = {user for text in texts for user in re.findall(rf"{layout.root}/kubeconfig/([a-z-]+)", text)}
    assert read == {wanted.name for wanted in driver.certificates(layout.host, layout.name)}


def test_ports_are_different() -> None:
    ports = free_ports(PORTS, host="127.0.0.1")
    assert set(ports) == set(PORTS)
    assert len(set(ports.values())) == len(PORTS)


def test_network_follows_from_the_hosts_address() -> None:
    assert Network.of("10.210.7.1") == Network(7)
    assert Network(7).host == "10.210.7.1"
    assert Network(7).pods == "10.211.7.0/24"


def test_kubelet_asks_its_callers_who_they_are(layout: Layout) -> None:
    kubelet = real.kubelet(layout)
    assert kubelet["authentication"]["anonymous"] == {"enabled": False}
    assert kubelet["authorization"] == {"mode": "Webhook"}


def test_everything_of_the_node_lies_below_the_clusters_directory(layout: Layout) -> None:
    assert all(path.is_relative_to(layout.root) for path in real.files(layout, resolvers=""))


@pytest.mark.parametrize(("resolvers", "forwards"), [("nameserver 192.0.2.53\n", True), ("# none\n", False)])
def test_names_are_forwarded_when_the_machine_has_a_resolver(layout: Layout, resolvers: str, forwards: bool) -> None:
    assert ("forward ." in real.corefile(layout, resolvers=resolvers)) is forwards


def test_state_that_the_node_would_hide_is_refused() -> None:
    check_directory(Path("/var/lib/wharfinger/clusters/a"))
    with pytest.raises(ClusterError, match="WHARFINGER_STATE"):
        check_directory(Path("/run/user/0/wharfinger"))


def test_several_real_nodes_are_refused() -> None:
    with pytest.raises(ClusterError, match="only one"):
        choose(Options(node=NodeKind.REAL, nodes=2))


def test_several_nodes_make_auto_simulated() -> None:
    choice = choose(Options(node=NodeKind.AUTO, nodes=2))
    assert choice.node is NodeKind.SIMULATED
    assert "only one" in choice.reason


def test_stages_are_whole() -> None:
    documents = list(yaml.safe_load_all(stages()))
    names = [document["metadata"]["name"] for document in documents]
    assert len(set(names)) == len(names)
    assert "@SIMULATE@" not in stages()
