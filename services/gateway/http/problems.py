"""Problems as answers: RFC 9457, with a code that stays the same."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson
from starlette.responses import Response

from services.gateway.domain import Outcome

MEDIA_TYPE = "application/problem+json"


class Kind(NamedTuple):
    """A sort of problem. `code` is for programs and never changes, `title` is for people."""

    status: int
    code: str
    title: str


MALFORMED = Kind(400, "malformed_json", "The body is no JSON object")
UNAUTHENTICATED = Kind(401, "unauthenticated", "Nobody knows who asks")
FORBIDDEN = Kind(403, "forbidden", "This is not allowed with this token")
NOT_FOUND = Kind(404, "not_found", "There is nothing at this address")
UNKNOWN_NUMBER = Kind(404, "unknown_number", "The number is not in the bank")
WRONG_METHOD = Kind(405, "method_not_allowed", "This address has no such method")
TOO_SLOW = Kind(408, "body_too_slow", "The body takes too long")
TOO_LARGE = Kind(413, "body_too_large", "The body is too large")
WRONG_TYPE = Kind(415, "unsupported_media_type", "The body is of a type that is not read here")
INVALID = Kind(422, "invalid_request", "The request cannot be meant")
UNKNOWN_PLACE = Kind(422, "unknown_place", "The stream cannot go on from there")
KEY_REUSED = Kind(422, "idempotency_key_reused", "This key belongs to another request")
VERSION_MISMATCH = Kind(412, "version_mismatch", "The number is at another version")
TOO_MANY = Kind(429, "too_many_requests", "Too many requests")
LEFT = Kind(499, "client_left", "Whoever asked has left")  # seen in figures only
INTERNAL = Kind(500, "internal_error", "A defect of the gateway")
KAFKA_AWAY = Kind(503, "kafka_away", "Kafka does not answer")
BUSY = Kind(503, "busy", "There is no room for more at once")
DATABASE_AWAY = Kind(503, "database_away", "The database does not answer")

_ABOUT = "/problems/"


class Fault(NamedTuple):
    """What is wrong with one field of a request; names of what is nested have dots."""

    field: str
    message: str


class Problem(Exception):
    """An answer that says what is wrong. `detail`: a sentence that names it, and what would be right."""

    def __init__(
        self,
        kind: Kind,
        detail: str,
        faults: Sequence[Fault] = (),
        headers: Mapping[str, str] | None = None,
        **members: Any,
    ) -> None:
        super().__init__(kind.code)
        self.kind, self.detail, self.faults = kind, detail, faults
        self.headers, self.members = dict(headers or {}), members

    def response(self) -> Response:
        """Give the answer."""
        content: dict[str, Any] = {
            "type": _ABOUT + self.kind.code,
            "title": self.kind.title,
            "status": self.kind.status,
            "detail": self.detail,
            "code": self.kind.code,
            **self.members,
        }
        if self.faults:
            content["errors"] = [fault._asdict() for fault in self.faults]
        return Response(orjson.dumps(content), self.kind.status, self.headers, media_type=MEDIA_TYPE)


def invalid(field: str, message: str) -> Problem:
    """Give the problem of a single field."""
    return Problem(INVALID, f"{field}: {message}.", [Fault(field, message)])


def unknown_number(number: str) -> Problem:
    """Give the problem of a number that is not in the bank, or not for the asker to see: nobody can tell which."""
    return Problem(UNKNOWN_NUMBER, f"{number} is not in the bank; look for numbers at /v1/numbers.")


def key_reused() -> Problem:
    """Give the problem of a key that was used before, for something else."""
    return Problem(KEY_REUSED, "This Idempotency-Key was used for another request; use a key once.")


def retry_after(seconds: float) -> dict[str, str]:
    """Give the header that says when to try again."""
    return {"Retry-After": str(max(1, -int(-seconds // 1)))}


def refused(outcome: Outcome, *, if_match: bool, headers: Mapping[str, str]) -> Problem:
    """Give the problem of a command that inventory has refused, with its own code and words."""
    code = outcome.code or "rejected"
    status = 404 if code == UNKNOWN_NUMBER.code else 412 if code == VERSION_MISMATCH.code and if_match else 409
    return Problem(
        Kind(status, code, "Inventory refuses this"), outcome.message or "", headers=headers,
        command=outcome.command, state=outcome.state, version=outcome.version,
    )  # fmt: skip
