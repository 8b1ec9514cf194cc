"""The admission webhook on a real API server: what kubectl prints, what is refused, and what it must never hinder."""

from __future__ import annotations

import asyncio
import shutil
import ssl
import statistics
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.admission import (
    GOOD,
    HOST,
    MISSPELT,
    MISSPELT_SAID,
    Webhook,
    admitting,
    certify,
    said,
)
from tests.support.waiting import eventually
from tests.support.workloads import MODES
from tests.support.world import World

from wharfinger.api.builtin import DEPLOYMENT
from wharfinger.api.kinds import CONTAINER_WORKLOAD
from wharfinger.cluster import Cluster

pytestmark = pytest.mark.integration

GATEWAY: dict[str, Any] = {
    **GOOD,
    "ports": [{"name": "http", "containerPort": 8080}],
    "route": {"hosts": ["shop.example.com"], "gateways": [{"name": "public"}]},
}
"""Of which the cluster has none: a warning."""


@pytest.fixture(scope="session")
def certificates(wharfinger_cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An authority, and a certificate for loopback."""
    directory = tmp_path_factory.mktemp("admission")
    certify(directory)
    return directory


@pytest.fixture
async def warning(world: World, certificates: Path) -> AsyncIterator[Webhook]:
    """An operator that warns."""
    async with admitting(world, certificates) as (_, webhook), webhook.configured():
        yield webhook


@pytest.fixture
async def enforcing(world: World, certificates: Path) -> AsyncIterator[Webhook]:
    """An operator that refuses."""
    async with admitting(world, certificates, enforce=True) as (_, webhook), webhook.configured():
        yield webhook


# Warnings


async def test_apply_prints_what_the_status_will_say(world: World, warning: Webhook) -> None:
    answer = await warning.apply(MISSPELT)
    assert (answer.code, answer.out) == (0, "containerworkload.wharfinger.dev/web created\n")
    assert answer.warnings == [MISSPELT_SAID]
    status = (await world.stalled("web"))["status"]
    assert [f"{each['path']}: {each['message']}" for each in status["findings"]] == answer.warnings


async def test_a_warning_does_not_keep_it_from_becoming_ready(world: World, warning: Webhook) -> None:
    answer = await warning.apply(GATEWAY)
    assert answer.code == 0
    assert [line.partition(":")[0] for line in answer.warnings] == ["spec.route.gateways"]
    status = (await world.ready("web"))["status"]
    assert [f"{each['path']}: {each['message']}" for each in status["findings"]] == answer.warnings


async def test_a_good_document_is_applied_in_silence(world: World, warning: Webhook) -> None:
    answer = await warning.apply(MODES["service"])
    assert (answer.code, answer.err) == (0, "")
    await world.ready("web")


async def test_a_dry_run_warns_and_stores_nothing(world: World, warning: Webhook) -> None:
    answer = await warning.apply(MISSPELT, "--dry-run=server")
    assert (answer.code, answer.warnings) == (0, [MISSPELT_SAID])
    assert await world.get(CONTAINER_WORKLOAD, "web") is None


async def test_a_dry_run_of_a_change_does_not_mislead_the_operator(world: World, warning: Webhook) -> None:
    """It has the uid and generation of the change that is really made next."""
    await warning.apply(GOOD)
    await world.ready("web")
    await warning.apply({**GOOD, "image": "registry.example.com/shop/web:tried"}, "--dry-run=server")
    await warning.apply({**GOOD, "image": "registry.example.com/shop/web:2"})
    await world.ready("web")
    live = await world.get(DEPLOYMENT, "web")
    assert live is not None
    assert live["spec"]["template"]["spec"]["containers"][0]["image"] == "registry.example.com/shop/web:2"


async def test_an_annotation_that_names_no_revision_is_warned_of(world: World, warning: Webhook) -> None:
    await warning.apply(GOOD)
    await world.ready("web")
    answer = await said(world, "annotate", "cw/web", "wharfinger.dev/rollback-to=7")
    assert answer.code == 0
    assert "names no other revision" in answer.err


async def test_what_does_not_change_the_document_is_not_reviewed(world: World, warning: Webhook) -> None:
    await warning.apply(MISSPELT)
    assert (await said(world, "label", "cw/web", "team=shop")).err == ""
    assert (await warning.apply(MISSPELT, labels={"team": "blog"})).warnings == [MISSPELT_SAID], "annotated by apply"


# Refusals


async def test_enforce_refuses_in_one_line(world: World, enforcing: Webhook) -> None:
    answer = await enforcing.apply(MISSPELT)
    assert (answer.code, answer.out) == (1, "")
    assert answer.err.count("\n") == 1
    assert answer.err.rstrip().endswith(f"denied the request: {MISSPELT_SAID}")
    assert await world.get(CONTAINER_WORKLOAD, "web") is None


async def test_enforce_refuses_a_dry_run_too(enforcing: Webhook) -> None:
    assert (await enforcing.apply(MISSPELT, "--dry-run=server")).code == 1


async def test_enforce_keeps_what_is_stored_from_a_bad_change(world: World, enforcing: Webhook) -> None:
    await enforcing.apply(GOOD)
    before = await world.ready("web")
    assert (await enforcing.apply(MISSPELT)).code == 1
    after = await world.get(CONTAINER_WORKLOAD, "web")
    assert after is not None
    assert after["spec"] == before["spec"]


async def test_enforce_lets_warnings_through(enforcing: Webhook) -> None:
    answer = await enforcing.apply(GATEWAY)
    assert (answer.code, len(answer.warnings)) == (0, 1)


async def test_a_bad_document_from_before_can_be_labelled_repaired_and_deleted(
    world: World, certificates: Path
) -> None:
    await world.workload("web", **MISSPELT)
    await world.workload("old", **MISSPELT)
    async with admitting(world, certificates, enforce=True) as (_, webhook), webhook.configured():
        await world.stalled("web")  # the operator's own status is never in question
        assert (await said(world, "label", "cw/web", "team=shop")).code == 0
        assert (await said(world, "annotate", "cw/web", "note=x")).code == 0
        await world.workload("web", **GOOD)
        await world.ready("web")
        await world.patch(CONTAINER_WORKLOAD, "old", {"metadata": {"finalizers": ["example.com/held"]}})
        await world.delete(CONTAINER_WORKLOAD, "old")
        await world.patch(CONTAINER_WORKLOAD, "old", {"metadata": {"finalizers": None}})
        await world.gone(CONTAINER_WORKLOAD, "old")


# What it must not hinder


async def test_without_the_operator_everything_goes_on(world: World, certificates: Path) -> None:
    async with admitting(world, certificates, enforce=True) as (operator, webhook):
        configured = webhook.configured()
        await configured.__aenter__()
        await operator.wait_idle()
    try:
        started = time.monotonic()
        answer = await webhook.apply(MISSPELT)
        assert (answer.code, answer.err) == (0, ""), "failurePolicy: Ignore"
        assert (await webhook.apply(GOOD)).code == 0
        assert (await said(world, "delete", "cw/web", "--wait=false")).code == 0
        assert time.monotonic() - started < 30
    finally:
        await configured.__aexit__(None, None, None)


async def test_without_a_certificate_the_operator_works_and_serves_once_there_is_one(
    world: World, certificates: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with admitting(world, tmp_path) as (_, webhook):
        await world.workload("web", **GOOD)
        await world.ready("web")
        assert f"no admission webhook: {tmp_path / 'tls.crt'} is missing" in caplog.text
        for name in ("ca.crt", "tls.key", "tls.crt"):
            shutil.copy(certificates / name, tmp_path / name)
        await webhook.listening()


async def test_a_document_too_large_to_review_is_let_through(world: World, enforcing: Webhook) -> None:
    """kopf's server takes bodies of up to 1 MiB; the status says what is wrong, as it does without the webhook."""
    files = [{"path": f"/{index}", "content": "x" * 400_000} for index in range(3)]
    answer = await enforcing.apply({**GOOD, "files": files}, "--server-side")
    assert (answer.code, answer.err) == (0, "")
    assert "spec.files" in {each["path"] for each in (await world.stalled("web"))["status"]["findings"]}


async def test_it_is_no_burden(warning: Webhook) -> None:
    """Milliseconds, as the API server meets it; a second is for machines that have other things to do."""
    took: list[float] = []
    for index in range(20):
        started = time.perf_counter()
        status, answer = await warning.post(_review(warning.world.namespace, f"w{index}"))
        took.append(time.perf_counter() - started)
        assert status == 200
        assert answer["response"]["warnings"] == [MISSPELT_SAID]
    assert statistics.median(took) < 1.0


# The server


async def test_a_renewed_certificate_is_served_without_a_restart(world: World, tmp_path: Path) -> None:
    certify(tmp_path)
    async with admitting(world, tmp_path, renewal=0.2) as (_, webhook):
        await webhook.listening()
        first = await _presented(webhook)
        certify(tmp_path)
        await eventually(lambda: _presents_another(webhook, first), timeout=60, what="the new certificate")
        await webhook.listening()


async def test_what_is_no_review_is_refused(warning: Webhook) -> None:
    for body in (b"{", b"[]", {"kind": "AdmissionReview"}):
        assert (await warning.post(body))[0] == 400


def _review(namespace: str, name: str) -> dict[str, Any]:
    kind = CONTAINER_WORKLOAD
    metadata = {"name": name, "namespace": namespace, "uid": name, "generation": 1}
    obj = {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": metadata, "spec": MISSPELT}
    resource = {"group": kind.group, "version": kind.version, "resource": kind.plural}
    request = {"uid": name, "resource": resource, "namespace": namespace, "name": name, "object": obj}
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}


async def _presented(webhook: Webhook) -> str:
    return await asyncio.to_thread(ssl.get_server_certificate, (HOST, webhook.port))


async def _presents_another(webhook: Webhook, first: str) -> bool:
    try:
        return await _presented(webhook) != first
    except OSError:  # between the two
        return False
