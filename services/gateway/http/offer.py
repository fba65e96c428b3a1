"""What an offer is: something that may be asked, how it is answered, and what OpenAPI says of it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from services.gateway.domain import Scope, Token

Answer = Callable[[Request, Token], Awaitable[Response]]
Parameter = dict[str, Any]  # as OpenAPI has it


class Body(NamedTuple):
    """What a request may hold. `model`: None for a file; `types`: of its content."""

    model: type[BaseModel] | None
    example: Mapping[str, Any] | str
    types: tuple[str, ...] = ("application/json",)


@dataclass(frozen=True)
class Offer:
    """Something that may be asked. `answers`: a model for each status that is no problem, None for one without body.

    `problems`: the statuses of those that are its own, besides those that any request may meet.
    """

    method: str
    path: str
    answer: Answer
    scope: Scope
    summary: str
    answers: Mapping[int, type[BaseModel] | None]
    parameters: tuple[Parameter, ...] = ()
    body: Body | None = None
    problems: tuple[int, ...] = ()
    media: tuple[str, ...] = ()  # of an answer that is no JSON
    about: str = ""
    headers: Mapping[int, tuple[str, ...]] = field(default_factory=dict)


NUMBER_IN_PATH: Parameter = {
    "name": "number", "in": "path", "required": True, "example": "+6531580001",
    "description": "the number; +6531580001, or as people write it: 0065 3158-0001", "schema": {"type": "string"},
}  # fmt: skip
