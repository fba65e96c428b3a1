"""Single numbers: how they stand and stood, and how golden they are."""

from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from contracts.inventory import Number
from services.gateway.domain import Entry, Token, grade
from services.gateway.http.answers import etag, is_current, said
from services.gateway.http.desk import Desk
from services.gateway.http.offer import NUMBER_IN_PATH, Offer, Parameter
from services.gateway.http.problems import unknown_number
from services.gateway.http.reading import moment, number_in_path, only, queried, whole
from services.gateway.http.shapes import GradeShown, History
from services.gateway.past import MOST
from services.gateway.showing import shown

FEW = 100  # changes of a page, unless asked for more
_IF_NONE_MATCH: Parameter = {
    "name": "If-None-Match", "in": "header", "description": 'the version that you have, such as "7": 304 if it stands',
    "schema": {"type": "string"},
}  # fmt: skip

_AS_OF: Parameter = {
    "name": "as_of", "in": "query", "description": "as it stood at that time", "example": "2026-03-01T00:00:00Z",
    "schema": {"type": "string", "format": "date-time"},
}  # fmt: skip
_LIMIT: Parameter = {
    "name": "limit", "in": "query", "description": "changes of a page",
    "schema": {"type": "integer", "minimum": 1, "maximum": MOST, "default": FEW},
}  # fmt: skip
_BEFORE: Parameter = {
    "name": "before", "in": "query", "description": "goes on where a page ended: changes before this version",
    "schema": {"type": "integer", "minimum": 1, "maximum": 2**53},
}  # fmt: skip


class Numbers:
    """Shows numbers."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def show(self, request: Request, token: Token) -> Response:
        """Answer with a number, as it is or as it was."""
        at = only(queried(request, ("as_of",)), "as_of")
        if at is not None:
            return await self._stood(number_in_path(request), moment("as_of", at), token)
        entry = await self._seen(request, token)
        headers = {"ETag": etag(entry["version"])}
        if is_current(request.headers.get("if-none-match"), entry["version"]):
            return Response(status_code=304, headers=headers)
        return said(token.asker.sees(shown(entry)), headers=headers)

    async def history(self, request: Request, token: Token) -> Response:
        """Answer with the changes of a number, the latest first."""
        asked = queried(request, ("limit", "before"))
        limit, before = whole(asked, "limit", 1, MOST, FEW), whole(asked, "before", 1, 2**53, 0) or None
        number = number_in_path(request)
        past = await self._desk.historian.changes(number, token.asker, limit=limit, before=before)
        if not past.changes and before is None:
            raise unknown_number(number)
        return said(past._asdict())

    async def grade(self, request: Request, token: Token) -> Response:
        """Answer with how golden a number is."""
        queried(request, ())
        number = (await self._seen(request, token))["_id"]
        points, rules = grade(number)
        golden = points >= self._desk.policy.golden_grade
        return said({"number": number, "grade": points, "golden": golden, "rules": [rule._asdict() for rule in rules]})

    async def _seen(self, request: Request, token: Token) -> Entry:
        number = number_in_path(request)
        entry = await self._desk.present.get(number, token.asker)
        if entry is None:
            raise unknown_number(number)
        return entry

    async def _stood(self, number: str, at: datetime, token: Token) -> Response:
        found = await self._desk.historian.as_of(number, at, token.asker)
        if found is None:
            raise unknown_number(number)
        return said(found, headers={"ETag": etag(found["version"])})

    def offers(self) -> tuple[Offer, ...]:
        """Give what may be asked."""
        return (
            Offer(
                "GET", "/numbers/{number}", self.show, "read", "Show a number", {200: Number, 304: None},
                (NUMBER_IN_PATH, _AS_OF, _IF_NONE_MATCH), problems=(404,), headers={200: ("ETag",)},
            ),
            Offer(
                "GET", "/numbers/{number}/history", self.history, "read", "Show the history of a number",
                {200: History}, (NUMBER_IN_PATH, _LIMIT, _BEFORE), problems=(404,),
                about="Every change that was made, the latest first. Who asked is told to those whom it concerns.",
            ),
            Offer(
                "GET", "/numbers/{number}/grade", self.grade, "read", "Show how golden a number is", {200: GradeShown},
                (NUMBER_IN_PATH,), problems=(404,),
            ),
        )  # fmt: skip
