"""The way from the node to the world: forwarding and address translation on the machine, all of it undone by `close`.

Without it, Pods reach each other and the machine, and the cluster's own registry; with it, also what the machine
reaches, such as public registries.
"""

from pathlib import Path

from wharfinger.cluster.layout import Layout
from wharfinger.cluster.nodes.real.network import Network, any_left, require, succeeds

FORWARDING = Path("/proc/sys/net/ipv4/ip_forward")


def open_way(network: Network, layout: Layout) -> None:
    """Let the machine forward for the node, ahead of what other rules, such as a container engine's, would drop."""
    if FORWARDING.read_text().strip() == "0":
        _remembered(layout).write_text("0\n")
        FORWARDING.write_text("1\n")
    for table, chain, rule in rules(network):
        if not succeeds("iptables", "-w", "-t", table, "-C", chain, *rule):
            require("iptables", "-w", "-t", table, "-I", chain, *rule)


def close_way(network: Network, layout: Layout) -> None:
    """Remove the rules; the machine forwards as before once no cluster needs it."""
    for table, chain, rule in rules(network):
        while succeeds("iptables", "-w", "-t", table, "-D", chain, *rule):
            continue
    if _remembered(layout).exists() and not any_left():
        FORWARDING.write_text(_remembered(layout).read_text())
        _remembered(layout).unlink()


def rules(network: Network) -> list[tuple[str, str, tuple[str, ...]]]:
    """Table, chain and rule of each; the node's own network only, and answers to what it asked."""
    answers = ("-m", "conntrack", "--ctstate", "RELATED,ESTABLISHED")
    return [
        ("nat", "POSTROUTING", ("-s", network.nodes, "!", "-o", network.bridge, "-j", "MASQUERADE")),
        ("filter", "FORWARD", ("-i", network.bridge, "-j", "ACCEPT")),
        ("filter", "FORWARD", ("-o", network.bridge, *answers, "-j", "ACCEPT")),
    ]


def _remembered(layout: Layout) -> Path:
    """Where it is kept what the machine's setting was before we changed it: for all clusters, since the last resets."""
    return layout.root.with_name(".ip_forward")
