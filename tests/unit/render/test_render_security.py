"""Production defaults fill what is absent, and yield to what is written."""

from __future__ import annotations

from typing import Any

from wharfinger.api.containerworkload import Security
from wharfinger.render.security import hardened

RESTRICTED = {"capabilities": {"drop": ["ALL"]}, "allowPrivilegeEscalation": False}


def _container(said: dict[str, Any] | None = None, **security: bool) -> dict[str, Any]:
    container = {"name": "a"} if said is None else {"name": "a", "securityContext": said}
    return hardened({"containers": [container]}, Security(**security))["containers"][0]


def test_restricted_by_default() -> None:
    made = hardened({"containers": [{"name": "a"}], "initContainers": [{"name": "b"}]}, Security())
    assert made["securityContext"] == {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    assert [c["securityContext"] for c in (*made["containers"], *made["initContainers"])] == [RESTRICTED, RESTRICTED]


def test_restricted_can_be_turned_off() -> None:
    pod = {"containers": [{"name": "a"}]}
    assert hardened(pod, Security(restricted=False)) == pod


def test_root_can_be_allowed_alone() -> None:
    made = hardened({"containers": [{"name": "a"}]}, Security(run_as_non_root=False))
    assert made["securityContext"] == {"seccompProfile": {"type": "RuntimeDefault"}}
    assert made["containers"][0]["securityContext"] == RESTRICTED


def test_read_only_root_filesystem_does_not_need_restricted() -> None:
    assert _container(restricted=False, read_only_root_filesystem=True)["securityContext"] == {
        "readOnlyRootFilesystem": True
    }


def test_what_is_written_wins() -> None:
    said = {"allowPrivilegeEscalation": True, "capabilities": {"drop": ["NET_RAW"]}}
    assert _container(said)["securityContext"] == said


def test_added_capabilities_keep_the_dropped() -> None:
    made = _container({"capabilities": {"add": ["NET_BIND_SERVICE"]}})["securityContext"]
    assert made["capabilities"] == {"add": ["NET_BIND_SERVICE"], "drop": ["ALL"]}


def test_a_privileged_container_is_left_alone() -> None:
    assert _container({"privileged": True})["securityContext"] == {"privileged": True}


def test_sys_admin_may_escalate() -> None:
    assert "allowPrivilegeEscalation" not in _container({"capabilities": {"add": ["SYS_ADMIN"]}})["securityContext"]


def test_a_container_that_says_root_runs_as_root() -> None:
    assert _container({"runAsUser": 0})["securityContext"]["runAsNonRoot"] is False


def test_a_pod_that_says_root_runs_as_root() -> None:
    made = hardened({"containers": [], "securityContext": {"runAsUser": 0}}, Security())
    assert "runAsNonRoot" not in made["securityContext"]


def test_windows_pods_get_no_linux_fields() -> None:
    made = hardened({"os": {"name": "windows"}, "containers": [{"name": "a"}]}, Security())
    assert made["securityContext"] == {"runAsNonRoot": True}
    assert made["containers"] == [{"name": "a"}]
