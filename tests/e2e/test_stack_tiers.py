"""An application of three tiers as a Stack on a real node: a proxy asks an API, which asks a database.

What each tier knows shows in the proxy's answer: the API's config, the digest of its secret, the database's value.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from hashlib import sha256
from typing import Final

import pytest
from tests.integration.stack.scene import Stacks, service
from tests.support.containers import BUSYBOX, DEMO, the_pod
from tests.support.operators import running
from tests.support.tasks import healthy_pods, history_of, pods_seen
from tests.support.waiting import eventually, until
from tests.support.workloads import pods_of
from tests.support.world import World, condition, is_true

from wharfinger.api.builtin import PERSISTENT_VOLUME_CLAIM, POD
from wharfinger.api.kinds import CONTAINER_WORKLOAD, STACK
from wharfinger.api.labels import STACK_LABEL
from wharfinger.api.resource import Object
from wharfinger.engine.operator import Operator

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("operator"), pytest.mark.timeout(300)]

TIMEOUT: Final = 120.0
TOKEN: Final = "open sesame"

SHOP = f"""
    x-server: &server
      image: {BUSYBOX}
      restart: always
      stop_grace_period: 1s
      command: [httpd, -f, -p, "8080", -h, /srv]

    services:
      web:
        <<: *server
        depends_on: {{api: {{condition: service_healthy}}}}
        ports: ["8080:8080"]
        networks: [front]
        configs: [{{source: proxy, target: /srv/cgi-bin/order, mode: 0555}}]
      api:
        <<: *server
        depends_on: {{db: {{condition: service_healthy}}}}
        healthcheck:
          test: wget -qO- http://localhost:8080/cgi-bin/order
          interval: 1s
        networks:
          front: {{aliases: [orders]}}
          back:
        configs: [{{source: order, target: /srv/cgi-bin/order, mode: 0555}}, greeting]
        secrets: [token]
      db:
        <<: *server
        container_name: shop-store
        # The first start takes its time, as that of a database does, and makes what every later one finds.
        command:
          - sh
          - -c
          - |
            test -e /data/value || {{ sleep 3; cat /proc/sys/kernel/random/uuid >/data/value; }}
            exec httpd -f -p 5432 -h /data
        volumes: [data:/data]
        healthcheck:
          test: [CMD, wget, -qO-, "http://localhost:5432/value"]
          interval: 1s
          start_period: 1m
          start_interval: 1s
        networks: [back]

    networks: {{front: {{}}, back: {{internal: true}}}}
    volumes: {{data: {{}}}}
    secrets: {{token: {{environment: TOKEN}}}}
    configs:
      greeting: {{content: "${{GREETING}}"}}
      proxy:
        content: |
          #!/bin/sh
          printf 'Content-Type: text/plain\\n\\n'
          wget -qO- http://api:8080/cgi-bin/order
      order:
        content: |
          #!/bin/sh
          printf 'Content-Type: text/plain\\n\\n'
          echo "$$(cat /greeting) $$(sha256sum </run/secrets/token | cut -c -64) $$(wget -qO- http://db:5432/value)"
"""

SWARM = """
    services:
      web:
        image: ${IMAGE}
        healthcheck: {test: [CMD, /demo, get, "http://localhost:8080/healthz"], interval: 1s}
        deploy:
          replicas: 2
          update_config: {failure_action: rollback, monitor: 1s}
          rollback_config: {monitor: 5s}
          restart_policy: {delay: 1s}
"""


@pytest.fixture
async def operator(world: World) -> AsyncIterator[Operator]:
    """An operator that may make the Secrets of Stacks."""
    async with running(world.kubeconfig, namespaces=(world.namespace,), stack_secrets=True) as started:
        yield started


async def _shop(world: World, *, greeting: str = "hello") -> Object:
    """The Stack, ready with that greeting."""
    env = [{"name": "GREETING", "value": greeting}, {"name": "TOKEN", "value": TOKEN}]
    await Stacks(world).apply("shop", SHOP, env=env)
    return await world.until(STACK, "shop", is_true("Ready"), timeout=TIMEOUT)


async def _from(world: World, workload: str, url: str) -> str:
    """What a GET answers inside a workload's container; empty where it fails, as while a server is being replaced."""
    pod = (await the_pod(world, workload))["metadata"]["name"]
    try:
        return await world.kubectl("exec", pod, "--", "timeout", "5", "wget", "-qO-", url)
    except AssertionError:
        return ""


async def _order(world: World, *, greeting: str = "hello") -> str:
    """The database's value, once the proxy's answer has the greeting and the secret in front of it."""
    expected = [greeting, sha256(TOKEN.encode()).hexdigest()]

    async def ask() -> list[str]:
        return (await _from(world, "web", "http://localhost:8080/cgi-bin/order")).split()

    answer = await until(ask, lambda said: said[:2] == expected and len(said) == 3, timeout=TIMEOUT, what="an order")
    return answer[2]


async def test_each_tier_waits_for_the_next_and_finds_it_by_its_names(world: World) -> None:
    shop = await _shop(world)
    assert (shop["status"]["dialect"], shop["status"]["readyServices"]) == ("compose", 3)
    assert [service(shop, name)["running"] for name in ("web", "api", "db")] == [1, 1, 1]
    value = await _order(world)

    for workload, url in (
        ("web", "http://api:8080/cgi-bin/order"),
        ("web", "http://orders:8080/cgi-bin/order"),
        ("api", "http://web:8080/cgi-bin/order"),
        ("api", "http://db:5432/value"),
        ("api", "http://shop-store:5432/value"),
    ):
        what = f"the value by {url} from {workload}"
        said = await until(partial(_from, world, workload, url), bool, timeout=TIMEOUT, what=what)
        assert said.split()[-1] == value

    web, api, db = [await the_pod(world, name) for name in ("web", "api", "db")]
    for later, earlier in ((web, api), (api, db)):
        assert later["metadata"]["creationTimestamp"] >= condition(earlier, "Ready")["lastTransitionTime"]


async def test_networks_keep_apart_who_shares_none(world: World) -> None:
    """web is on front, db on back, which is internal, and api on both."""
    await _shop(world)
    value = await _order(world)
    assert (await _from(world, "api", "http://db:5432/value")).strip() == value
    for workload, url in (("web", "http://db:5432/value"), ("db", "http://web:8080/cgi-bin/order")):
        what = f"{url} out of reach of {workload}"
        await until(partial(_from, world, workload, url), lambda said: not said, timeout=TIMEOUT, what=what)
    assert (await _from(world, "web", "http://api:8080/cgi-bin/order")).split()[-1] == value


async def test_data_outlives_its_pod_and_its_stack(world: World) -> None:
    await _shop(world)
    value = await _order(world)

    await world.delete(POD, (await the_pod(world, "db"))["metadata"]["name"])
    await world.until(STACK, "shop", is_true("Ready"), timeout=TIMEOUT)
    assert await _order(world) == value

    claim = await world.get(PERSISTENT_VOLUME_CLAIM, "data")
    await world.delete(STACK, "shop")
    for name in ("web", "api", "db"):
        await world.gone(CONTAINER_WORKLOAD, name, timeout=TIMEOUT)

    async def no_pods() -> bool:
        return not await world.list(POD)

    await eventually(no_pods, timeout=TIMEOUT, what="the end of all pods")
    kept = await world.list(PERSISTENT_VOLUME_CLAIM, f"{STACK_LABEL}=shop")
    assert claim is not None
    assert [each["metadata"]["uid"] for each in kept] == [claim["metadata"]["uid"]]

    await _shop(world)
    assert await _order(world) == value


async def test_new_content_of_a_config_rolls_who_reads_it_and_no_other(world: World) -> None:
    await _shop(world)
    value = await _order(world)
    before = {name: (await the_pod(world, name))["metadata"]["uid"] for name in ("web", "api", "db")}

    await _shop(world, greeting="welcome")
    assert await _order(world, greeting="welcome") == value
    after = {name: (await the_pod(world, name))["metadata"]["uid"] for name in ("web", "api", "db")}
    assert {name for name in before if before[name] != after[name]} == {"api"}


async def test_a_bad_image_is_rolled_back_as_swarm_does(world: World) -> None:
    """docs/tasks-swarm.md, U2, U5, U6. One task is tried at a time: the other is never touched."""

    async def apply(image: str) -> None:
        await Stacks(world).apply("shop", SWARM, env=[{"name": "IMAGE", "value": image}])

    await apply(f"{DEMO}:1")
    ready = await world.until(STACK, "shop", is_true("Ready"), timeout=TIMEOUT)
    assert ready["status"]["dialect"] == "stack"
    before = {pod["metadata"]["uid"] for pod in await pods_of(world, "web")}
    async with (
        history_of(world, "shop", lambda shop: service(shop, "web").get("update"), resource=STACK) as updates,
        pods_seen(world, "web", lambda pods: len(healthy_pods(pods))) as healthy,
    ):
        await apply("registry.wharfinger.local/not-there:1")
        shop = await world.until(STACK, "shop", is_true("Stalled", reason="ServiceStalled"), timeout=TIMEOUT)
    assert updates == ["updating", "rollback_started", "rollback_completed"]
    assert min(healthy) == 1
    web = service(shop, "web")
    assert (web["running"], web["wanted"], web["state"]) == (2, 2, "RolledBack")
    after = healthy_pods(await pods_of(world, "web"))
    assert len(before & {pod["metadata"]["uid"] for pod in after}) == 1
    assert {each["image"] for pod in after for each in pod["spec"]["containers"]} == {f"{DEMO}:1"}
