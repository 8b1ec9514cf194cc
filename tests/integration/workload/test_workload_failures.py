"""Whatever keeps a pod from running is named on the workload, so that nobody needs to look at pods."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

import pytest
from tests.support.nodes import (
    IMAGE_PULL_BACK_OFF,
    NEVER_READY,
    Kubelet,
    simulating,
    terminated,
    waiting,
)
from tests.support.waiting import eventually
from tests.support.workloads import HTTP, MODES, V1, problem_reasons, runner
from tests.support.world import World, condition

from wharfinger.api.builtin import DEPLOYMENT, POD, SERVICE
from wharfinger.api.kinds import CONTAINER_WORKLOAD
from wharfinger.api.resource import Object, Resource
from wharfinger.engine.errors import ApiError, NotFound
from wharfinger.engine.operator import Operator

pytestmark = pytest.mark.integration

QUOTA = Resource(group="", version="v1", kind="ResourceQuota", plural="resourcequotas")
POLICY = Resource(
    group="admissionregistration.k8s.io",
    version="v1",
    kind="ValidatingAdmissionPolicy",
    plural="validatingadmissionpolicies",
    namespaced=False,
)
BINDING = Resource(
    group="admissionregistration.k8s.io",
    version="v1",
    kind="ValidatingAdmissionPolicyBinding",
    plural="validatingadmissionpolicybindings",
    namespaced=False,
)
NOT_STARTED = simulating(IMAGE_PULL_BACK_OFF)
STARTED = simulating(NEVER_READY)


@dataclass(frozen=True)
class Case:
    """What a kubelet says of the main container, and what the workload must say of it."""

    reason: str
    fate: Object
    says: Callable[[Kubelet, Object], Awaitable[None]]
    words: tuple[str, ...]

    def __str__(self) -> str:
        return self.reason


def held_up(reason: str, message: str, *words: str) -> Case:
    return Case(reason, NOT_STARTED, lambda kubelet, pod: kubelet.held_up(pod, waiting(reason, message)), words)


CASES = (
    held_up("ImagePullBackOff", 'Back-off pulling image "shop/web:1"', "shop/web:1", "imagePullSecrets"),
    held_up("ErrImagePull", "manifest unknown", "manifest unknown"),
    held_up("InvalidImageName", "couldn't parse image name", "spec.image"),
    held_up("CreateContainerConfigError", 'secret "db" not found', 'secret "db" not found', "make the object"),
    held_up("CreateContainerError", "no command specified", "no command specified"),
    held_up("RunContainerError", "exec: /nope: not found", "/nope"),
    Case(
        "CrashLoopBackOff",
        STARTED,
        lambda kubelet, pod: kubelet.crashed(pod, times=2, code=3, words="migrating\nno such table: orders"),
        ("2 times", "exit code 3", "no such table: orders", "kubectl logs"),
    ),
    Case(
        "OOMKilled",
        STARTED,
        lambda kubelet, pod: kubelet.crashed(pod, times=2, code=137, reason="OOMKilled"),
        ("137", "resources.limits.memory"),
    ),
    Case(
        "Error",
        STARTED,
        lambda kubelet, pod: kubelet.held_up(pod, terminated(7, message="bad flag")),
        ("exit code 7", "bad flag"),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_a_container_that_does_not_run(world: World, operator: Operator, case: Case) -> None:
    patient: Object = {"rollout": {"onFailure": "continue", "restartLimit": 50}}
    await world.workload("web", image=V1, **case.fate, **patient)
    kubelet = Kubelet(world, "web")
    (pod,) = await kubelet.pods(1)
    await case.says(kubelet, pod)
    found = await world.until(CONTAINER_WORKLOAD, "web", lambda obj: problem_reasons(obj) == {case.reason})
    (problem,) = found["status"]["problems"]
    assert (problem["pod"], problem["container"]) == (pod["metadata"]["name"], "web")
    for words in case.words:
        assert words in problem["message"]
    ready = condition(found, "Ready")
    assert ready["status"] == "False"
    assert case.reason in ready["reason"] + ready["message"]

    await kubelet.ready(pod)
    well = await world.ready("web")
    assert not well["status"].get("problems")


async def test_an_init_container_that_fails(world: World, operator: Operator) -> None:
    overlay = {"initContainers": [{"name": "migrate", "image": V1}]}
    await world.workload("web", image=V1, pod=overlay, **NOT_STARTED)
    kubelet = Kubelet(world, "web")
    (pod,) = await kubelet.pods(1)
    failed = kubelet.container(pod, state=waiting("CrashLoopBackOff"), restarts=1, last=terminated(2)) | {
        "name": "migrate"
    }
    main = kubelet.container(pod, state=waiting("PodInitializing"))
    await kubelet.says(pod, phase="Pending", initContainerStatuses=[failed], containerStatuses=[main])
    found = await world.until(CONTAINER_WORKLOAD, "web", lambda obj: problem_reasons(obj) == {"CrashLoopBackOff"})
    (problem,) = found["status"]["problems"]
    assert problem["container"] == "migrate"
    assert "init container" in problem["message"]


async def test_many_pods_with_one_trouble_are_one_problem(world: World, operator: Operator) -> None:
    await world.workload("web", image=V1, replicas=4, **NOT_STARTED)
    found = await world.until(
        CONTAINER_WORKLOAD,
        "web",
        lambda obj: "4 pods" in str(obj["status"].get("problems")) and problem_reasons(obj) == {"ImagePullBackOff"},
    )
    assert len(found["status"]["problems"]) == 1


async def test_an_unschedulable_pod(world: World, operator: Operator) -> None:
    await world.workload("web", image=V1, pod={"nodeSelector": {"example.com/gpu": "yes"}})
    found = await world.until(CONTAINER_WORKLOAD, "web", lambda obj: problem_reasons(obj) == {"Unschedulable"})
    assert "node affinity/selector" in found["status"]["problems"][0]["message"]
    assert condition(found, "Ready")["reason"] == "Unschedulable"
    await world.workload("web", image=V1)
    await world.ready("web")


@pytest.mark.parametrize("missing", ["secret", "configmap"])
async def test_a_volume_that_does_not_mount(world: World, operator: Operator, missing: str) -> None:
    """The kubelet says so in an Event and nowhere else."""
    await world.workload("web", image=V1, **NOT_STARTED)
    kubelet = Kubelet(world, "web")
    (pod,) = await kubelet.pods(1)
    await kubelet.held_up(pod, waiting("ContainerCreating"))
    await kubelet.warns(pod, "FailedMount", f'MountVolume.SetUp failed for volume "tls": {missing} "tls" not found')
    found = await world.until(CONTAINER_WORKLOAD, "web", lambda obj: problem_reasons(obj) == {"FailedMount"})
    assert f'{missing} "tls" not found' in found["status"]["problems"][0]["message"]


async def test_a_probe_that_fails(world: World, operator: Operator) -> None:
    await world.workload("web", image=V1, **STARTED)
    kubelet = Kubelet(world, "web")
    (pod,) = await kubelet.pods(1)
    await kubelet.warns(pod, "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503")
    found = await world.until(CONTAINER_WORKLOAD, "web", lambda obj: problem_reasons(obj) == {"NotReady"})
    assert "statuscode: 503" in found["status"]["problems"][0]["message"]


async def test_one_that_was_well_and_is_not_any_more(world: World, operator: Operator) -> None:
    await world.workload("web", image=V1, replicas=2, **STARTED)
    kubelet = Kubelet(world, "web")
    pods = await kubelet.pods(2)
    for pod in pods:
        await kubelet.ready(pod)
    await world.ready("web")
    await kubelet.crashed(pods[0], times=1)
    found = await world.until(CONTAINER_WORKLOAD, "web", lambda obj: problem_reasons(obj) == {"CrashLoopBackOff"})
    assert "1 of 2" in condition(found, "Ready")["message"]
    assert not condition(found, "Stalled"), "it may come back by itself"
    assert found["status"]["rollout"]["state"] == "Completed"


# Pods that cannot even be made


@pytest.mark.parametrize("mode", ["service", "stateful", "daemon", "job"])
async def test_a_quota_on_pods(world: World, operator: Operator, mode: str) -> None:
    await world.create(QUOTA, "tight", spec={"hard": {"pods": "0"}})
    await quota_counts(world)
    await world.workload("web", **MODES[mode])
    found = await world.until(CONTAINER_WORKLOAD, "web", lambda obj: "FailedCreate" in problem_reasons(obj))
    assert "exceeded quota: tight" in found["status"]["problems"][0]["message"]
    assert condition(found, "Ready")["status"] == "False"
    await world.delete(QUOTA, "tight")
    done = await world.until(
        CONTAINER_WORKLOAD, "web", lambda obj: condition(obj, "Ready").get("status") == "True", timeout=90
    )
    assert not done["status"].get("problems")


async def quota_counts(world: World) -> None:
    """Wait until the quota's controller has counted: before that nothing is refused."""
    await world.until(QUOTA, "tight", lambda obj: "used" in obj.get("status", {}))


async def test_a_quota_on_an_object_of_its_own(world: World, operator: Operator) -> None:
    await world.create(QUOTA, "tight", spec={"hard": {"count/services": "0"}})
    await quota_counts(world)
    await world.workload("web", image=V1, ports=[HTTP])
    stalled = await world.stalled("web", reason="QuotaExceeded")
    assert "exceeded quota: tight" in condition(stalled, "Stalled")["message"]
    await world.delete(QUOTA, "tight")
    await world.ready("web", timeout=60)
    assert await world.get(SERVICE, "web") is not None


async def test_a_bare_pod_over_its_quota(world: World, operator: Operator) -> None:
    await world.create(QUOTA, "tight", spec={"hard": {"pods": "0"}})
    await quota_counts(world)
    await world.workload("web", **MODES["pod"])
    stalled = await world.stalled("web", reason="QuotaExceeded")
    assert "tight" in condition(stalled, "Stalled")["message"]
    await world.delete(QUOTA, "tight")
    await world.ready("web", timeout=60)


Deny = Callable[[str, str], Awaitable[None]]


@pytest.fixture
async def deny(world: World) -> AsyncIterator[Deny]:
    """Forbid a resource (apps/deployments, /pods) in the namespace, with a message."""
    name = f"wharfinger-{world.namespace}"

    async def forbid(resource: str, message: str) -> None:
        group, _, plural = resource.rpartition("/")
        here = {"matchLabels": {"kubernetes.io/metadata.name": world.namespace}}
        rule = {"apiGroups": [group], "apiVersions": ["*"], "operations": ["CREATE"], "resources": [plural]}
        policy = {
            "matchConstraints": {"resourceRules": [rule], "namespaceSelector": here},
            "validations": [{"expression": "false", "message": message}],
        }
        binding = {"policyName": name, "validationActions": ["Deny"]}
        for made, spec in ((POLICY, policy), (BINDING, binding)):
            body = {"apiVersion": made.api_version, "kind": made.kind, "metadata": {"name": name}, "spec": spec}
            await world.client.create(made, body)
        await eventually(lambda: denied(world, message), what="the policy is in force")

    yield forbid
    for made in (BINDING, POLICY):
        with suppress(NotFound):
            await world.client.delete(made, ("", name))


async def denied(world: World, message: str) -> bool:
    """Whether a pod or Deployment is refused with that message."""
    containers = [{"name": "probe", "image": V1}]
    labels = {"app": "probe"}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "probe"}, "spec": {"containers": containers}}
    spec = {
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": {"containers": containers}},
    }
    deployment = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "probe"}, "spec": spec}
    for resource, body in ((POD, pod), (DEPLOYMENT, deployment)):
        body["metadata"] = {"name": "probe", "namespace": world.namespace}
        try:
            await world.client.create(resource, body, dry_run=True)
        except ApiError as error:
            if message in error.message:
                return True
    return False


async def test_an_admission_policy_that_denies_the_pods(world: World, operator: Operator, deny: Deny) -> None:
    await deny("/pods", "images come from the company registry only")
    await world.workload("web", **MODES["service"])
    found = await world.until(CONTAINER_WORKLOAD, "web", lambda obj: problem_reasons(obj) == {"FailedCreate"})
    assert "company registry only" in found["status"]["problems"][0]["message"]
    assert "company registry only" in condition(found, "Ready")["message"]


async def test_an_admission_policy_that_denies_an_object_of_its_own(
    world: World, operator: Operator, deny: Deny
) -> None:
    await deny("apps/deployments", "no Deployments on Fridays")
    await world.workload("web", **MODES["service"])
    stalled = await world.stalled("web")
    assert "no Deployments on Fridays" in condition(stalled, "Stalled")["message"]


async def test_pod_security_that_forbids_the_pods(world: World, operator: Operator) -> None:
    await world.kubectl("label", "namespace", world.namespace, "pod-security.kubernetes.io/enforce=restricted")
    await world.workload("web", image=V1, security={"restricted": False, "runAsNonRoot": False})
    found = await world.until(CONTAINER_WORKLOAD, "web", lambda obj: problem_reasons(obj) == {"FailedCreate"})
    assert "violates PodSecurity" in found["status"]["problems"][0]["message"]
    await world.workload("web", image=V1)
    await world.ready("web")


# Jobs


async def test_a_job_that_fails(world: World, operator: Operator) -> None:
    await world.workload("sum", mode="job", image=V1, job={"backoffLimit": 0}, **simulating("fail"))
    failed = await world.until(CONTAINER_WORKLOAD, "sum", lambda obj: condition(obj, "Failed").get("status") == "True")
    assert condition(failed, "Stalled")["status"] == "True"
    assert failed["status"]["job"]["result"] == "Failed"
    assert failed["status"]["job"]["failed"] == 1
    await world.workload("sum", mode="job", image="registry.example.com/shop/web:2", job={"backoffLimit": 0})
    done = await world.until(CONTAINER_WORKLOAD, "sum", lambda obj: condition(obj, "Complete").get("status") == "True")
    assert not condition(done, "Failed")


async def test_a_job_that_runs_out_of_time(world: World, operator: Operator) -> None:
    await world.workload("sum", mode="job", image=V1, job={"activeDeadline": "1s"}, **simulating("run"))
    failed = await world.until(CONTAINER_WORKLOAD, "sum", lambda obj: condition(obj, "Failed").get("status") == "True")
    assert "deadline" in condition(failed, "Failed")["message"].lower()
    assert (await runner(world, "sum", "job"))["status"]["conditions"]
