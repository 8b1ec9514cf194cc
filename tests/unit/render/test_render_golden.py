"""Every mode and every optional block, on and off: what is rendered, word for word.

After an intended change: ``UPDATE_GOLDEN=1 pytest tests/unit/render``, then read the diff. A changed
``wharfinger.dev/revision`` means that upgrading the operator rolls the pods of every workload of that shape.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
import yaml
from render_cases import GOLDEN, Case, cases

from wharfinger import render

CASES = cases()


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(case: Case) -> str:
    documents = yaml.dump_all(case.rendered(), Dumper=_Dumper, sort_keys=True, width=120)
    findings = [finding.model_dump() for finding in render.findings(case.workload, case.options)]
    if not findings:
        return documents
    said = yaml.safe_dump(findings, sort_keys=False, width=1000)
    return "".join(f"# {line}\n" for line in said.splitlines()) + documents


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_rendered_as_kept(case: Case) -> None:
    if os.environ.get("UPDATE_GOLDEN"):
        case.golden.write_text(_text(case))
    assert _text(case) == case.golden.read_text()


def test_no_output_without_input() -> None:
    inputs = {path.name for path in (GOLDEN / "input").iterdir()}
    assert {path.name for path in (GOLDEN / "output").iterdir()} == inputs


def test_every_mode_is_kept() -> None:
    assert {case.workload.spec.mode for case in CASES} == set(render.RESOURCES)
