"""What each attribute becomes, word for word, with what is said about it.

After an intended change: ``UPDATE_GOLDEN=1 pytest tests/unit/compose``, then read the diff.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
import yaml
from compose_cases import Case, cases

from wharfinger.api.containerworkload import ContainerWorkloadSpec

CASES = cases()


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(case: Case) -> str:
    found = case.converted()
    said = "".join(f"# {each.severity}: {each.path}: {each.reason}: {each.message}\n" for each in found.findings)
    return said + yaml.dump_all(found.objects, Dumper=_Dumper, sort_keys=True, width=120)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_converted_as_kept(case: Case) -> None:
    if os.environ.get("UPDATE_GOLDEN"):
        case.golden.write_text(_text(case))
    assert _text(case) == case.golden.read_text()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_workloads_are_what_the_model_takes(case: Case) -> None:
    found = case.converted()
    if found.refused:
        return
    specs = [each["spec"] for each in found.objects if each["kind"] == "ContainerWorkload"]
    assert specs
    for spec in specs:
        ContainerWorkloadSpec.model_validate(spec)
