"""The rules by Prometheus' own tool: well-formed, and each alert fires when it should, and only then."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml
from tests.support.debian import program
from tests.support.monitoring import RULES, alerts

CASES = Path(__file__).with_name("rules_test.yaml")


def promtool(*arguments: str | Path) -> str:
    """What promtool prints. AssertionError where it finds fault."""
    command = (program("prometheus", "promtool"), *arguments)
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_rules_are_well_formed() -> None:
    assert "SUCCESS" in promtool("check", "rules", "--lint=all", RULES)


def test_each_case_is_as_told() -> None:
    assert "SUCCESS" in promtool("test", "rules", CASES)


@pytest.mark.parametrize("fires", [True, False], ids=["fires", "is silent"])
def test_every_alert_has_a_case_in_which_it(fires: bool) -> None:
    """Its silence counts only where it has data to be silent about: in a group without any, nothing ever fires."""
    groups = yaml.safe_load(CASES.read_text(encoding="utf-8"))["tests"]
    covered = {
        case["alertname"]
        for group in groups
        for case in group.get("alert_rule_test", ())
        if bool(case["exp_alerts"]) is fires and group["input_series"]
    }
    assert covered == {alert["alert"] for alert in alerts()}
