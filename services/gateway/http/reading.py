"""What a request says: its query, its body, and the number in its path; and what is wrong with them."""

import asyncio
from collections.abc import AsyncIterator, Collection
from datetime import datetime
from typing import Any, TypeVar

import orjson
from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from contracts.fields import parse_instant
from contracts.writing import canonical
from services.gateway.http.problems import INVALID, MALFORMED, TOO_LARGE, TOO_SLOW, WRONG_TYPE, Fault, Problem, invalid

Model = TypeVar("Model", bound=BaseModel)
MOST_BYTES = 1 << 16  # of a body
LARGEST = {"/v1/numbers": 1 << 20, "/v1/jobs": 1 << 30}  # of a list of numbers, of a file of them
MOST_PARTS = 10_000  # of a body, counted by its commas: each may be wrong, and is told of at length
MOST_FAULTS = 20  # that are told
SLOW = 20.0  # seconds for a body to come, but a file
SLOW_PART = 30.0  # seconds for the next part of a file
JSON = "application/json"
_TRUTH = {None: False, "false": False, "true": True}
_NUMBERS = ("number", "pattern", "q")  # may begin with +, which is a blank in a query unless it is written as %2B


def queried(request: Request, known: Collection[str]) -> dict[str, list[str]]:
    """Give what the query says, by name, in order. Raises `Problem` for a name that is not `known`."""
    said: dict[str, list[str]] = {}
    for name, value in request.query_params.multi_items():
        if name not in known:
            raise invalid(name, f"is no parameter here; there are {', '.join(known) or 'none'}")
        said.setdefault(name, []).append("+" + value[1:] if name in _NUMBERS and value[:1] == " " else value)
    return said


def only(said: dict[str, list[str]], name: str) -> str | None:
    """Give the one value of a parameter, None without it. Raises `Problem` for two."""
    values = said.get(name, [])
    if len(values) > 1:
        raise invalid(name, "is given twice; give it once")
    return values[0] if values else None


def whole(said: dict[str, list[str]], name: str, least: int, most: int, otherwise: int) -> int:
    """Give a whole number. Raises `Problem`."""
    text = only(said, name)
    if text is None:
        return otherwise
    if not (text.isascii() and text.isdigit() and len(text) < 18 and least <= int(text) <= most):
        raise invalid(name, f"must be a whole number from {least} to {most}")
    return int(text)


def flag(said: dict[str, list[str]], name: str) -> bool:
    """Give what is true or false, false without it. Raises `Problem`."""
    text = only(said, name)
    if text not in _TRUTH:
        raise invalid(name, "must be true or false")
    return _TRUTH[text]


def moment(name: str, text: str) -> datetime:
    """Give a time. Raises `Problem`."""
    try:
        return parse_instant(text)
    except ValueError as error:
        raise invalid(name, str(error)) from None


def number_in_path(request: Request) -> str:
    """Give the canonical number of the path, however it is written. Raises `Problem`."""
    try:
        return canonical(request.path_params["number"])
    except ValueError as error:
        raise invalid("number", str(error).removesuffix(".")) from None


async def body_of(request: Request, types: Collection[str] = (JSON,)) -> bytes:
    """Give the body. Raises `Problem` for a wrong type, and for one that is too large or too slow."""
    must_be_of(request, types)
    try:
        async with asyncio.timeout(SLOW):
            return b"".join([part async for part in parts_of(request)])
    except TimeoutError:
        raise _too_slow(f"The body did not come within {SLOW:.0f} s; send it at once.") from None


def type_of(request: Request) -> str:
    """Give the type of the body, without its parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def must_be_of(request: Request, types: Collection[str]) -> None:
    """Make sure that the body is of one of these types. Raises `Problem`."""
    type = type_of(request)
    if type not in types:
        raise Problem(WRONG_TYPE, f"Content-Type is {type or 'missing'}; it must be {' or '.join(types)}.")


async def parts_of(request: Request) -> AsyncIterator[bytes]:
    """Give the body as it comes. Raises `Problem` for one that is too large."""
    size, most = 0, most_bytes(request.url.path)
    async for part in request.stream():
        size += len(part)
        if size > most:
            raise too_large(most)
        yield part


async def parts_in_time(request: Request) -> AsyncIterator[bytes]:
    """Give a large body as it comes. Raises `Problem` for one that is too large, or whose next part is too slow."""
    parts = parts_of(request)
    while True:
        try:
            async with asyncio.timeout(SLOW_PART):
                part = await anext(parts, None)
        except TimeoutError:
            raise _too_slow(f"No more of the body came for {SLOW_PART:.0f} s; send it again.") from None
        if part is None:
            return
        yield part


def most_bytes(path: str) -> int:
    """Give how large a body may be."""
    return LARGEST.get(path, MOST_BYTES)


def too_large(most: int) -> Problem:
    """Give the problem of a body that is too large; whoever still sends it is cut off."""
    return Problem(
        TOO_LARGE, f"The body is larger than {most} bytes; send less at once.", headers={"Connection": "close"}
    )


def _too_slow(detail: str) -> Problem:
    return Problem(TOO_SLOW, detail, headers={"Connection": "close"})


def read(model: type[Model], body: bytes) -> Model:
    """Read a body; fields that are not known are refused by name. Raises `Problem`, with the first faults."""
    if body.count(b",") > MOST_PARTS:
        raise Problem(INVALID, f"The body has more than {MOST_PARTS} commas, and so too many parts; send less at once.")
    try:
        return model.model_validate_json(body, extra="forbid")
    except ValidationError as error:
        told = error.errors(include_url=False, include_input=False)[:MOST_FAULTS]
        faults = [_fault(each, model) for each in told]
    if faults[0].field == "" and not _is_object(body):
        raise Problem(MALFORMED, "The body must be one JSON object in UTF-8.")
    first = faults[0]
    raise Problem(INVALID, f"{first.field}: {first.message}." if first.field else f"{first.message}.", faults)


def _is_object(body: bytes) -> bool:
    try:
        return isinstance(orjson.loads(body), dict)
    except orjson.JSONDecodeError:
        return False


def _fault(error: Any, model: type[BaseModel]) -> Fault:
    field = ".".join(str(part) for part in error["loc"])
    message = str(error["msg"]).removeprefix("Value error, ").removeprefix("Input ").rstrip(".")
    if not field and (named := message.partition(": "))[0] in model.model_fields:  # said of the whole, by the model
        field, _, message = named
    if error["type"] == "missing":
        message = "is missing"
    elif error["type"] == "extra_forbidden":
        known = f"; there are {', '.join(told_fields(model))}" if len(error["loc"]) == 1 else ""
        message = f"is no field here{known}"
    return Fault(field, message)


def told_fields(model: type[BaseModel]) -> list[str]:
    """Give the fields that a body may have; which version is expected is said by If-Match."""
    return [name for name in model.model_fields if name != "expected_version"]
