"""Containers of every mode run, find each other, see their files and keep their data."""

from __future__ import annotations

import pytest
from tests.support.containers import DEMO, IDLE, NOBODY, ask, client, shell, the_pod, web
from tests.support.waiting import eventually
from tests.support.workloads import pods_of
from tests.support.world import World, condition

from wharfinger.api.builtin import POD, SECRET
from wharfinger.api.kinds import CONTAINER_WORKLOAD

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("operator")]


async def test_a_service_is_found_by_name_and_answers_from_every_replica(world: World) -> None:
    await client(world)
    await world.workload("web", **web(replicas=2))
    ready = await world.ready("web", timeout=60)
    assert ready["status"]["readyReplicas"] == 2
    names = {pod["metadata"]["name"] for pod in await pods_of(world, "web")}
    answered: set[str] = set()

    async def all_answered() -> bool:
        host, version = (await ask(world, "http://web/")).split()
        assert version == "1"
        answered.add(host)
        return answered == names

    await eventually(all_answered, what=f"answers from {names}")
    assert (await ask(world, f"http://web.{world.namespace}.svc.cluster.local/healthz")).strip() == "ok"


async def test_a_stateful_pod_is_found_by_its_own_name(world: World) -> None:
    await client(world)
    await world.workload("db", mode="stateful", **web(replicas=2))
    await world.ready("db", timeout=60)
    for pod in ("db-0", "db-1"):
        found = await world.get(POD, pod)
        assert found is not None
        service = found["spec"]["subdomain"]
        assert (await ask(world, f"http://{pod}.{service}:8080/")).split()[0] == pod


async def test_logs_are_there(world: World) -> None:
    await world.workload("web", **web())
    await world.ready("web", timeout=60)
    assert 'version "1" listens on port 8080' in await world.kubectl("logs", "deployment/web")


async def test_a_job_says_how_it_ended(world: World) -> None:
    await world.workload("good", mode="job", image=f"{DEMO}:1", args=["sleep", "100ms"])
    await world.workload("bad", mode="job", image=f"{DEMO}:1", args=["exit", "3"], job={"backoffLimit": 0})
    good = await world.until(CONTAINER_WORKLOAD, "good", lambda seen: condition(seen, "Complete"), timeout=60)
    bad = await world.until(CONTAINER_WORKLOAD, "bad", lambda seen: condition(seen, "Failed"), timeout=60)
    assert condition(good, "Ready")["status"] == "True"
    assert good["status"]["job"]["result"] == "Complete"
    assert condition(bad, "Ready")["status"] == "False"
    assert condition(bad, "Stalled")["status"] == "True"


async def test_a_cron_job_runs_at_its_time(world: World) -> None:
    """Each minute, so that a test need not wait longer."""
    await world.workload("tick", mode="cron", image=f"{DEMO}:1", args=["sleep", "10ms"], cron={"schedule": "* * * * *"})
    await world.ready("tick")
    ran = await world.until(
        CONTAINER_WORKLOAD, "tick", lambda seen: seen["status"].get("cron", {}).get("lastSuccessfulTime"), timeout=90
    )
    assert condition(ran, "Ready")["status"] == "True"


async def test_a_daemon_runs_on_the_node(world: World) -> None:
    await world.workload("agent", mode="daemon", **web())
    ready = await world.ready("agent", timeout=60)
    assert ready["status"]["readyReplicas"] == 1


async def test_files_have_their_content_and_mode(world: World) -> None:
    await world.create(SECRET, "tls", stringData={"key": "secret text"})
    spec = shell(
        IDLE,
        files=[
            {"path": "/etc/app/config", "content": "one\n", "mode": 0o440},
            {"path": "/etc/app/other", "content": "two"},
            {"path": "/run/secrets/tls", "secretRef": {"name": "tls", "key": "key"}, "mode": 0o400},
        ],
    )
    await world.workload("app", **spec)
    await world.ready("app", timeout=60)
    assert await _sh(world, "app", "cat /etc/app/config") == "one\n"
    assert await _sh(world, "app", "cat /etc/app/other") == "two"
    assert await _sh(world, "app", "cat /run/secrets/tls") == "secret text"
    modes = await _sh(world, "app", "stat -L -c %a /etc/app/config /etc/app/other")
    assert modes.split() == ["440", "444"]


async def test_changed_files_reach_new_containers(world: World) -> None:
    spec = shell(IDLE, files=[{"path": "/etc/app/config", "content": "one"}])
    await world.workload("app", **spec)
    await world.ready("app", timeout=60)
    before = (await the_pod(world, "app"))["metadata"]["uid"]
    await world.workload("app", **{**spec, "files": [{"path": "/etc/app/config", "content": "two"}]})
    await world.ready("app", timeout=60)
    assert (await the_pod(world, "app"))["metadata"]["uid"] != before
    assert await _sh(world, "app", "cat /etc/app/config") == "two"


async def test_storage_outlives_the_pod(world: World) -> None:
    spec = shell(IDLE, storage=[{"name": "data", "path": "/data", "size": "16Mi", "retain": False}])
    await world.workload("db", mode="stateful", **spec)
    await world.ready("db", timeout=60)
    await _kubectl_sh(world, "db-0", "echo kept > /data/text")
    before = (await the_pod(world, "db"))["metadata"]["uid"]
    await world.delete(POD, "db-0")
    await world.until(POD, "db-0", lambda pod: pod["metadata"]["uid"] != before, timeout=60)
    await world.ready("db", timeout=60)
    assert await _kubectl_sh(world, "db-0", "cat /data/text") == "kept\n"


async def test_containers_are_restricted_by_default(world: World) -> None:
    await world.workload("app", **shell(IDLE))
    await world.ready("app", timeout=60)
    assert (await _sh(world, "app", "id -u")).strip() == str(NOBODY)
    status = await _sh(world, "app", "cat /proc/self/status")
    facts = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert int(facts["CapEff"], 16) == 0
    assert facts["NoNewPrivs"] == "1"
    assert await _sh(world, "app", "ls /var/run/secrets/kubernetes.io 2>/dev/null || echo none") == "none\n"


async def test_a_network_policy_keeps_others_out(world: World) -> None:
    await client(world)
    for name, network in {"open": {}, "closed": {"network": {"ingress": []}}}.items():
        await world.workload(name, **web(**network))
        await world.ready(name, timeout=60)

    async def kept_out() -> bool:
        try:
            await ask(world, "http://closed/")
        except AssertionError:
            return True
        return False

    await eventually(kept_out, what="the policy of `closed` to be enforced")
    assert await ask(world, "http://open/")


async def _sh(world: World, workload: str, script: str) -> str:
    pod = await the_pod(world, workload)
    return await _kubectl_sh(world, pod["metadata"]["name"], script)


async def _kubectl_sh(world: World, pod: str, script: str) -> str:
    return await world.kubectl("exec", pod, "--", "sh", "-c", script)
