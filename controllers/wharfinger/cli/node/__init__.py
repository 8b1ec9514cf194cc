"""``wharfinger node …``: what ``docker node`` does with nodes: list them, show what runs there, change them."""

import typer

from wharfinger.cli import nodes
from wharfinger.cli.node import ps, update

app = typer.Typer(no_args_is_help=True, help="List and change nodes, as `docker node` does.")
app.command("ls")(nodes.nodes)
app.command("ps")(ps.ps)
app.command("update")(update.update)
