"""Dependencies: what each workload that comes first still lacks, and what else there is to say of it. Pure.

The rules are those of ``depends_on`` as ``docker compose up`` has them (Compose Specification, 05-services;
docker/compose, pkg/compose/convergence.go, waitDependencies). docs/dependencies.md has the table of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from wharfinger.api.dependencies import WorkloadDependency
from wharfinger.api.status import Finding
from wharfinger.rollout.standing import Standing


@dataclass(frozen=True, slots=True)
class Lack:
    """What a dependency is short of."""

    name: str
    kind: Literal["absent", "failed", "waiting"]
    told: str
    """For a person."""

    def __str__(self) -> str:
        """``db: 0 of 1 ready``."""
        return f"{self.name}: {self.told}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What stands between a workload and its start."""

    unmet: tuple[Lack, ...] = ()
    """What it waits for; those that have failed first."""
    skipped: tuple[Lack, ...] = ()
    """What it goes on without, since it is not required."""

    @property
    def failed(self) -> bool:
        """Whether a dependency will not come by itself."""
        return any(lack.kind == "failed" for lack in self.unmet)

    @property
    def message(self) -> str:
        """All that is waited for, in one line."""
        return "; ".join(map(str, self.unmet))


def outlook(wanted: Iterable[WorkloadDependency], known: Mapping[str, Standing]) -> Outlook:
    """How the dependencies stand; `known` are the workloads that there are, by name."""
    unmet: list[Lack] = []
    skipped: list[Lack] = []
    for each in wanted:
        found = lack(each, known.get(each.name))
        if found is not None:
            optional = not each.required and found.kind != "waiting"
            (skipped if optional else unmet).append(found)
    return Outlook(unmet=tuple(sorted(unmet, key=lambda lack: lack.kind != "failed")), skipped=tuple(skipped))


def lack(dependency: WorkloadDependency, found: Standing | None) -> Lack | None:
    """What the dependency is short of; None once it is satisfied.

    One that is satisfied counts even if it failed since. One that shall have no pod at all is not waited for.
    """
    name = dependency.name
    if found is None:
        return Lack(name, "absent", "there is no ContainerWorkload of that name")
    if not found.wanted or _met(dependency, found):
        return None
    if dependency.condition == "Completed" and not found.completes:
        return Lack(name, "failed", f"never completes, since it is of mode {found.mode}: wait for Started or Healthy")
    if found.stalled and found.current:
        return Lack(name, "failed", f"has failed ({found.stalled})")
    return Lack(name, "waiting", _waiting(dependency, found))


def _met(dependency: WorkloadDependency, found: Standing) -> bool:
    """Never by a status from before its last change, nor while it is itself held back."""
    if not found.current or found.waits:
        return False
    if dependency.condition == "Completed":
        return found.complete
    if found.ready or found.complete:
        return True
    if dependency.condition == "Started":
        return found.started >= _needed(found)
    return found.bounded and found.ready_pods >= max(1, found.desired)


def _needed(found: Standing) -> int:
    """Pods that must have started: of a job, one."""
    return 1 if found.bounded else max(1, found.desired)


def _waiting(dependency: WorkloadDependency, found: Standing) -> str:
    why = f" ({found.reason})" if found.reason else ""
    if not found.current:
        return "its last change has not been looked at yet"
    if found.waits:
        return "waits itself for what it depends on"
    if dependency.condition == "Completed":
        return f"is not done{why}"
    if dependency.condition == "Started":
        return f"{found.started} of {_needed(found)} started{why}"
    if found.ready_pods >= max(1, found.desired):
        return f"its last change is still on its way{why}"
    return f"{found.ready_pods} of {max(1, found.desired)} ready{why}"


def stamps(wanted: Iterable[WorkloadDependency], known: Mapping[str, Standing]) -> dict[str, str]:
    """What runs of those whose updates restart the workload, by name; nothing of one that runs nothing."""
    asked = (each.name for each in wanted if each.restart)
    return {name: known[name].running for name in asked if name in known and known[name].running}


def findings(
    wanted: Sequence[WorkloadDependency], known: Mapping[str, Standing], loop: Sequence[str] = ()
) -> Iterator[Finding]:
    """What will not be as written. `loop` are the names along a cycle that this workload is part of."""
    for index, each in enumerate(wanted):
        path, found = f"spec.dependsOn[{index}]", known.get(each.name)
        yield from _in_a_cycle(path, each, loop)
        if found is None:
            yield from _absent(path, each)
        else:
            yield from _endless(path, each, found)
            yield from _unchecked(path, each, found)


def _in_a_cycle(path: str, dependency: WorkloadDependency, loop: Sequence[str]) -> Iterator[Finding]:
    """Workloads that wait for one another would wait for ever, as far as those are known that are there."""
    if loop and dependency.name == loop[1]:
        message = f"a cycle, in which each waits for the next: {' -> '.join(loop)}; remove one of these dependencies"
        yield Finding(path=f"{path}.name", severity="error", reason="DependencyCycle", message=message[:1024])


def _absent(path: str, dependency: WorkloadDependency) -> Iterator[Finding]:
    """A dependency that is not required, and is not there."""
    if not dependency.required:
        message = f"there is no ContainerWorkload {dependency.name}, and it is not required: it is not waited for"
        yield Finding(path=f"{path}.name", severity="info", reason="DependencyAbsent", message=message)


def _endless(path: str, dependency: WorkloadDependency, found: Standing) -> Iterator[Finding]:
    """Waiting for the end of what runs for ever."""
    if dependency.condition == "Completed" and not found.completes:
        message = f"{dependency.name} is of mode {found.mode} and never completes: write Started or Healthy"
        yield Finding(path=f"{path}.condition", severity="warning", reason="NeverCompletes", message=message)


def _unchecked(path: str, dependency: WorkloadDependency, found: Standing) -> Iterator[Finding]:
    """Waiting for the health of what nothing checks: Docker would refuse to, Kubernetes calls it ready once it runs."""
    if dependency.condition == "Healthy" and not (found.checked or found.completes):
        message = f"{dependency.name} has no healthCheck: it counts as healthy as soon as its containers run"
        yield Finding(path=f"{path}.condition", severity="info", reason="HealthUnchecked", message=message)


def cycle(name: str, dependencies: Callable[[str], Iterable[str]]) -> tuple[str, ...]:
    """The shortest cycle through `name`, which stands at both of its ends; empty if there is none.

    `dependencies` are the names that a name depends on, as far as that is known.
    """
    paths: list[tuple[str, ...]] = [(name,)]
    seen: set[str] = set()
    for path in paths:
        for after in dependencies(path[-1]):
            if after == name:
                return (*path, name)
            if after not in seen:
                seen.add(after)
                paths.append((*path, after))
    return ()
