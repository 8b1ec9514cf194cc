"""``wharfinger run``: the operator. Every option can come from the environment, as a Deployment gives them."""

from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wharfinger.cli.errors import BadInputError

if TYPE_CHECKING:
    from wharfinger.engine.settings import AdmissionSettings
    from wharfinger.reconcilers.prometheus import Prometheus


class LogFormat(StrEnum):
    """How log lines are written."""

    json = "json"
    plain = "plain"


class LogLevel(StrEnum):
    """From which severity on."""

    debug = "debug"
    info = "info"
    warning = "warning"
    error = "error"


class Admission(StrEnum):
    """What happens to a document with findings while it is applied."""

    off = "off"
    warn = "warn"
    enforce = "enforce"


def _option(name: str, metavar: str | None, text: str, *short: str, variable: str = "", **more: Any) -> Any:
    """``--name``, and ``WHARFINGER_NAME`` in the environment."""
    variable = variable or name.replace("-", "_").upper()
    return typer.Option(
        f"--{name}", *short, envvar=f"WHARFINGER_{variable}", show_envvar=False, metavar=metavar, help=text, **more
    )


Kubeconfig = Annotated[
    Path | None,
    _option(
        "kubeconfig", "FILE", "Kubeconfig file. In a pod: its service account; else $KUBECONFIG or ~/.kube/config."
    ),
]
Context = Annotated[str | None, _option("context", "NAME", "Kubeconfig context; the current one if absent.")]
Namespaces = Annotated[
    list[str] | None,
    _option(
        "namespace", "NAME", "Look after this namespace only; may be given several times.", "-n", variable="NAMESPACES"
    ),
]
Workers = Annotated[int, _option("workers", "N", "Resources reconciled at the same time.", min=1)]
LeaderElection = Annotated[
    bool,
    typer.Option(
        envvar="WHARFINGER_LEADER_ELECTION", show_envvar=False, help="Of several replicas, one works at a time."
    ),
]
LeaseNamespace = Annotated[
    str | None,
    _option("lease-namespace", "NAME", "Where the Leases are; the pod's namespace, or wharfinger-system, if absent."),
]
LeaseName = Annotated[
    str, _option("lease-name", "NAME", "Name of the Lease, or what those of several shards' Leases begin with.")
]
Identity = Annotated[str | None, _option("identity", "NAME", "Name in the Lease; host and chance if absent.")]
Shards = Annotated[int, _option("shards", "N", "Leases by which several replicas share the namespaces out.", min=1)]
MetricsHost = Annotated[str, _option("metrics-host", "ADDRESS", "Address of /metrics, /healthz and /readyz.")]
MetricsPort = Annotated[int, _option("metrics-port", "PORT", "Their port; 0 for a free one.", min=0, max=65535)]
WatchSecrets = Annotated[
    bool,
    typer.Option(
        "--watch-secrets",
        envvar="WHARFINGER_WATCH_SECRETS",
        show_envvar=False,
        help="Roll the pods when a Secret changes that a workload names. Needs the right to read Secrets.",
    ),
]
PrometheusUrl = Annotated[
    str | None, _option("prometheus-url", "URL", "Prometheus to ask for the alarms of tasks; none if absent.")
]
PrometheusCredentials = Annotated[
    Path | None,
    _option("prometheus-credentials", "DIR", "Directory with the token and the ca.crt to ask it, where it needs them."),
]
StartImage = Annotated[
    str,
    _option(
        "start-image",
        "IMAGE",
        "Image with wharfinger-start, for tasks whose containers have an order; the operator's own.",
    ),
]
NodePolicies = Annotated[
    bool,
    typer.Option(
        "--node-policies",
        envvar="WHARFINGER_NODE_POLICIES",
        show_envvar=False,
        help="Keep NodePolicies: cordon, drain and label nodes. Needs the right to change nodes and to evict pods.",
    ),
]
Stacks = Annotated[
    bool,
    typer.Option(
        "--stacks/--no-stacks",
        envvar="WHARFINGER_STACKS",
        show_envvar=False,
        help="Keep Stacks: Compose files and Swarm stacks.",
    ),
]
StackSecrets = Annotated[
    bool,
    typer.Option(
        "--stack-secrets",
        envvar="WHARFINGER_STACK_SECRETS",
        show_envvar=False,
        help="Make the Secrets that Stacks have, and read those that they name. Needs the right to read and write "
        "Secrets; it is --watch-secrets, too.",
    ),
]
AdmissionOption = Annotated[
    Admission,
    _option("admission", None, "Serve the admission webhook: findings as warnings; with enforce, errors are refused."),
]
AdmissionCertificates = Annotated[
    Path | None, _option("admission-certificates", "DIR", "Directory with its tls.crt and tls.key.")
]
AdmissionHost = Annotated[str, _option("admission-host", "ADDRESS", "Address of the webhook.")]
AdmissionPort = Annotated[int, _option("admission-port", "PORT", "Its port; 0 for a free one.", min=0, max=65535)]
LogFormatOption = Annotated[LogFormat, _option("log-format", None, "How log lines are written.")]
LogLevelOption = Annotated[LogLevel, _option("log-level", None, "From which severity on.")]


def run(
    *,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    namespace: Namespaces = None,
    workers: Workers = 64,
    leader_election: LeaderElection = True,
    lease_namespace: LeaseNamespace = None,
    lease_name: LeaseName = "wharfinger",
    identity: Identity = None,
    shards: Shards = 1,
    metrics_host: MetricsHost = "0.0.0.0",  # noqa: S104 - the kubelet and Prometheus come from outside the pod
    metrics_port: MetricsPort = 8080,
    watch_secrets: WatchSecrets = False,
    start_image: StartImage = "",
    prometheus_url: PrometheusUrl = None,
    prometheus_credentials: PrometheusCredentials = None,
    node_policies: NodePolicies = False,
    stacks: Stacks = True,
    stack_secrets: StackSecrets = False,
    admission: AdmissionOption = Admission.off,
    admission_certificates: AdmissionCertificates = None,
    admission_host: AdmissionHost = "0.0.0.0",  # noqa: S104 - the API server comes from outside the pod
    admission_port: AdmissionPort = 9443,
    log_format: LogFormatOption = LogFormat.plain,
    log_level: LogLevelOption = LogLevel.info,
) -> None:
    """Run the operator until SIGTERM. Keeps every ContainerWorkload and every Stack as its spec says.

    Each option is also an environment variable: WHARFINGER_ and its name, in capitals, dashes as underscores.
    """
    from wharfinger.cli.logs import configure
    from wharfinger.engine.operator import Settings
    from wharfinger.reconcilers import operator

    if stack_secrets and not stacks:
        raise BadInputError("--stack-secrets needs --stacks")
    if node_policies and namespace:
        raise BadInputError("--node-policies needs an operator of all namespaces: leave --namespace out, or this")
    configure(as_json=log_format is LogFormat.json, level=log_level.upper())
    settings = Settings(
        kubeconfig=kubeconfig,
        context=context,
        namespaces=tuple(namespace or ()),
        workers=workers,
        leader_election=leader_election,
        lease_namespace=lease_namespace,
        lease_name=lease_name,
        shards=shards,
        metrics_host=metrics_host,
        metrics_port=metrics_port,
        admission=_admission(admission, admission_certificates, host=admission_host, port=admission_port),
    )
    chosen = replace(settings, identity=identity) if identity else settings
    features = operator.Features(
        watch_secrets=watch_secrets,
        node_policies=node_policies,
        compose=_compose_program if stacks else None,
        stack_secrets=stack_secrets,
        start_image=start_image,
        prometheus=_prometheus(prometheus_url, prometheus_credentials),
    )
    operator.run(chosen, features)


def _admission(mode: Admission, certificates: Path | None, *, host: str, port: int) -> "AdmissionSettings | None":
    from wharfinger.engine.settings import AdmissionSettings

    if mode is Admission.off:
        return None
    if certificates is None:
        raise BadInputError(f"--admission {mode} needs --admission-certificates: a directory with tls.crt and tls.key")
    return AdmissionSettings(certificates=certificates, enforce=mode is Admission.enforce, host=host, port=port)


def _compose_program() -> Path:
    """Where the reader of Compose documents is. Raises ParserFailure where it is not to be had."""
    from wharfinger.cli.converting.program import program
    from wharfinger.cluster.errors import ClusterError
    from wharfinger.compose.parser import ParserFailure

    try:
        return program()
    except (BadInputError, ClusterError) as error:
        raise ParserFailure(f"the reader of Compose documents is not there: {error}") from error


def _prometheus(url: str | None, credentials: Path | None) -> "Prometheus | None":
    from wharfinger.reconcilers.prometheus import Prometheus

    if not url:
        if credentials is not None:
            raise BadInputError("--prometheus-credentials needs --prometheus-url")
        return None
    server = Prometheus(url, credentials)
    for mistake in server.mistakes():
        raise BadInputError(f"--prometheus-url: {mistake}")
    return server
