"""Labels that people gave their services for kompose: they speak to a converter, and so to us.

Source: kompose's documentation, user guide, "Labels" (kompose.io/user-guide/#labels).
"""

from __future__ import annotations

from typing import Final, Literal

from wharfinger.api.resource import Object

PREFIX: Final = "kompose."

Controller = Literal["cron", "daemon", "stateful"]


def asked(data: Object) -> dict[str, str]:
    """What the labels of a service ask for, by their names without the prefix; those of `deploy` count, too."""
    return {
        key.removeprefix(PREFIX): str(value)
        for labels in (data.get("labels"), (data.get("deploy") or {}).get("labels"))
        for key, value in (labels or {}).items()
        if key.startswith(PREFIX)
    }


_CONTROLLERS: Final[dict[str, Controller]] = {"daemonset": "daemon", "statefulset": "stateful"}


def controller(data: Object) -> Controller | None:
    """The mode that a label asks for."""
    given = asked(data)
    if given.get("cronjob.schedule"):
        return "cron"
    return _CONTROLLERS.get(given.get("controller.type", "").lower())
