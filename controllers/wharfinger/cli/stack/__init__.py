"""``wharfinger stack``: Stacks, by the verbs of ``docker stack`` and ``docker compose``.

- `deploy` and `up` write a Stack. `preparing` reads the files and tells what is wrong, `bundle` says what is to be
  written (pure), `deploying` writes it, and `registry` brings docker's credentials for images.
- `listing` (``ls``, ``services``), `ps`, `logs` and `config` show; `removing` has ``rm`` and ``down``.
"""

import typer

from wharfinger.cli.stack import config, deploy, listing, logs, ps, removing, up
from wharfinger.cli.stack.options import DockerCommand

app = typer.Typer(no_args_is_help=True, help="Compose files and Swarm stacks on Kubernetes, as docker has them.")
app.command("deploy", cls=DockerCommand)(deploy.deploy)
app.command("up", cls=DockerCommand)(up.up)
app.command("down", cls=DockerCommand)(removing.down)
app.command("ls", cls=DockerCommand)(listing.ls)
app.command("services", cls=DockerCommand)(listing.services)
app.command("ps", cls=DockerCommand)(ps.ps)
app.command("logs", cls=DockerCommand)(logs.logs)
app.command("config", cls=DockerCommand)(config.config)
app.command("rm", cls=DockerCommand)(removing.rm)
