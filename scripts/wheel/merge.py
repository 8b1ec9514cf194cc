"""Add the bills of materials that an installed wheel brings (PEP 770) to that of the environment it is in.

python -m scripts.wheel.merge BILL DIRECTORY

BILL is a CycloneDX file in JSON, and is written anew; DIRECTORY is searched for ``*.dist-info/sboms/*.cdx.json``.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

Object = dict[str, Any]


def merge(whole: Object, parts: Iterable[Object]) -> Object:
    """``whole`` with the components of ``parts``; what it is about depends on their applications."""
    components, dependencies = list(whole["components"]), list(whole["dependencies"])
    applications: list[str] = []
    for part in parts:
        components += part["components"]
        dependencies += part["dependencies"]
        applications += [each["bom-ref"] for each in part["components"] if each["type"] == "application"]
    about = whole["metadata"]["component"]["bom-ref"]
    root = next((each for each in dependencies if each["ref"] == about), {"ref": about})
    rooted = root | {"dependsOn": sorted({*root.get("dependsOn", ()), *applications})}
    others = [each for each in dependencies if each["ref"] != about]
    return whole | {"components": components, "dependencies": sorted([*others, rooted], key=lambda each: each["ref"])}


def main(path: Path, directory: Path) -> None:
    """Merge, and check what came out by CycloneDX's schema. Raises SystemExit with what is wrong with it."""
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    parts = [json.loads(each.read_text()) for each in sorted(directory.glob("*.dist-info/sboms/*.cdx.json"))]
    text = json.dumps(merge(json.loads(path.read_text()), parts), indent=2, ensure_ascii=False)
    if wrong := JsonStrictValidator(SchemaVersion.V1_6).validate_str(text):
        raise SystemExit(f"{path}: {wrong}")
    path.write_text(text + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
