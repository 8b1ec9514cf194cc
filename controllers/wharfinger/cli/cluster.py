"""``wharfinger cluster``: the embedded cluster from the command line."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wharfinger.cli.console import Format, out, print_data, say, table
from wharfinger.cli.errors import NOT_WELL
from wharfinger.cli.options import Output
from wharfinger.cluster.nodekind import NodeKind

if TYPE_CHECKING:
    from wharfinger.cluster import Cluster
    from wharfinger.cluster.status import Status

app = typer.Typer(no_args_is_help=True, help="A real Kubernetes on this machine, for trying and testing.")


Name = Annotated[str, typer.Option("--name", help="Which cluster; several can run side by side.")]
DEFAULT = "default"


def _named(name: str) -> "Cluster":
    from wharfinger.cluster import Cluster

    return Cluster(name)


@app.command()
def up(
    *,
    name: Name = DEFAULT,
    node: Annotated[NodeKind, typer.Option(help="What runs the Pods.")] = NodeKind.AUTO,
    nodes: Annotated[int, typer.Option(min=1, help="How many simulated nodes.")] = 1,
) -> None:
    """Start a cluster, or what of it does not run, and wait until it can be used."""
    from wharfinger.cluster import Cluster, Options

    cluster = Cluster(name, Options(node=node, nodes=nodes)).up()
    report = cluster.status()
    typer.echo(f"cluster {name} is up at {report.server} (node: {report.node}, {report.reason})")
    typer.echo(f"export KUBECONFIG={cluster.kubeconfig}")


@app.command()
def down(*, name: Name = DEFAULT) -> None:
    """End a cluster and remove everything that it made."""
    from wharfinger.cluster.kubeconfig import remove_from, user_kubeconfig

    cluster = _named(name)
    existed = cluster.exists
    if existed:
        remove_from(user_kubeconfig(), cluster.kubeconfig)
    cluster.down()
    typer.echo(f"cluster {name} is gone" if existed else f"there is no cluster {name}")


@app.command()
def status(
    *,
    name: Name = DEFAULT,
    output: Output = Format.table,
) -> None:
    """Show a cluster's components, and what those wrote last that do not run: then the exit code is 1."""
    report = _named(name).status()
    if output in (Format.json, Format.yaml):
        print_data(report.as_dict(), as_json=output is Format.json)
    elif output is Format.name:
        for component in report.components:
            say(component.name)
    else:
        _print_table(report)
    if not report.healthy:
        raise typer.Exit(NOT_WELL)


@app.command()
def kubeconfig(
    *,
    name: Name = DEFAULT,
    merge: Annotated[bool, typer.Option("--merge", help="Add it to ~/.kube/config and make it current.")] = False,
) -> None:
    """Print the administrator's kubeconfig."""
    cluster = _named(name)
    if merge:
        from wharfinger.cluster.kubeconfig import merge_into, user_kubeconfig

        target = user_kubeconfig()
        merge_into(target, cluster.kubeconfig)
        typer.echo(f"{target}: current context is wharfinger-{name}")
    else:
        typer.echo(cluster.kubeconfig.read_text(), nl=False)


@app.command()
def logs(
    component: Annotated[str, typer.Argument(help="Such as kube-apiserver; status lists them.")],
    *,
    name: Name = DEFAULT,
    tail: Annotated[int, typer.Option(min=1, help="How many lines from the end.")] = 50,
) -> None:
    """Print what a component wrote last."""
    from wharfinger.cluster.supervisor import tail as last

    path: Path = _named(name).log(component)
    for line in last(path, tail):
        typer.echo(line)


def _print_table(report: "Status") -> None:
    from wharfinger.cluster.supervisor import told

    made = table("component", "state", "pid", "memory")
    for row in report.components:
        memory = f"{row.memory_bytes >> 20} MiB" if row.memory_bytes else ""
        made.add_row(row.name, row.state, str(row.pid or ""), memory)
    typer.echo(f"{report.name}: {report.server} (node: {report.node}, {report.reason})")
    out().print(made)
    for row in report.components:
        if row.last_log:
            typer.echo(f"\n{row.name} wrote last:{told(row.last_log)}")
