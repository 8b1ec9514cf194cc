"""``wharfinger stack up``: what ``docker compose up`` does, with a Stack called as the project is."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wharfinger.cli.errors import NOT_WELL, BadInputError
from wharfinger.cli.options import Force
from wharfinger.cli.stack import options
from wharfinger.cli.verbs import Call, verb

if TYPE_CHECKING:
    from wharfinger.api.resource import Key
    from wharfinger.cli.kube import Kube

Object = dict[str, Any]

_DOCUMENTS = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
_OVERRIDES = (
    "compose.override.yml",
    "compose.override.yaml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
)
"""In the order in which compose-go looks for them (cli/options.go, DefaultFileNames)."""

Files = Annotated[
    list[str] | None,
    typer.Option(
        "--file", "-f", metavar="FILE", help="A Compose file; compose.yaml here or above, with its override, if absent."
    ),
]
Project = Annotated[
    str | None,
    typer.Option(
        "--project-name", "-p", help="What the stack is called; as the files say, or their directory, if absent."
    ),
]


@verb(waits=True)
async def up(
    call: Call,
    *,
    file: Files = None,
    project_name: Project = None,
    detach: Annotated[bool, typer.Option("--detach/--no-detach", "-d", help="Do not follow the logs.")] = False,
    scale: Annotated[
        list[str] | None,
        typer.Option("--scale", metavar="SERVICE=N", help="So many of a service, until the next `up`."),
    ] = None,
    remove_orphans: Annotated[
        bool, typer.Option("--remove-orphans", help="Remove services that the files no longer have.")
    ] = False,
    env_file: options.EnvFiles = None,
    env: options.Env = None,
    profile: options.Profiles = None,
    dialect: options.Dialect = None,
    storage_class: options.StorageClass = None,
    storage_size: options.StorageSize = None,
    ingress_class: options.IngressClass = None,
    registry: options.RegistryName = None,
    image_pull_secret: options.PullSecrets = None,
    service_account: options.ServiceAccount = None,
    force_conflicts: Force = False,
) -> None:
    """Run a project: make a Stack of its files, and follow the logs. Ctrl-C ends the logs; the Stack goes on.

    With -d it ends once the Stack is written, with --wait once it is Ready. Exit code 2, and nothing written, if
    something is wrong.
    """
    from wharfinger.api.kinds import STACK
    from wharfinger.cli import goals
    from wharfinger.cli.converting import reading
    from wharfinger.cli.stack import preparing
    from wharfinger.cli.stack.bundle import Settings
    from wharfinger.cli.stack.deploying import deployed

    asked = options.asked(
        file or found_files(Path.cwd()),
        env_file=env_file,
        env=env,
        profile=profile,
        dialect=dialect,
        project_name=project_name,
    )
    settings = Settings(
        profiles=profile or (),
        dialect=asked.dialect,
        prune=remove_orphans,
        scale=replicas(scale or ()),
        defaults=options.defaults(
            storage_class=storage_class,
            storage_size=storage_size,
            ingress_class=ingress_class,
            registry=registry,
            image_pull_secret=image_pull_secret,
            service_account=service_account,
        ),
    )
    gathered = reading.gathered(asked)
    async with call.connected() as kube:
        stack = preparing.project_stack(gathered)
        bundle = preparing.prepared(gathered, settings, (kube.namespace, stack))
        found = await deployed(kube, bundle, force=force_conflicts)
        call.report(found.stack, found.done)
        if call.wait or detach:
            await call.follow(kube, {found.key: goals.ready}, resource=STACK)
        else:
            await _follow_logs(kube, found.key, timeout=call.timeout)


def found_files(directory: Path) -> list[str]:
    """The Compose file of a directory, or of the nearest one above that has one, and the override beside it.

    Raises BadInputError where there is none.
    """
    for each in (directory, *directory.parents):
        if found := _first(each, _DOCUMENTS):
            return [found, *filter(None, [_first(each, _OVERRIDES)])]
    raise BadInputError(f"no {' or '.join(_DOCUMENTS[:2])} here or above; -f names one")


def _first(directory: Path, names: Sequence[str]) -> str | None:
    return next((str(directory / name) for name in names if (directory / name).is_file()), None)


def replicas(scale: Sequence[str]) -> Mapping[str, int]:
    """Counts by service, of ``SERVICE=N``. Raises BadInputError."""
    counts = {}
    for text in scale:
        name, _, number = text.rpartition("=")
        if not name or not number.isdecimal():
            raise BadInputError(f"--scale {text}: write SERVICE=N")
        counts[name] = int(number)
    return counts


async def _follow_logs(kube: "Kube", key: "Key", *, timeout: float) -> None:  # noqa: ASYNC109
    """Once there is something that can write any."""
    from wharfinger.api.kinds import STACK
    from wharfinger.cli.podlogs.follow import followed
    from wharfinger.cli.podlogs.reading import Options
    from wharfinger.cli.podlogs.sources import Choice
    from wharfinger.cli.stack.logs import workloads_of
    from wharfinger.cli.stack.standing import made
    from wharfinger.cli.waiting import wait_for

    found = await wait_for(kube, {key: made}, timeout=timeout, resource=STACK)
    if not await followed(kube, key[0], workloads_of(found[key], ()), Choice(), Options()):
        raise typer.Exit(NOT_WELL)
