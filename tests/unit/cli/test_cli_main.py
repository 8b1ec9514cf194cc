"""The command line as a whole: exit codes, one line for each error, help that answers at once."""

import subprocess
import sys
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage

import pytest

from wharfinger.cli.main import invoke, program_name


def run(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "wharfinger", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", **environment},
    )


def test_kubectl_plugins_are_called_as_kubectl_calls_them() -> None:
    assert program_name("/usr/local/bin/kubectl-wharfinger") == "kubectl wharfinger"
    assert program_name("/usr/local/bin/wharfinger") == "wharfinger"


@pytest.mark.parametrize(
    "arguments",
    [
        ["stauts"],
        ["render"],
        ["status", "--ouput", "json"],
        ["status", "-o", "xml"],
        ["cluster", "status", "-n", "x"],  # -n is --namespace everywhere, and a cluster is none
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("wharfinger: ")
    assert err.count("\n") == 1


def test_no_command_is_wrong_usage_and_shows_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke([]) == 2
    assert "render" in capsys.readouterr().out


def test_the_version_is_that_of_the_distribution(capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["version", "--short"]) == 0
    assert capsys.readouterr().out.count(".") == 2


def test_names_and_all_namespaces_do_not_go_together(capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["status", "web", "-A"]) == 2
    assert "--all-namespaces" in capsys.readouterr().err


def test_a_missing_kubeconfig_is_told_without_a_traceback(tmp_path: Path) -> None:
    done = run("status", "--kubeconfig", str(tmp_path / "absent"))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("wharfinger: no usable kubeconfig: ")
    assert done.stderr.count("\n") == 1


def test_an_api_server_that_is_away_is_told_without_a_traceback(tmp_path: Path) -> None:
    kubeconfig = tmp_path / "config"
    kubeconfig.write_text(
        """{apiVersion: v1, kind: Config, current-context: a, contexts: [{name: a, context: {cluster: a, user: a}}],
        users: [{name: a, user: {}}], clusters: [{name: a, cluster: {server: "http://127.0.0.1:1"}}]}"""
    )
    done = run("status", "--kubeconfig", str(kubeconfig))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("wharfinger: the API server does not answer: ")
    assert done.stderr.count("\n") == 1


def test_there_is_no_colour_where_nobody_looks() -> None:
    done = run("--help")
    assert done.returncode == 0
    assert "\x1b" not in done.stdout


def test_help_answers_at_once() -> None:
    """0.3 s on a quiet machine. CPU time is counted, since a busy one says nothing about us; the best of three."""

    def seconds() -> float:
        before = getrusage(RUSAGE_CHILDREN)
        assert run("--help").returncode == 0
        after = getrusage(RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    assert min(seconds() for _ in range(3)) < 0.6


def test_what_is_heavy_is_imported_late() -> None:
    heavy = {"kopf", "kubernetes", "aiohttp", "prometheus_client"}
    code = f"import sys, wharfinger.cli.main; print(*({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_admission_needs_a_certificate(capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["run", "--admission", "warn"]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert "--admission-certificates" in err


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--prometheus-url", "https://me:hunter2@example.com"], "may not hold a password"),
        (["--prometheus-url", "prometheus:9090"], "http:// or https://"),
        (["--prometheus-url", "http://example.com", "--prometheus-credentials", "."], "need https://"),
        (["--prometheus-credentials", "."], "needs --prometheus-url"),
    ],
)
def test_a_prometheus_that_cannot_be_right_is_refused(
    capsys: pytest.CaptureFixture[str], options: list[str], says: str
) -> None:
    """In one line, without the password that stands there."""
    assert invoke(["run", *options]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert says in err
    assert "hunter2" not in err
