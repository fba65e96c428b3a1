"""What every request passes: it is let in or not, answered whatever happens, counted, and named."""

import logging
import re
import time
import uuid

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.chassis.errors import KafkaAway, StoreTrouble
from services.gateway.domain import WrongSearch
from services.gateway.http.admission import Admission
from services.gateway.http.figures import Figures
from services.gateway.http.problems import (
    DATABASE_AWAY,
    INTERNAL,
    INVALID,
    KAFKA_AWAY,
    LEFT,
    Fault,
    Problem,
    retry_after,
)
from services.gateway.http.reading import most_bytes, too_large
from services.gateway.http.streaming import SlowReader

log = logging.getLogger(__name__)

OPEN = ("/v1/openapi.json",)  # what needs no token
_AGAIN = 2.0  # seconds
_ID = re.compile(r"[\x21-\x7e]{1,128}", re.ASCII)


class Guard:
    """The outermost layer, plain ASGI: what Starlette offers for this costs as much as a query."""

    def __init__(self, app: ASGIApp, admission: Admission, figures: Figures) -> None:
        self._app, self._admission, self._figures = app, admission, figures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        began, headers = time.perf_counter(), Headers(scope=scope)
        answer = _Answer(send, _named(headers.get("x-request-id")))
        scope["state"]["id"] = answer.id
        try:
            await self._pass(scope, headers)
            await self._app(scope, receive, answer.send)
        except SlowReader:
            answer.status = LEFT.status
            raise
        except Exception as error:
            if answer.status is not None:
                raise  # half of an answer: whoever reads it has to see that it is cut off
            await problem_of(error, answer.id).response()(scope, receive, answer.send)
        finally:
            self._count(scope, answer, time.perf_counter() - began)

    async def _pass(self, scope: Scope, headers: Headers) -> None:
        if scope["path"] in OPEN:
            return
        client = scope.get("client") or ("", 0)
        scope["state"]["token"] = await self._admission.admitted(headers.get("authorization"), client[0])
        length, most = headers.get("content-length", ""), most_bytes(scope["path"])
        if length.isdigit() and (len(length) > 15 or int(length) > most):
            raise too_large(most)

    def _count(self, scope: Scope, answer: "_Answer", seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "none")
        self._figures.requests.labels(
            f"{_METHODS.get(scope['method'], 'OTHER')} {route}", answer.status or LEFT.status
        ).inc()
        self._figures.seconds.labels(route).observe(seconds)


_METHODS = {name: name for name in ("GET", "POST", "PATCH", "DELETE")}


class _Answer:
    """What is sent: with the id of its request, and its status remembered."""

    def __init__(self, send: Send, id: str) -> None:
        self._send, self.id = send, id
        self.status: int | None = None

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            MutableHeaders(scope=message)["X-Request-Id"] = self.id
        await self._send(message)


def problem_of(error: Exception, request: str) -> Problem:
    """Give what an asker hears of an error; of a defect no more than that there is one, and how to find it."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, WrongSearch):
        field, colon, message = str(error).partition(": ")
        faults = [Fault(field, message.removesuffix("."))] if colon else []
        return Problem(INVALID, str(error), faults)
    if isinstance(error, ClientDisconnect):
        return Problem(LEFT, "Whoever asked has left.")
    if isinstance(error, KafkaAway):
        return Problem(KAFKA_AWAY, "Kafka does not answer now; try again.", headers=retry_after(_AGAIN))
    if isinstance(error, StoreTrouble):
        log.warning("database away", extra={"trouble": type(error).__name__})
        return Problem(DATABASE_AWAY, "The database does not answer now; try again.", headers=retry_after(_AGAIN))
    log.exception("request failed", exc_info=error, extra={"request": request})
    return Problem(INTERNAL, f"Something is wrong with the gateway itself; its log says what, under request {request}.")


def _named(given: str | None) -> str:
    return given if given is not None and _ID.fullmatch(given) else uuid.uuid4().hex
