"""A Stack on a real API server: what it makes, keeps, changes and takes away, and what it says."""

from __future__ import annotations

import pytest
from tests.integration.stack.scene import PATIENCE, Stacks, findings, service
from tests.support.waiting import eventually
from tests.support.world import condition

from wharfinger.api.builtin import CONFIG_MAP, NETWORK_POLICY, PERSISTENT_VOLUME_CLAIM, SECRET, SERVICE
from wharfinger.api.kinds import CONTAINER_WORKLOAD, STACK
from wharfinger.api.labels import MANAGED_BY_LABEL, STACK_LABEL
from wharfinger.engine.operator import Operator

pytestmark = pytest.mark.integration

SHOP = """
    services:
      web:
        image: registry.example.com/shop/web:${TAG:-1.0}
        ports: ["8080:80"]
        configs: [{source: site, target: /etc/site.conf}]
        networks: [front]
        restart: always
      db:
        image: registry.example.com/shop/db:1
        volumes: ["data:/var/lib/db"]
        environment: {PASSWORD_FILE: /run/secrets/password}
        secrets: [password]
        networks: [back]
        restart: always
    networks: {front: {}, back: {internal: true}}
    volumes: {data: {}}
    configs: {site: {content: "listen 80"}}
    secrets: {password: {environment: PASSWORD}}
"""
ENV = [{"name": "PASSWORD", "value": "hunter22"}]


async def made(stacks: Stacks, resource: object, stack: str = "shop") -> list[str]:
    found = await stacks.world.list(resource, f"{STACK_LABEL}={stack}")  # type: ignore[arg-type]
    return sorted(each["metadata"]["name"] for each in found)


async def test_a_compose_file_runs(stacks: Stacks, keeper: Operator) -> None:
    await stacks.apply("shop", SHOP, env=ENV)
    shop = await stacks.ready("shop")

    assert await made(stacks, CONTAINER_WORKLOAD) == ["db", "web"]
    assert await made(stacks, PERSISTENT_VOLUME_CLAIM) == ["data"]
    assert len(await made(stacks, CONFIG_MAP)) == len(await made(stacks, SECRET)) == 1
    assert await made(stacks, NETWORK_POLICY)
    assert (shop["status"]["serviceCount"], shop["status"]["readyServices"]) == (2, 2)
    assert shop["status"]["dialect"] == "compose"
    web = service(shop, "web")
    assert {name: web[name] for name in ("workload", "image", "mode", "running", "wanted", "state", "ports")} == {
        "workload": "web",
        "image": "registry.example.com/shop/web:1.0",
        "mode": "replicated",
        "running": 1,
        "wanted": 1,
        "state": "AllReplicasReady",
        "ports": ["*:8080->80/tcp"],
    }


async def test_at_rest_it_sends_nothing(stacks: Stacks, keeper: Operator) -> None:
    await stacks.apply("shop", SHOP, env=ENV)
    await stacks.ready("shop")
    await keeper.wait_idle()
    before = [
        each["metadata"]["resourceVersion"]
        for resource in (STACK, CONTAINER_WORKLOAD, SERVICE, CONFIG_MAP)
        for each in await stacks.world.list(resource)
    ]
    keeper.queue("stacks").add((stacks.world.namespace, "shop"))
    await keeper.wait_idle()
    after = [
        each["metadata"]["resourceVersion"]
        for resource in (STACK, CONTAINER_WORKLOAD, SERVICE, CONFIG_MAP)
        for each in await stacks.world.list(resource)
    ]
    assert after == before


async def test_an_update_changes_only_what_differs(stacks: Stacks, keeper: Operator) -> None:
    await stacks.apply("shop", SHOP, env=ENV)
    await stacks.ready("shop")
    db = await stacks.world.get(CONTAINER_WORKLOAD, "db")
    await stacks.apply("shop", SHOP, env=[*ENV, {"name": "TAG", "value": "1.1"}])
    await stacks.world.until(
        CONTAINER_WORKLOAD, "web", lambda web: web["spec"]["image"].endswith(":1.1"), timeout=PATIENCE
    )
    await stacks.ready("shop")
    after = await stacks.world.get(CONTAINER_WORKLOAD, "db")
    assert db is not None
    assert after is not None
    assert after["metadata"]["generation"] == db["metadata"]["generation"]


async def test_a_removed_service_goes_and_its_volume_stays(stacks: Stacks, keeper: Operator) -> None:
    await stacks.apply("shop", SHOP, env=ENV)
    await stacks.ready("shop")
    await stacks.apply("shop", "services: {web: {image: web:1, restart: always}}")
    await stacks.world.gone(CONTAINER_WORKLOAD, "db", timeout=PATIENCE)
    await stacks.ready("shop")
    assert await made(stacks, CONTAINER_WORKLOAD) == ["web"]
    assert await made(stacks, SECRET) == await made(stacks, CONFIG_MAP) == []
    assert await made(stacks, PERSISTENT_VOLUME_CLAIM) == ["data"]


async def test_without_prune_what_is_removed_stays(stacks: Stacks, keeper: Operator) -> None:
    await stacks.apply("shop", SHOP, env=ENV)
    await stacks.ready("shop")
    shop = await stacks.apply("shop", "services: {web: {image: web:1, restart: always}}", prune=False)
    await stacks.world.until(STACK, "shop", lambda now: now["status"].get("serviceCount") == 1, timeout=PATIENCE)
    await stacks.ready("shop")
    await keeper.wait_idle()
    assert shop["spec"]["prune"] is False
    assert await made(stacks, CONTAINER_WORKLOAD) == ["db", "web"]


async def test_volumes_go_where_that_is_asked_for(stacks: Stacks, keeper: Operator) -> None:
    await stacks.apply("shop", SHOP, env=ENV, volumeRetention="Delete")
    await stacks.ready("shop")
    await stacks.world.delete(STACK, "shop")
    await stacks.world.gone(PERSISTENT_VOLUME_CLAIM, "data", timeout=PATIENCE)


async def test_deleting_a_stack_takes_all_but_its_volumes(stacks: Stacks, keeper: Operator) -> None:
    await stacks.apply("shop", SHOP, env=ENV)
    await stacks.ready("shop")
    await stacks.world.delete(STACK, "shop")
    await stacks.world.gone(CONTAINER_WORKLOAD, "db", timeout=PATIENCE)

    async def nothing_left() -> bool:
        kinds = (CONTAINER_WORKLOAD, CONFIG_MAP, SECRET, SERVICE, NETWORK_POLICY)
        return not any([await made(stacks, kind) for kind in kinds])

    await eventually(nothing_left, timeout=PATIENCE, what="everything of the Stack gone")
    assert await made(stacks, PERSISTENT_VOLUME_CLAIM) == ["data"]
    await stacks.apply("shop", SHOP, env=ENV)
    await stacks.ready("shop")  # the volume is taken up again


async def test_what_is_deleted_or_changed_by_hand_is_put_right(stacks: Stacks, keeper: Operator) -> None:
    await stacks.apply("shop", SHOP, env=ENV)
    await stacks.ready("shop")
    old = await stacks.world.get(CONTAINER_WORKLOAD, "web")
    assert old is not None
    await stacks.world.delete(CONTAINER_WORKLOAD, "web")
    await stacks.world.until(
        CONTAINER_WORKLOAD, "web", lambda web: web["metadata"]["uid"] != old["metadata"]["uid"], timeout=PATIENCE
    )
    await stacks.world.patch(CONTAINER_WORKLOAD, "db", {"spec": {"image": "other:1"}})
    await stacks.world.until(
        CONTAINER_WORKLOAD, "db", lambda db: db["spec"]["image"].startswith("registry"), timeout=PATIENCE
    )
    await stacks.ready("shop")


async def test_an_error_writes_nothing_and_says_where(stacks: Stacks, keeper: Operator) -> None:
    await stacks.apply("shop", SHOP, env=ENV)
    await stacks.ready("shop")
    await stacks.apply(
        "shop",
        """
        services:
          web:
            image: web:2
            network_mode: container:other
        """,
    )
    shop = await stacks.stalled("shop", reason="InvalidSpec")
    assert "compose.yaml:4:5" in condition(shop, "Stalled")["message"]
    web = await stacks.world.get(CONTAINER_WORKLOAD, "web")
    assert web is not None
    assert web["spec"]["image"].endswith("web:1.0")
    assert await made(stacks, CONTAINER_WORKLOAD) == ["db", "web"]


async def test_a_document_that_is_none(stacks: Stacks, keeper: Operator) -> None:
    await stacks.apply("shop", "services: [")
    shop = await stacks.stalled("shop", reason="InvalidSpec")
    assert findings(shop, "DocumentInvalid")
    assert "\n" not in condition(shop, "Stalled")["message"]
    await stacks.apply("shop", compose={"services": {"web": {"image": "web:1", "restart": "always"}}})
    await stacks.ready("shop")


async def test_a_variable_that_nobody_has_set_is_told(stacks: Stacks, keeper: Operator) -> None:
    """It is empty, as with docker; a Stack sees no shell from which it could have come."""
    await stacks.apply("shop", 'services: {web: {image: "web:1", restart: always, environment: {A: "${NOBODYS}"}}}')
    (finding,) = findings(await stacks.ready("shop"), "ReadWithWarning")
    assert "NOBODYS" in finding["message"]
    assert finding["severity"] == "warning"


async def test_documents_files_and_variables_from_elsewhere(stacks: Stacks, keeper: Operator) -> None:
    world = stacks.world
    await stacks.apply(
        "shop",
        documents=[
            {"name": "compose.yaml", "configMapKeyRef": {"name": "docs", "key": "base"}},
            {"name": "compose.prod.yaml", "content": "services: {web: {image: 'web:${TAG}'}}"},
        ],
        files=[{"configMap": {"name": "docs", "items": [{"key": "env", "path": "conf/web.env"}]}}],
        envFrom=[{"secretRef": {"name": "tags"}}],
    )
    shop = await stacks.stalled("shop", reason="InvalidSpec")
    assert len(findings(shop, "ContentNotFound")) == 3

    await world.create(SECRET, "tags", stringData={"TAG": "2.7-secret"})
    base = "services: {web: {image: web, restart: always, env_file: conf/web.env}}"
    await world.create(CONFIG_MAP, "docs", data={"base": base, "env": "COLOUR=red\n"})
    await stacks.ready("shop")
    web = await world.get(CONTAINER_WORKLOAD, "web")
    assert web is not None
    assert web["spec"]["image"] == "web:2.7-secret"
    assert {"name": "COLOUR", "value": "red"} in web["spec"]["env"]

    await world.patch(CONFIG_MAP, "docs", {"data": {"env": "COLOUR=blue\n"}})
    await world.until(
        CONTAINER_WORKLOAD,
        "web",
        lambda now: {"name": "COLOUR", "value": "blue"} in now["spec"]["env"],
        timeout=PATIENCE,
    )


async def test_without_the_right_to_secrets_it_says_what_to_do(stacks: Stacks, operator: Operator) -> None:
    await stacks.apply("shop", SHOP, env=ENV)
    shop = await stacks.stalled("shop", reason="InvalidSpec")
    assert "external: true" in findings(shop, "SecretsNotAllowed")[0]["message"]
    assert await made(stacks, CONTAINER_WORKLOAD) == []


async def test_suspended_it_changes_nothing(stacks: Stacks, keeper: Operator) -> None:
    await stacks.apply("shop", SHOP, env=ENV)
    await stacks.ready("shop")
    await stacks.apply("shop", SHOP, env=[*ENV, {"name": "TAG", "value": "9"}], suspend=True)
    shop = await stacks.world.until(
        STACK, "shop", lambda now: condition(now, "Ready").get("reason") == "Suspended", timeout=PATIENCE
    )
    assert "1 object would change" in condition(shop, "Ready")["message"]
    web = await stacks.world.get(CONTAINER_WORKLOAD, "web")
    assert web is not None
    assert web["spec"]["image"].endswith(":1.0")
    await stacks.apply("shop", SHOP, env=[*ENV, {"name": "TAG", "value": "9"}])
    await stacks.world.until(
        CONTAINER_WORKLOAD, "web", lambda now: now["spec"]["image"].endswith(":9"), timeout=PATIENCE
    )


async def test_it_takes_over_nothing(stacks: Stacks, keeper: Operator) -> None:
    await stacks.world.workload("web", image="mine:1")
    await stacks.apply("shop", SHOP, env=ENV)
    shop = await stacks.stalled("shop", reason="Conflict")
    assert "ContainerWorkload" in condition(shop, "Stalled")["message"]
    web = await stacks.world.get(CONTAINER_WORKLOAD, "web")
    assert web is not None
    assert web["spec"]["image"] == "mine:1"
    assert MANAGED_BY_LABEL not in web["metadata"].get("labels", {})


async def test_a_swarm_stack_runs_by_swarms_rules(stacks: Stacks, keeper: Operator) -> None:
    await stacks.apply(
        "shop",
        """
        version: "3.9"
        services:
          web:
            image: web:1
            deploy:
              replicas: 2
              update_config: {parallelism: 1, failure_action: rollback, monitor: 1s}
        """,
    )
    shop = await stacks.ready("shop")
    assert shop["status"]["dialect"] == "stack"
    web = await stacks.world.get(CONTAINER_WORKLOAD, "web")
    assert web is not None
    assert web["spec"]["mode"] == "tasks"
    assert service(shop, "web")["mode"] == "replicated"
    assert (service(shop, "web")["running"], service(shop, "web")["wanted"]) == (2, 2)


async def test_no_secret_is_told(stacks: Stacks, keeper: Operator) -> None:
    await stacks.world.create(SECRET, "values", stringData={"CONDITION": "hunter22-is-no-size"})
    await stacks.apply(
        "shop",
        """
        services:
          web: {image: web:1, mem_limit: "${CONDITION}"}
        """,
        envFrom=[{"secretRef": {"name": "values"}}],
    )
    shop = await stacks.stalled("shop")
    assert "hunter22" not in str(shop["status"])
    assert condition(shop, "Stalled")["message"]
