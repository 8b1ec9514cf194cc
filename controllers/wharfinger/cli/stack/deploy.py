"""``wharfinger stack deploy``: a Stack of Compose files, as ``docker stack deploy`` makes a stack of them."""

from enum import StrEnum
from typing import Annotated

import typer

from wharfinger.cli.options import Force
from wharfinger.cli.stack import options
from wharfinger.cli.verbs import Call, verb


class Resolve(StrEnum):
    """When docker asks the registry for an image's digest."""

    always = "always"
    changed = "changed"
    never = "never"


@verb(waits=True)
async def deploy(
    call: Call,
    *,
    name: options.Name,
    compose_file: options.ComposeFiles,
    prune: Annotated[bool, typer.Option("--prune", help="Remove services that the files no longer have.")] = False,
    detach: Annotated[
        bool, typer.Option("--detach/--no-detach", "-d", help="Do not wait; --detach=false is --wait.")
    ] = True,
    with_registry_auth: Annotated[
        bool,
        typer.Option("--with-registry-auth", help="Make a pull Secret of what `docker login` has kept for the images."),
    ] = False,
    resolve_image: Annotated[
        Resolve | None,
        typer.Option(
            "--resolve-image", help="As docker's; a node resolves a tag when it pulls, whatever is said here."
        ),
    ] = None,
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
    """Make a Stack of Compose files, or bring it up to date. What is not honoured goes to standard error.

    Exit code 2, and nothing written, if something is wrong; with --wait 1 where a service cannot run.
    """
    from wharfinger.api.kinds import STACK
    from wharfinger.cli import console, goals
    from wharfinger.cli.converting import reading
    from wharfinger.cli.names import plain_stack
    from wharfinger.cli.stack import preparing
    from wharfinger.cli.stack.bundle import Settings
    from wharfinger.cli.stack.deploying import deployed

    stack = preparing.legal_name(plain_stack(name))
    if resolve_image in (Resolve.always, Resolve.changed):
        console.remark(
            f"--resolve-image {resolve_image}: a node resolves a tag when it pulls; write a digest to pin it"
        )
    asked = options.asked(compose_file, env_file=env_file, env=env, profile=profile, dialect=dialect)
    settings = Settings(
        profiles=profile or (),
        dialect=asked.dialect,
        prune=prune,
        registry_auth=with_registry_auth,
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
        bundle = preparing.prepared(gathered, settings, (kube.namespace, stack))
        found = await deployed(kube, bundle, force=force_conflicts)
        call.report(found.stack, found.done)
        call.wait = call.wait or not detach
        await call.follow(kube, {found.key: goals.ready}, resource=STACK)
