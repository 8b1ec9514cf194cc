"""``build`` on a real node: a rootless builder in a namespace of Pod Security `baseline`, and what it built runs."""

from __future__ import annotations

import shutil

import pytest
import yaml
from tests.support.builder import PACKAGES, PROGRAMS, builder
from tests.support.composing import parser
from tests.support.waiting import eventually
from tests.support.world import World

from wharfinger.api.builtin import JOB
from wharfinger.api.resource import Object
from wharfinger.cluster import Cluster, NodeKind, images
from wharfinger.cluster.nodes.real.config import registry_url
from wharfinger.cluster.nodes.real.requirements import install
from wharfinger.compose.building.builder import Builder
from wharfinger.compose.convert import convert
from wharfinger.compose.parser import Source
from wharfinger.compose.part import Defaults
from wharfinger.reconcilers.stack.words import last_words

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("operator"), pytest.mark.timeout(300)]

_TIMEOUT = 120.0
_DOCUMENT = """
services:
  web:
    restart: always
    build:
      context: ./app
      args: {{GREETING: "it's $$(HOME); ok"}}
      ulimits: {{nofile: 512}}
      secrets: [token]
      additional_contexts: {{tools: ./tools}}
  wrong:
    restart: always
    build: {{dockerfile_inline: "FROM {registry}/busybox\\nRUN echo it went wrong && exit 3\\n"}}
secrets: {{token: {{environment: TOKEN}}}}
"""
_DOCKERFILE = """
FROM {registry}/busybox
ARG GREETING
COPY . /app
COPY --from=tools run.sh /run.sh
RUN --mount=type=secret,id=token wc -c < /run/secrets/token > /size
RUN /run.sh > /ran; ulimit -n > /limit; echo "$GREETING" > /greeting; chown 5:6 /ran
CMD ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 0.2; done"]
"""


@pytest.fixture(scope="module")
def builder_image(request: pytest.FixtureRequest, wharfinger_cluster: Cluster) -> str:
    """The builder, in the cluster's registry."""
    if not all(map(shutil.which, PROGRAMS)):
        if request.config.option.wharfinger_node != NodeKind.AUTO:
            pytest.skip(f"{', '.join(PACKAGES)} (Debian packages) missing; --wharfinger-node auto installs them")
        install(PACKAGES, needed_by="building in the cluster")
    registry = registry_url(wharfinger_cluster.layout)
    images.push(builder(), registry=registry, repository="shop/builder", tag="1")
    return "registry.example.com/shop/builder:1"


def _objects(world: World, cluster: Cluster, image: str) -> list[Object]:
    registry = registry_url(cluster.layout).removeprefix("http://")
    files = {
        "compose.yaml": _DOCUMENT.format(registry=registry),
        "app/Dockerfile": _DOCKERFILE.format(registry=registry),
        "app/.dockerignore": "left-out\n",
        "app/kept": "kept\n",
        "app/left-out": "",
        "tools/run.sh": "#!/bin/sh\necho ran\n",
    }
    source = Source(documents=["compose.yaml"], files=files, name="shop", environment={"TOKEN": "sesame"})
    defaults = Defaults(registry=f"{registry}/shop", builder=Builder(image=image, insecure=True))
    found = convert(parser().parse(source), namespace=world.namespace, files=files, defaults=defaults)
    assert not found.refused, found.findings
    return list(found.objects)


def _ended(kind: str, job: Object) -> bool:
    return any(
        each["type"] == kind and each["status"] == "True" for each in job.get("status", {}).get("conditions", ())
    )


async def test_an_image_is_built_pushed_and_run(world: World, wharfinger_cluster: Cluster, builder_image: str) -> None:
    """As `baseline` allows: not as root, and with nothing of the node."""
    await world.kubectl("label", f"namespace/{world.namespace}", "pod-security.kubernetes.io/enforce=baseline")
    objects = _objects(world, wharfinger_cluster, builder_image)
    await world.kubectl("apply", "--server-side", "-f", "-", stdin=yaml.safe_dump_all(objects))
    jobs = {each["metadata"]["labels"]["wharfinger.dev/build"]: each for each in objects if each["kind"] == "Job"}
    await world.until(JOB, jobs["web"]["metadata"]["name"], lambda job: _ended("Complete", job), timeout=_TIMEOUT)
    await world.ready("web", timeout=_TIMEOUT)
    script = "cat /app/kept /ran /limit /size /greeting; ls /app; stat -c %u:%g /ran"
    said = await world.kubectl("exec", "deployment/web", "--", "sh", "-c", script)
    assert said.split("\n")[:5] == ["kept", "ran", "512", "6", "it's $(HOME); ok"]
    assert "left-out" not in said
    assert said.strip().endswith("5:6")

    async def told() -> str:
        return await last_words(world.client, world.namespace, jobs["wrong"]["metadata"]["name"])

    words = await eventually(told, timeout=_TIMEOUT, what="the end of the log of the build that fails")
    assert "it went wrong" in words
    assert "exit status 3" in words
