"""What the headers of a change say: which version is expected, how long to wait, whether it was asked before."""

import re

from starlette.requests import Request

from services.chassis.tracing import TRACEPARENT
from services.gateway.domain import Token, fingerprint, is_key
from services.gateway.http.offer import Parameter
from services.gateway.http.problems import invalid
from services.gateway.repeats import Repeat

WAIT, LONGEST = 5.0, 30.0  # seconds for inventory to answer, unless asked otherwise; and at most
LONG = 128  # characters of a trace, as the contract has it
_TAG = re.compile(r'"([0-9]{1,16})"', re.ASCII)
_WAIT = re.compile(r"wait\s*=\s*\"?([0-9]{1,9})\"?", re.ASCII | re.IGNORECASE)


def expected_version(request: Request) -> int | None:
    """Give the version of If-Match, None where any is right. Raises `Problem`."""
    text = request.headers.get("if-match")
    if text is None or text.strip() == "*":
        return None
    match = _TAG.fullmatch(text.strip())
    if match is None or int(match[1]) > 2**53:
        raise invalid("If-Match", 'must be one version, as ETag tells it, such as "7"')
    return int(match[1])


def patience(request: Request) -> float:
    """Give how many seconds the asker waits for an answer. Raises `Problem`."""
    for each in request.headers.get("prefer", "").split(","):
        match = _WAIT.fullmatch(each.strip())
        if match is not None and int(match[1]) <= LONGEST:
            return float(match[1])
        if match is not None or each.strip().lower().startswith("wait"):
            raise invalid("Prefer", f"must be wait=0 to wait={LONGEST:.0f}")
    return WAIT


def traceparent(request: Request) -> str | None:
    """Give the trace that a request belongs to, None without one; a wrong one is none, as W3C has it."""
    text = request.headers.get("traceparent", "")
    return text if len(text) <= LONG and TRACEPARENT.fullmatch(text) else None


def key_of(request: Request, token: Token) -> str | None:
    """Give the key of a request of this token, hashed, None without Idempotency-Key. Raises `Problem`."""
    key = request.headers.get("idempotency-key")
    if key is None:
        return None
    if not is_key(key):
        raise invalid("Idempotency-Key", "must have 1 to 255 visible characters of ASCII, no spaces")
    return fingerprint(token.id, key)


def repeat_of(request: Request, token: Token, *asked: str) -> Repeat | None:
    """Give by what the same request is known again, None without Idempotency-Key. Raises `Problem`."""
    key = key_of(request, token)
    return None if key is None else Repeat(key, fingerprint(*asked))


IF_MATCH: Parameter = {
    "name": "If-Match", "in": "header", "schema": {"type": "string", "pattern": r'^("[0-9]{1,15}"|\*)$'},
    "description": 'only if the number is at this version, as ETag told it, such as "7"', "example": '"7"',
}  # fmt: skip
PREFER: Parameter = {
    "name": "Prefer", "in": "header", "schema": {"type": "string"},
    "description": f"wait=N: seconds to wait for the answer, 0 to {LONGEST:.0f}; else {WAIT:.0f}", "example": "wait=10",
}  # fmt: skip
IDEMPOTENCY_KEY: Parameter = {
    "name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "pattern": r"^[!-~]{1,255}$"},
    "description": "a request that is sent again with the same key, within a day, is done once and answered as before",
    "example": "8e03978e-40d5-43dd-bc93-6894a57f9324",
}  # fmt: skip
TRACE: Parameter = {
    "name": "traceparent", "in": "header", "schema": {"type": "string"},
    "description": "the trace that this belongs to (W3C Trace Context); what it causes is traced beneath it",
    "example": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
}  # fmt: skip
CONDITIONS = (IF_MATCH, PREFER, IDEMPOTENCY_KEY, TRACE)
