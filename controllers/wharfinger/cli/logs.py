"""Log lines of the operator: for people, or one JSON object a line for collectors. No line holds a secret's content."""

import logging
import sys

from pythonjsonlogger.json import JsonFormatter

FIELDS = "%(asctime)s %(levelname)s %(name)s %(message)s"


def configure(*, as_json: bool, level: str) -> None:
    """Send every logger's lines to standard error, from ``level`` on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_json() if as_json else logging.Formatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s"))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    if level != "DEBUG":  # it tells each HTTP request of its own server, and that is what the metrics are for
        logging.getLogger("aiohttp.access").setLevel(logging.WARNING)


def _json() -> logging.Formatter:
    return JsonFormatter(FIELDS, rename_fields={"asctime": "time", "levelname": "level", "name": "logger"})
