"""The bill of materials of the Go programs: licences by their texts, and one bill merged into another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from scripts.wheel.licences import identify, licences_of
from scripts.wheel.merge import merge

APACHE = "Apache License\n  Version 2.0, January 2004\n http://www.apache.org/licenses/"
MIT = "Permission is hereby granted, free of charge, to any person\nobtaining a copy of this software"
BSD = "Redistribution and use in source and binary forms, with or without\nmodification, are permitted"
BSD_3 = f"{BSD} … names of its contributors may be used to endorse or promote products derived from this software"
ISC = "Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (APACHE, ["Apache-2.0"]),
        ('Licensed under the Apache License, Version 2.0 (the "License")', ["Apache-2.0"]),
        (MIT, ["MIT"]),
        (f"Covered by two licenses.\n{MIT}\n{APACHE}", ["Apache-2.0", "MIT"]),
        (BSD, ["BSD-2-Clause"]),
        (BSD_3, ["BSD-3-Clause"]),
        (ISC, ["ISC"]),
        ("Mozilla Public License Version 2.0", ["MPL-2.0"]),
        ("All rights reserved.", []),
    ],
)
def test_a_licence_is_known_by_its_text(text: str, found: list[str]) -> None:
    assert identify(text) == found


def test_a_module_without_a_licence_that_is_known_stops_the_build(tmp_path: Path) -> None:
    (tmp_path / "LICENSE").write_text(MIT)
    (tmp_path / "LICENSE.docs").write_text("Attribution-ShareAlike 4.0 International")
    assert [(each.id, each.text) for each in licences_of(tmp_path)] == [("MIT", MIT)]
    (tmp_path / "LICENSE").write_text("Yours, if you are nice.")
    with pytest.raises(LookupError, match="no licence is found"):
        licences_of(tmp_path)


def component(name: str, kind: str = "library") -> dict[str, Any]:
    return {"type": kind, "bom-ref": name, "name": name}


def test_the_whole_depends_on_the_programs_of_its_parts() -> None:
    whole = {
        "metadata": {"component": component("root", "application")},
        "components": [component("orjson")],
        "dependencies": [{"ref": "orjson"}, {"ref": "root", "dependsOn": ["orjson"]}],
        "specVersion": "1.6",
    }
    part = {
        "components": [component("module"), component("program", "application")],
        "dependencies": [{"ref": "module", "dependsOn": []}, {"ref": "program", "dependsOn": ["module"]}],
    }
    assert merge(whole, [part]) == whole | {
        "components": [component("orjson"), component("module"), component("program", "application")],
        "dependencies": [
            {"ref": "module", "dependsOn": []},
            {"ref": "orjson"},
            {"ref": "program", "dependsOn": ["module"]},
            {"ref": "root", "dependsOn": ["orjson", "program"]},
        ],
    }
    assert merge(whole, []) == whole
