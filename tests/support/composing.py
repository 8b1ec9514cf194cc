"""The program that reads Compose documents, built once for all tests."""

from __future__ import annotations

import atexit
import json
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

from wharfinger.cli.converting.program import built
from wharfinger.compose.parser import Parser


@cache
def program() -> Path:
    """The program, from the cache or built now."""
    return built()


@cache
def specification() -> dict[str, Any]:
    """The JSON schema of the Compose specification that the parser goes by."""
    told = subprocess.run([program(), "schema"], check=True, capture_output=True, text=True).stdout
    schema: dict[str, Any] = json.loads(told)
    return schema


@cache
def parser() -> Parser:
    """The program, running: one for all tests of a process."""
    made = Parser(program(), timeout=60)
    atexit.register(made.close)
    return made
