"""``wharfinger stack config``: what the documents say in the end, merged and with variables filled in."""

from typing import TYPE_CHECKING, Any

from wharfinger.cli.console import Format
from wharfinger.cli.options import Output
from wharfinger.cli.stack import options

if TYPE_CHECKING:
    from wharfinger.cli.stack.printing import Listing

Object = dict[str, Any]


def config(
    *,
    compose_file: options.ComposeFiles,
    env_file: options.EnvFiles = None,
    env: options.Env = None,
    profile: options.Profiles = None,
    dialect: options.Dialect = None,
    output: Output = Format.yaml,
) -> None:
    """Print the documents as one, in the canonical form of the Compose specification. Offline.

    With -o name the services' names, with -o table their images as well.
    """
    from wharfinger.cli import console
    from wharfinger.cli.converting import reading
    from wharfinger.cli.stack.printing import show

    asked = options.asked(compose_file, env_file=env_file, env=env, profile=profile, dialect=dialect)
    project = reading.parsed(reading.gathered(asked).source()).project
    if output in (Format.json, Format.yaml):
        console.print_data(project, as_json=output is Format.json)
    else:
        show(list((project.get("services") or {}).items()), _listing(), output)


def _listing() -> "Listing[tuple[str, Object]]":
    from wharfinger.cli.stack.printing import Column, Listing

    return Listing(
        called="services",
        name=lambda service: service[0],
        columns=(
            Column(name="service", text=lambda service: service[0]),
            Column(name="image", text=lambda service: service[1].get("image", "")),
        ),
        nothing="No services found.",
    )
