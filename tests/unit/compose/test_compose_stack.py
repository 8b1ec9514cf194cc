"""What `docker stack deploy` refuses and passes over (compose.md 1, column stack; swarm.md 4.2)."""

from __future__ import annotations

import pytest
from compose_cases import converted, objects, reasons, workloads
from test_compose_accounting import ATTRIBUTES

from wharfinger.compose.groups.swarm import IGNORED, REFUSED
from wharfinger.compose.parser import Dialect
from wharfinger.compose.rows import Index, Row

SWARM = "deploy: {update_config: {parallelism: 1}}"


@pytest.mark.parametrize("path", [*REFUSED, *(f"services.*.{name}" for name in IGNORED)])
def test_what_swarm_does_not_take_is_an_attribute_of_the_specification(path: str) -> None:
    assert any(Index([Row(path, "refused", "")]).row_of(attribute) for attribute in ATTRIBUTES)


REFUSALS = [
    ("services: {web: {image: w, mem_limit: 64m, %s}}", "services.web.mem_limit"),
    ("services: {web: {image: w, scale: 2, %s}}", "services.web.scale"),
    ("services: {web: {image: w, profiles: [dev], %s}}", "services.web.profiles"),
    ("services: {base: {image: b}, web: {extends: base, %s}}", "services.web.extends"),
    ("services: {web: {image: w, volumes_from: [db], %s}, db: {image: d}}", "services.web.volumes_from"),
    ("services: {web: {image: w, depends_on: {db: {condition: service_started}}, %s}, db: {image: d}}",
     "services.web.depends_on.db"),
    ("services: {web: {image: w, ports: [{target: 80, published: '80'}], %s}}", "services.web.ports[0].published"),
    ("services: {web: {image: w, ports: [{target: 80, published: 80, host_ip: 10.0.0.1}], %s}}",
     "services.web.ports[0].host_ip"),
    ("services: {web: {build: ., %s}}", "services.web"),
    ("services: {web: {image: w, configs: [c], %s}}\nconfigs: {c: {content: x}}", "configs.c.content"),
    ("name: shop\nservices: {web: {image: w, %s}}", "name"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "path"), REFUSALS, ids=[path for _, path in REFUSALS])
def test_what_swarm_refuses_is_an_error_where_somebody_said_stack_and_else_a_warning(text: str, path: str) -> None:
    said, found = (
        converted(text % SWARM, profiles=["dev"], **options) for options in ({"dialect": "stack"}, {"dialect": None})
    )
    assert ("SwarmRefuses", "error") in {(each.reason, each.severity) for each in said.findings if each.path == path}
    assert ("SwarmRefuses", "warning") in {(each.reason, each.severity) for each in found.findings if each.path == path}
    assert said.refused
    assert not found.refused


def test_compose_is_not_asked_what_swarm_takes() -> None:
    found = converted("services: {web: {image: w, cpus: 2, container_name: the-web}}")
    assert not {"SwarmRefuses", "SwarmIgnores"} & set(reasons(found).values())


@pytest.mark.parametrize("published", ["80", "'${PORT}'"])
def test_a_number_is_taken_as_swarm_takes_it(published: str) -> None:
    """docker/cli casts what it interpolated, and nothing else."""
    text = f"services: {{web: {{image: w, ports: [{{target: 80, published: {published}}}]}}}}"
    assert not converted(text, dialect="stack", environment={"PORT": "80"}).refused


@pytest.mark.parametrize("dialect", ["compose", "stack"])
def test_the_old_way_to_name_what_is_external_is_understood(dialect: Dialect) -> None:
    """compose.md 3: deprecated, and still in many stacks."""
    found = converted(
        "services: {web: {image: w, volumes: ['data:/data'], configs: [c]}}\n"
        "volumes: {data: {external: {name: old-data}}}\n"
        "configs: {c: {external: {name: old-config}}}",
        dialect=dialect,
    )
    assert not found.refused, found.findings
    assert not objects(found, "PersistentVolumeClaim")
    assert not objects(found, "ConfigMap")
    spec = workloads(found)["web"]
    assert spec["pod"]["volumes"][0]["persistentVolumeClaim"]["claimName"] == "old-data"
    assert spec["files"][0]["configMapRef"]["name"] == "old-config"


@pytest.mark.parametrize(
    ("port", "refused"), [("{target: 80, published: 80}", True), ("{target: 80, published: 80, mode: host}", False)]
)
def test_no_ingress_with_dnsrr(port: str, refused: bool) -> None:
    """swarm.md 4.2 (9)."""
    text = f"services: {{web: {{image: w, ports: [{port}], deploy: {{endpoint_mode: dnsrr}}}}}}"
    found = converted(text, dialect="stack")
    assert found.refused is refused
    assert not converted(text).refused


def test_the_name_of_a_service_with_dnsrr_resolves_to_its_tasks() -> None:
    """swarm.md 4.5."""
    found = converted("services: {web: {image: w, deploy: {endpoint_mode: dnsrr}}}", dialect="stack")
    assert objects(found, "Service")["web"]["spec"]["clusterIP"] == "None"
