"""The entry point of ``wharfinger`` and ``kubectl-wharfinger``: the commands, and one way for all of them to fail."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from typer import TyperException

from wharfinger.cli import (
    apply,
    cluster,
    completion,
    converting,
    demo,
    diff,
    doctor,
    events,
    importing,
    node,
    nodes,
    podlogs,
    render,
    run,
    scale,
    stack,
    status,
    tasks,
    wait,
)
from wharfinger.cli.errors import BAD_INPUT, INTERRUPTED, NOT_WELL
from wharfinger.cli.rollouts import history, pause, restart, rollback
from wharfinger.cluster.errors import ClusterError

app = typer.Typer(
    help="Keep containers running on Kubernetes as one resource says: ContainerWorkload.",
    epilog="Exit codes: 0 well, 1 not well or failed, 2 wrong usage or document, 130 interrupted.",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
)
app.command("run")(run.run)
app.add_typer(cluster.app, name="cluster")
app.command("demo")(demo.demo)
app.command("status")(status.status)
app.command("render")(render.render)
app.command("convert")(converting.convert)
app.command("apply")(apply.apply)
app.command("diff")(diff.diff)
app.command("wait")(wait.wait)
app.command("logs")(podlogs.logs)
app.command("tasks")(tasks.tasks)
app.command("events")(events.events)
app.command("history")(history.history)
app.command("rollback")(rollback.rollback)
app.command("pause")(pause.pause)
app.command("resume")(pause.resume)
app.command("restart")(restart.restart)
app.command("scale")(scale.scale)
app.command("completion")(completion.completion)
app.command("import")(importing.import_)
app.command("doctor")(doctor.doctor)
app.command("nodes")(nodes.nodes)
app.add_typer(node.app, name="node")
app.add_typer(stack.app, name="stack")


@app.callback(invoke_without_command=True)
def _root(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit(BAD_INPUT)


@app.command("version")
def version(short: Annotated[bool, typer.Option("--short", help="The bare number.")] = False) -> None:
    """Print the version."""
    from importlib.metadata import version as distribution_version

    number = distribution_version("wharfinger")
    typer.echo(number if short else f"wharfinger {number} (API wharfinger.dev/v1alpha1)")


def main() -> None:
    """Run the command line and exit; never with a traceback, unless WHARFINGER_DEBUG is set."""
    sys.exit(invoke(sys.argv[1:], prog=program_name(sys.argv[0])))


def program_name(argv0: str) -> str:
    """What the user typed: kubectl runs the plugin ``kubectl-wharfinger`` for ``kubectl wharfinger``."""
    return "kubectl wharfinger" if Path(argv0).name.startswith("kubectl-") else "wharfinger"


def invoke(arguments: Sequence[str], *, prog: str = "wharfinger") -> int:
    """Run one command line. The answer is its exit code; an error has been told in one line on standard error."""
    try:
        return app(args=list(arguments), prog_name=prog, standalone_mode=False) or 0
    except TyperException as error:
        return _told(error, prog)
    except ClusterError as error:
        typer.echo(f"{prog}: {error}", err=True)
        return NOT_WELL
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except BrokenPipeError:
        return _pipe_closed()
    except Exception as error:
        if os.environ.get("WHARFINGER_DEBUG"):
            raise
        return _unforeseen(error, prog)


def _told(error: TyperException, prog: str) -> int:
    typer.echo(f"{prog}: {error.format_message()}", err=True)
    return error.exit_code


def _pipe_closed() -> int:
    """Whoever read our output has had enough (``| head``): nothing is wrong, and Python must not try to flush it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _unforeseen(error: Exception, prog: str) -> int:
    """A defect of ours, most likely: still one line, that says how to see more."""
    told = " ".join(str(error).split()) or "no message"
    typer.echo(f"{prog}: {type(error).__name__}: {told} (WHARFINGER_DEBUG=1 shows where)", err=True)
    return NOT_WELL
