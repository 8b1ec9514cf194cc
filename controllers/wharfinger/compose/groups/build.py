"""``build``: a Job that builds the image and pushes it, where there is a builder; else a finding."""

from __future__ import annotations

from typing import Final

from wharfinger.compose.building.job import objects
from wharfinger.compose.building.plan import build_of, builds
from wharfinger.compose.groups.build_checks import TABLE, findings
from wharfinger.compose.part import Part, Service
from wharfinger.compose.rows import Row

_OPTION: Final = "an option of the builder"

ROWS: Final = (
    Row(
        "services.*.build",
        "partly",
        "of a Stack, a Job that builds the image, pushes it to `defaults.registry` and names it by its content; the "
        "workload waits for it. `wharfinger convert` builds nothing, as a finding says: build the image and push it, "
        "by its name in `image`, or without one as PROJECT-SERVICE in the registry of `--registry`",
    ),
    Row(
        "services.*.build.context",
        "partly",
        "the files below it that were given to the Stack, less the documents, `.env` and files of `secrets`; or the "
        "address of a git repository (`https://….git#ref:dir`) or of a tar archive, which the builder fetches",
    ),
    Row("services.*.build.dockerfile", "partly", "`--file`; it has to be among the files that were given"),
    Row("services.*.build.dockerfile_inline", "honoured", "`--file`, with that text"),
    Row("services.*.build.args", "honoured", "`--build-arg`"),
    Row("services.*.build.target", "honoured", "`--target`"),
    Row("services.*.build.labels", "honoured", "`--label`"),
    Row("services.*.build.no_cache", "honoured", "`--no-cache`; without `cache_from` nothing is cached anyway"),
    Row("services.*.build.pull", "honoured", "nothing: the builder always pulls"),
    Row("services.*.build.extra_hosts", "honoured", "`--add-host`"),
    Row("services.*.build.ulimits", "honoured", "`--ulimit`", whole=True),
    Row(
        "services.*.build.platforms",
        "partly",
        "`--platform`; one chooses the node by its architecture; of several the others are emulated, as a finding says",
    ),
    Row("services.*.build.tags", "partly", "further names that the image is pushed by; one that is none has a finding"),
    Row("services.*.build.cache_from", "partly", "`--cache-from`: one repository; anything else has a finding"),
    Row("services.*.build.cache_to", "partly", "`--cache-to`: one repository; anything else has a finding"),
    Row(
        "services.*.build.secrets",
        "partly",
        "`--secret`, of the Secret that `secrets` makes or names; owner and mode are the builder's, as a finding says",
        whole=True,
    ),
    Row(
        "services.*.build.additional_contexts",
        "partly",
        "`--build-context`: files that were given, `docker-image://…`, an address; another service's has a finding",
    ),
    *(Row(f"services.*.build.{name}", report.row.verdict, report.message) for name, report in TABLE.items()),
)


def part(service: Service) -> Part:
    """The Job, its ConfigMaps, and what is not done as written."""
    if not builds(service):
        return Part()
    found = tuple(findings(service))
    build = None if any(each.severity == "error" for each in found) else build_of(service)
    return Part(objects=objects(build) if build else (), findings=found)
