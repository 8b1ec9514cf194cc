"""A page, run from top to bottom as its reader would."""

from __future__ import annotations

from tests.support.docs.directives import GIVEN
from tests.support.docs.pages import SHELL, Block, blocks_of
from tests.support.docs.scene import Scene, copy_repository
from tests.support.docs.session import Step, steps
from tests.support.docs.shape import difference
from tests.support.docs.shell import Ran, Shell, shell

_TIMEOUT = 150.0
_LAST_LINES = 40


def is_run(block: Block, node: str) -> bool:
    """Whether its commands are run on nodes of that kind, `simulated` or `real`."""
    said = block.directives
    return block.language in SHELL and not said.needs and not said.covered_by and said.on in (node, "both")


def runs(page: str, node: str) -> bool:
    """Whether any of the page's are."""
    return any(is_run(block, node) for block in blocks_of(page))


async def play(page: str, scene: Scene, node: str = "simulated") -> None:
    """Run it. AssertionError with file, line, command and output at the first that is not as told."""
    copy_repository(scene.repository)
    (scene.home / "scripts").mkdir()
    blocks = blocks_of(page)
    try:
        first = next(block for block in blocks if is_run(block, node))
        if not first.directives.start:
            await scene.start("operator")
        async with shell(scene.repository, scene.home / "scripts", scene.environment()) as session:
            for block in blocks:
                await _block(block, scene, session, node)
    finally:
        await scene.end()


async def _block(block: Block, scene: Scene, session: Shell, node: str) -> None:
    said = block.directives
    if said.file:
        (scene.repository / said.file).write_text(block.filled, encoding="utf-8")
    if not is_run(block, node):
        return
    if said.start:
        await scene.start(said.start)
    for name in said.given:
        script = GIVEN / f"{name}.sh"
        ran = await session.run(f"bash -e {script}", timeout=_TIMEOUT)
        assert ran.code == 0, _failure(Step(block.where, f"(given={name})"), ran, f"exit code {ran.code}")
    for index, step in enumerate(steps(block)):
        await _step(step, block, session, said.exits[min(index, len(said.exits) - 1)])


async def _step(step: Step, block: Block, session: Shell, code: int) -> None:
    said = block.directives
    if said.goes_on:
        ran = await session.interrupt(step.command, timeout=_TIMEOUT)
    else:
        ran = await session.run(step.command, timeout=_TIMEOUT)
        assert ran.code == code, _failure(step, ran, f"exit code {ran.code}, not {code}")
    if step.output:
        wrong = difference(step.output, ran.lines, said.output)
        assert wrong is None, _failure(step, ran, f"the output is not as shown: {wrong}")


def _failure(step: Step, ran: Ran, why: str) -> str:
    lines = ran.lines[-_LAST_LINES:]
    return "\n".join((f"{step.where}: {why}", f"$ {step.command}", *lines))
