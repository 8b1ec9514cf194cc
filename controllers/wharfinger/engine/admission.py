"""The admission webhook: findings as warnings while a person still looks at the terminal. kopf's server serves it.

Nothing depends on it. It runs beside the controllers on every replica, leader or not, since it reads caches and writes
nothing. It begins when the caches are complete; whatever goes wrong with it (no certificate yet, a port that is taken)
is told and tried again, while the controllers work on. The webhook's configuration says ``failurePolicy: Ignore``.

Only kopf's server is used, and not its handlers: these need resources to be scanned before they answer, keep something
for ever about every object that is ever changed, and end the process when the server fails.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

import kopf
from aiohttp import web

from wharfinger.api.resource import Object
from wharfinger.api.status import Finding
from wharfinger.engine.backoff import Backoff
from wharfinger.engine.controller import Admit, Controller
from wharfinger.engine.metrics import Metrics
from wharfinger.engine.review import Answer, BadReviewError, Judges, answer, judged_as, unjudged
from wharfinger.engine.settings import AdmissionSettings
from wharfinger.engine.stores import Stores

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewer:
    """Answers reviews by the controllers' own judgement."""

    judges: Judges
    enforce: bool
    metrics: Metrics

    async def __call__(self, request: Any, **_context: Any) -> Any:
        """Called by kopf's server with a decoded body. Raises HTTPBadRequest for what is no review."""
        try:
            found = self._answered(request)
        except BadReviewError as error:
            raise web.HTTPBadRequest(text=f"{error}\n") from error
        self.metrics.admission_reviews.labels(found.kind, found.result).inc()
        if found.result == "denied":
            _log.info("%s %s/%s: refused: %s", found.kind, *found.key, "; ".join(_places(found.findings)))
        return found.review

    def _answered(self, review: Any) -> Answer:
        try:
            return answer(review, self.judges, enforce=self.enforce)
        except BadReviewError:
            raise
        except Exception:  # a defect of ours must not stand in anybody's way
            _log.exception("a review failed: the object is let through")
            return unjudged(review)


def reviewer(
    controllers: Sequence[Controller],
    stores: Stores,
    *,
    enforce: bool = False,
    namespaces: Sequence[str] = (),
    metrics: Metrics,
) -> Reviewer:
    """Of the controllers that have something to say; about objects in ``namespaces`` (all, if empty) and no others."""
    judges = {
        judged_as(each.resource): partial(_judged, each.admit, stores, frozenset(namespaces))
        for each in controllers
        if each.admit is not None
    }
    return Reviewer(judges=judges, enforce=enforce, metrics=metrics)


async def serve(review: kopf.WebhookFn, settings: AdmissionSettings) -> None:
    """Serve until cancelled. What goes wrong is told once, and tried again."""
    backoff, told = Backoff(first=2.0, longest=30.0), ""
    while True:
        try:
            async with _server(settings) as server:
                async for address in server(review):  # again after each renewal of the certificate
                    told = ""
                    _log.info("admission webhook at %s", address["url"])
        except OSError as error:  # ssl.SSLError is one
            said = _reason(error, settings)
            _log.log(logging.DEBUG if said == told else logging.WARNING, "no admission webhook: %s; trying again", said)
            told = said
        except Exception:
            _log.exception("the admission webhook failed; trying again")
        await asyncio.sleep(1.0 + backoff.next(time.monotonic()))


def _server(settings: AdmissionSettings) -> kopf.WebhookServer:
    return kopf.WebhookServer(
        addr=settings.host,
        port=settings.port,
        certfile=settings.certificates / "tls.crt",
        pkeyfile=settings.certificates / "tls.key",
        file_check_interval=settings.renewal,
    )


def _judged(admit: Admit, stores: Stores, namespaces: frozenset[str], obj: Object) -> Sequence[Finding]:
    """What the controller says; nothing of a namespace that another operator looks after."""
    if namespaces and obj["metadata"].get("namespace") not in namespaces:
        return ()
    return admit(stores, obj, datetime.now(UTC))


def _places(findings: Sequence[Finding]) -> Iterator[str]:
    """Where the errors are and of which kind: their messages may quote the document, and a log must not."""
    return (f"{finding.path} {finding.reason}" for finding in findings if finding.severity == "error")


def _reason(error: OSError, settings: AdmissionSettings) -> str:
    """One line that names the file or the address. Python says of a certificate neither."""
    files = (settings.certificates / "tls.crt", settings.certificates / "tls.key")
    if isinstance(error, FileNotFoundError):
        return f"{next((file for file in files if not file.exists()), error.filename)} is missing"
    if isinstance(error, ssl.SSLError):
        return f"{files[0]} and {files[1]} do not belong together, or are none: {error.reason or error}"
    return str(error)
