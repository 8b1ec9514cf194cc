"""The command line's way to the API server: the engine's client, and its errors as lines for a person."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from wharfinger.api.kinds import CONTAINER_WORKLOAD, STACK
from wharfinger.api.resource import Object, Resource
from wharfinger.cli.errors import CommandError
from wharfinger.engine.client import KubeClient
from wharfinger.engine.connection import Connection, NoConnection
from wharfinger.engine.errors import ApiError, NotFound, Unauthorized, Unavailable

WORKLOAD = CONTAINER_WORKLOAD
WRITTEN = (WORKLOAD, STACK)
"""What people write documents of."""

MANAGER = "wharfinger-cli"
"""Field manager of what a person writes by the command line; the operator's own is ``wharfinger``."""


def resource_of(obj: Object) -> Resource:
    """Of a document; ContainerWorkload's for a kind that is none of ours, which is refused elsewhere."""
    return next((resource for resource in WRITTEN if resource.describes(obj)), WORKLOAD)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kube:
    """A connected client, and the namespace to look at."""

    client: KubeClient
    namespace: str


@asynccontextmanager
async def connect(
    *, kubeconfig: Path | None = None, context: str | None = None, namespace: str | None = None
) -> AsyncIterator[Kube]:
    """A client for the cluster that the options name; without ``namespace``, in that of the kubeconfig's context.

    Errors inside the block become CommandErrors.
    """
    with told():
        connection = Connection.default(kubeconfig=kubeconfig, context=context)
        async with KubeClient(connection) as client:
            yield Kube(client=client, namespace=namespace or connection.namespace or "default")


@contextmanager
def told() -> Iterator[None]:
    """Turn what a client can raise into one line that says what to do about it."""
    try:
        yield
    except NoConnection as error:
        raise CommandError(f"no usable kubeconfig: {error} (--kubeconfig or KUBECONFIG names one)") from error
    except OSError as error:
        raise CommandError(f"the kubeconfig cannot be used: {error}") from error
    except Unavailable as error:
        raise CommandError(f"the API server does not answer: {error.message}") from error
    except Unauthorized as error:
        raise CommandError(f"the API server does not know these credentials: {error.message}") from error
    except NotFound as error:
        raise CommandError(_not_found(error)) from error
    except ApiError as error:
        raise CommandError(f"the API server answered {error.code} {error.reason}: {error.message}") from error


def _not_found(error: NotFound) -> str:
    """An object that is missing is named by a Status; a resource that is missing answers with a bare 404 page."""
    if error.reason:
        return error.message
    return "this cluster does not know ContainerWorkload: install it with `kubectl apply --server-side -f crds/`"
