"""Searches: what is looked for is the query, by the fields of `Search`."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from services.gateway.domain import PRESETS, Search, Token, begun, continued, preset
from services.gateway.finding import MOST
from services.gateway.http.answers import said
from services.gateway.http.desk import Desk
from services.gateway.http.offer import Offer, Parameter
from services.gateway.http.reading import flag, only, queried, whole
from services.gateway.http.shapes import FacetCounts, NumberPage

FEW = 50  # numbers of a page, unless asked for more
_PROPERTIES: dict[str, dict[str, Any]] = Search.model_json_schema()["properties"]
_MANY = {name for name, schema in _PROPERTIES.items() if schema.get("type") == "array"}
_FLAGS = {
    name
    for name, schema in _PROPERTIES.items()
    if "boolean" in {schema.get("type"), *(each.get("type") for each in schema.get("anyOf", ()))}
}


def search_in(said: dict[str, list[str]], desk: Desk, began: datetime | None = None) -> Search:
    """Give the search that a query asks for; a preset as of when it `began`, or of now.

    Raises `WrongSearch`, and `Problem` for what is no value.
    """
    name = only(said, "preset")
    asked = {} if name is None else preset(name, began or desk.clock.now(), desk.policy)
    return Search.of(asked | {name: _value(said, name) for name in said if name in _PROPERTIES})


def _value(said: dict[str, list[str]], name: str) -> Any:
    if name in _MANY:
        parts = [part.strip() for value in said[name] for part in value.split(",")]
        return tuple(dict.fromkeys(part for part in parts if part))
    return flag(said, name) if name in _FLAGS else only(said, name)


def filters(without: Collection[str] = ()) -> tuple[Parameter, ...]:
    """Give what a search takes, as OpenAPI has it."""
    return (*(_filter(name) for name in _PROPERTIES if name not in without), _PRESET)


def _filter(name: str) -> Parameter:
    schema = {key: value for key, value in _PROPERTIES[name].items() if key not in ("title", "description", "default")}
    kinds = [each for each in schema.pop("anyOf", ()) if each.get("type") != "null"]
    schema |= kinds[0] if kinds else {}
    listed = {"explode": True, "style": "form"} if name in _MANY else {}
    about = _PROPERTIES[name].get("description", "") + ("; repeated or with commas" if name in _MANY else "")
    return {"name": name, "in": "query", "description": about, "schema": schema, **listed}


_PRESET: Parameter = {
    "name": "preset", "in": "query", "schema": {"type": "string", "enum": list(PRESETS)},
    "description": "a search of every day, by policy; what is given besides replaces its parts",
}  # fmt: skip
_LIMIT: Parameter = {
    "name": "limit", "in": "query", "description": "numbers of a page",
    "schema": {"type": "integer", "minimum": 1, "maximum": MOST, "default": FEW},
}  # fmt: skip
_CURSOR: Parameter = {
    "name": "cursor", "in": "query", "description": "goes on where a page ended: its `next`, with the same filters",
    "schema": {"type": "string", "maxLength": 200},
}  # fmt: skip
_PAGED = (*filters(), _LIMIT, _CURSOR)
_COUNTED = filters(without=("sort", "descending", "as_of"))
_PAGED_NAMES, _COUNTED_NAMES = ([each["name"] for each in several] for several in (_PAGED, _COUNTED))


class Searching:
    """Finds numbers."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def page(self, request: Request, token: Token) -> Response:
        """Answer with a page of what fits."""
        asked = queried(request, _PAGED_NAMES)
        limit, cursor = whole(asked, "limit", 1, MOST, FEW), only(asked, "cursor")
        began: datetime | None = None
        if "preset" in asked:
            began, cursor = begun(cursor, self._desk.clock.now())
        search = search_in(asked, self._desk, began)
        page = await self._desk.finder.page(search, token.asker, limit=limit, cursor=cursor)
        return said({"numbers": page.numbers, "next": continued(page.next, began)})

    async def facets(self, request: Request, token: Token) -> Response:
        """Answer with how many fit, by facet."""
        search = search_in(queried(request, _COUNTED_NAMES), self._desk)
        return said((await self._desk.finder.facets(search, token.asker))._asdict())

    def offers(self) -> tuple[Offer, ...]:
        """Give what may be asked."""
        return (
            Offer(
                "GET", "/numbers", self.page, "read", "Find numbers", {200: NumberPage}, _PAGED,
                about="All that is given must fit; of several values of one filter any one.",
            ),
            Offer(
                "GET", "/facets", self.facets, "read", "Count what a search finds", {200: FacetCounts}, _COUNTED,
                about="Exact, or marked approximate: then there are more than were counted.",
            ),
        )  # fmt: skip
