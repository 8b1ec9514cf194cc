"""Documents that mean harm, as Stacks: each is refused in a line, touches nothing, and holds nobody up."""

from __future__ import annotations

import pytest
from tests.integration.stack.scene import PATIENCE, Stacks
from tests.support.harmful import Harm, harms
from tests.support.world import condition

from wharfinger.api.builtin import CONFIG_MAP, PERSISTENT_VOLUME_CLAIM, SECRET, SERVICE
from wharfinger.api.kinds import CONTAINER_WORKLOAD, STACK
from wharfinger.api.labels import STACK_LABEL
from wharfinger.api.resource import Object
from wharfinger.engine.operator import Operator

pytestmark = pytest.mark.integration

_MADE = (CONTAINER_WORKLOAD, CONFIG_MAP, SECRET, SERVICE, PERSISTENT_VOLUME_CLAIM)


async def _objects(stacks: Stacks, stack: str) -> list[Object]:
    return [each for kind in _MADE for each in await stacks.world.list(kind, f"{STACK_LABEL}={stack}")]


async def _apply(stacks: Stacks, name: str, harm: Harm) -> None:
    files = [{"path": path, "content": text} for path, text in harm.files.items()]
    await stacks.apply(name, documents=[{"name": "compose.yaml", "content": harm.text}], files=files)


async def test_harmful_stacks_are_refused_and_others_are_served(stacks: Stacks, keeper: Operator) -> None:
    """All of them at once, with a Stack among them that is in order."""
    every = list(harms())
    for number, harm in enumerate(every):
        await _apply(stacks, f"harm-{number}", harm)
    await stacks.apply("shop", "services: {web: {image: 'registry.example.com/shop/web:1', restart: always}}")
    await stacks.ready("shop")
    for number, harm in enumerate(every):
        stack = await stacks.stalled(f"harm-{number}")
        said = condition(stack, "Stalled")["message"] + " ".join(
            each["message"] for each in stack["status"]["findings"]
        )
        assert harm.said in said, harm.name
        assert "\n" not in said
        assert not any(secret in said for secret in ("root:", "/tmp/", "goroutine", "Traceback"))
        assert await _objects(stacks, f"harm-{number}") == []


async def test_what_ran_before_goes_on(stacks: Stacks, keeper: Operator) -> None:
    await stacks.apply(
        "shop", documents=[{"name": "compose.yaml", "content": "services: {web: {image: web:1, restart: always}}"}]
    )
    await stacks.ready("shop")
    before = await _objects(stacks, "shop")
    bomb = next(harm for harm in harms() if harm.name == "aliases of lists")
    await _apply(stacks, "shop", bomb)
    await stacks.stalled("shop", reason="InvalidSpec")
    await keeper.wait_idle()
    assert {each["metadata"]["uid"] for each in await _objects(stacks, "shop")} == {
        each["metadata"]["uid"] for each in before
    }


async def test_ten_megabytes_of_config_maps_are_refused(stacks: Stacks, keeper: Operator) -> None:
    files = []
    for number in range(11):
        name = f"part-{number}"
        await stacks.world.create(CONFIG_MAP, name, data={f"x{number}": "a" * 950_000})
        files.append({"configMap": {"name": name}})
    await stacks.apply("large", "services: {web: {image: web:1, restart: always}}", files=files)
    stack = await stacks.world.until(STACK, "large", lambda now: condition(now, "Stalled"), timeout=PATIENCE)
    assert "bytes" in condition(stack, "Stalled")["message"]
    assert await _objects(stacks, "large") == []
