"""What labels for kompose become: a reader for each thing that they ask for, and a finding for each that is not used.

Those about what is published are read in `groups.ports`, those about controllers in `mode`.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator
from typing import Final

from wharfinger.api.model import CRON_SCHEDULE
from wharfinger.api.resource import Object
from wharfinger.api.status import Finding
from wharfinger.compose.groups.objects import metadata
from wharfinger.compose.groups.ports import node_port, outside_name, published, service_type
from wharfinger.compose.kompose import PREFIX, asked
from wharfinger.compose.mode import mode_of
from wharfinger.compose.names import legal
from wharfinger.compose.part import Part, Service, merged

Given = dict[str, str]
Read = tuple[Part, set[str]]
"""What was read, and the labels that said it."""

_QUOTED = re.compile(r"\"([^\"]*)\"|'([^']*)'")

_HOST = re.compile(r"^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*(/[!-~]*)?$")

_INSTEAD: Final = {
    "service.type": "write nodeport, clusterip or loadbalancer, on a service that publishes a port; its own name is "
    "headless anyway",
    "service.expose": "write true, or host names in lower case, on a service that publishes a port",
    "service.nodeport.port": "write one number, beside service.type: nodeport, on a service that publishes one port",
    "service.external-traffic-policy": "write local or cluster, on a service that publishes a port",
    "service.group": "each service is a workload of its own; write `network_mode: service:NAME` for those of one pod",
    "controller.type": "write deployment, daemonset or statefulset, and no `deploy` that is for Swarm alone",
    "controller.port.expose": "no port of the nodes is taken; write `mode: host` on the port",
    "service.healthcheck": "write `healthcheck` on the service, or spec.healthCheck in the workload",
    "cronjob": "it needs a schedule of five fields, and no `deploy` that is for Swarm alone",
    "hpa": "is not taken over: it wants whole numbers, and a service whose number of pods is not fixed",
    "init.containers": "it wants an image, and a command of words or a list",
    "image-pull-policy": "write Always, IfNotPresent or Never, and no `pull_policy` beside it",
    "security-context.fsgroup": "write a number",
}
"""Beginnings of labels, and what to write where one is not honoured."""


def part(service: Service) -> Part:
    """What the labels of a service ask for."""
    given = asked(service.data)
    read = [reader(service, given) for reader in _READERS]
    used = {name for _, names in read for name in names}
    findings = tuple(_findings(service, [name for name in given if name not in used]))
    return merged([*(found for found, _ in read), Part(findings=findings)])


def _pull_secrets(service: Service, given: Given) -> Read:
    """The label's Secret, and those that every image may need."""
    own = [given["image-pull-secret"]] if given.get("image-pull-secret") else []
    names = dict.fromkeys([*own, *service.context.defaults.image_pull_secrets])
    spec: Object = {"imagePullSecrets": [{"name": name} for name in names]} if names else {}
    return Part(spec=spec), {"image-pull-secret"} if own else set()


def _account(service: Service, given: Given) -> Read:
    name = given.get("serviceaccount-name") or service.context.defaults.service_account
    return Part(spec={"serviceAccount": {"name": name}} if name else {}), {"serviceaccount-name"}


def _pull_policy(service: Service, given: Given) -> Read:
    policies = {policy.lower(): policy for policy in ("Always", "IfNotPresent", "Never")}
    policy = policies.get(given.get("image-pull-policy", "").lower())
    if not policy or service.data.get("pull_policy"):
        return Part(), set()
    return Part(spec={"imagePullPolicy": policy}), {"image-pull-policy"}


def _group_of_files(_: Service, given: Given) -> Read:
    written = given.get("security-context.fsgroup", "")
    if not written.isdecimal():
        return Part(), set()
    return Part(pod={"securityContext": {"fsGroup": int(written)}}), {"security-context.fsgroup"}


def _init_container(_: Service, given: Given) -> Read:
    """Its command is a list in YAML's flow style, or words as a shell splits them."""
    image = given.get("init.containers.image")
    if not image:
        return Part(), set()
    words = _words(given.get("init.containers.command", ""))
    made: Object = {"name": legal(given.get("init.containers.name") or "init"), "image": image}
    container = made | ({"command": words} if words else {})
    return Part(pod={"initContainers": [container]}), {
        f"init.containers.{name}" for name in ("name", "image", "command")
    }


def _words(written: str) -> list[str]:
    if written.startswith("["):
        return [double or single for double, single in _QUOTED.findall(written)]
    try:
        return shlex.split(written)
    except ValueError:  # a quote that is not closed
        return written.split()


def _controller(service: Service, given: Given) -> Read:
    """What the mode needs beside its name (`mode.mode_of`)."""
    mode = mode_of(service)
    if mode == "stateful":
        return Part(spec={"stateful": {"serviceName": service.workload}}), {"controller.type"}
    plain = mode == "service" and given.get("controller.type", "").lower() == "deployment"
    return Part(), {"controller.type"} if mode == "daemon" or plain else set()


def _cron(service: Service, given: Given) -> Read:
    if mode_of(service) != "cron":
        return Part(), set()
    names = {"cronjob.schedule", "cronjob.concurrency_policy", "cronjob.backoff_limit"}
    if not re.match(CRON_SCHEDULE, given["cronjob.schedule"]):
        message = f"`{given['cronjob.schedule']}` is no schedule; write five fields, or @hourly and its like"
        wrong = service.finding(f"labels.{PREFIX}cronjob.schedule", "error", "ValueUnknown", message)
        return Part(findings=(wrong,)), names
    cron = {"schedule": given["cronjob.schedule"]}
    policy, limit = given.get("cronjob.concurrency_policy", "Allow"), given.get("cronjob.backoff_limit", "")
    if policy in ("Allow", "Forbid", "Replace"):
        cron["concurrencyPolicy"] = policy
    else:
        names.remove("cronjob.concurrency_policy")
    job: Object = {"job": {"backoffLimit": int(limit)}} if limit.isdecimal() else {}
    return Part(spec={"cron": cron} | job), names if job or not limit else names - {"cronjob.backoff_limit"}


def _outside(service: Service, given: Given) -> Read:
    """What `groups.ports` makes of them."""
    if not any(entry.outside for entry in published(service.data)):
        headless = given.get("service.type", "").lower() == "headless"
        return Part(), {"service.type"} if headless else set()
    found = service_type(service.data)
    used = {"service.type"} if found.get("type", "").lower() == given.get("service.type", "").lower() else set()
    used |= {"service.external-traffic-policy"} if "externalTrafficPolicy" in found else set()
    alone = len([entry for entry in published(service.data) if entry.outside]) == 1
    if alone and node_port(service.data) and found.get("type") == "NodePort":
        used.add("service.nodeport.port")
    return Part(), used


def _exposed(service: Service, given: Given) -> Read:
    """An Ingress to the first published port: ``true`` for any host, or hosts, each maybe with a path."""
    entry = next((entry for entry in published(service.data) if entry.outside), None)
    written = given.get("service.expose", "")
    hosts = [] if written.lower() == "true" else [host.strip() for host in written.split(",")]
    if not written or entry is None or not all(_HOST.match(host) for host in hosts):
        return Part(), set()
    backend = {"service": {"name": outside_name(service), "port": {"number": entry.port}}}
    spec: Object = {"rules": [_rule(host, backend) for host in hosts or [""]]}
    if name := given.get("service.expose.ingress-class-name") or service.context.defaults.ingress_class:
        spec["ingressClassName"] = name
    if secret := given.get("service.expose.tls-secret"):
        named = {"hosts": list(dict.fromkeys(host.partition("/")[0] for host in hosts))} if hosts else {}
        spec["tls"] = [named | {"secretName": secret}]
    about = metadata(service.context, service.workload)
    made = {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": about, "spec": spec}
    return Part(objects=(made,)), {"service.expose", "service.expose.ingress-class-name", "service.expose.tls-secret"}


def _rule(written: str, backend: Object) -> Object:
    host, _, path = written.partition("/")
    leads = {"path": f"/{path}", "pathType": "Prefix", "backend": backend}
    return ({"host": host} if host else {}) | {"http": {"paths": [leads]}}


def _autoscale(service: Service, given: Given) -> Read:
    """hpa.*: bounds, and percent of the requests; kompose's own defaults are 1, 3 and 50 % of CPU."""
    names = {"replicas.min": 1, "replicas.max": 3, "cpu": 50, "memory": 70}
    read = {name: given.get(f"hpa.{name}", "").removesuffix("%") for name in names}
    numbers = all(value == "" or value.isdecimal() for value in read.values())
    if mode_of(service) not in ("service", "stateful") or not any(read.values()) or not numbers:
        return Part(), set()
    lowest, highest = (int(read[f"replicas.{end}"] or names[f"replicas.{end}"]) for end in ("min", "max"))
    wanted = [name for name in ("cpu", "memory") if read[name]] or ["cpu"]
    metrics = [{"resource": name, "averageUtilization": int(read[name] or names[name])} for name in wanted]
    block = {"minReplicas": lowest, "maxReplicas": max(highest, lowest), "metrics": metrics}
    return Part(spec={"autoscale": block}), {f"hpa.{name}" for name in names}


_READERS: Final[tuple[Callable[[Service, Given], Read], ...]] = (
    _pull_secrets,
    _account,
    _pull_policy,
    _group_of_files,
    _init_container,
    _controller,
    _cron,
    _outside,
    _exposed,
    _autoscale,
)


def _findings(service: Service, names: list[str]) -> Iterator[Finding]:
    for name in names:
        instead = next((told for begin, told in _INSTEAD.items() if name.startswith(begin)), "it has no effect here")
        yield service.finding(f"labels.{PREFIX}{name}", "warning", "KomposeLabel", instead)
