"""The API put together: what is offered, how FastAPI routes to it, and the layers around."""

from collections.abc import Iterable
from typing import Any

import orjson
from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import ASGIApp

from services.gateway.http.actions import Actions
from services.gateway.http.adding import Adding
from services.gateway.http.changes import Changes
from services.gateway.http.desk import Desk
from services.gateway.http.exporting import Exporting
from services.gateway.http.guard import Guard, problem_of
from services.gateway.http.jobs import JobsOverHttp
from services.gateway.http.keys import Keys
from services.gateway.http.numbers import Numbers
from services.gateway.http.offer import Offer
from services.gateway.http.openapi import described, described_offer
from services.gateway.http.outcomes import AskedFor
from services.gateway.http.problems import INTERNAL, NOT_FOUND, WRONG_METHOD, Problem
from services.gateway.http.searching import Searching
from services.gateway.http.uploading import Uploading

PREFIX = "/v1"
LARGE = 4096  # bytes of an answer that is worth compressing


def offers(desk: Desk) -> Iterable[Offer]:
    """Give all that may be asked."""
    parts = (Searching, Numbers, Adding, Actions, AskedFor, Exporting, Changes, Uploading, JobsOverHttp, Keys)
    for each in (part(desk) for part in parts):
        yield from each.offers()


def api(desk: Desk) -> ASGIApp:
    """Make the application."""
    app = FastAPI(
        openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False,
        exception_handlers={HTTPException: _not_routed},
    )  # fmt: skip
    offered = list(offers(desk))
    for offer in offered:
        app.add_api_route(PREFIX + offer.path, _endpoint(desk, offer), methods=[offer.method], **described_offer(offer))
    document = orjson.dumps(described(app.routes, offered))

    async def description() -> Response:
        return Response(document, media_type="application/json")

    app.add_api_route(f"{PREFIX}/openapi.json", description, include_in_schema=False, response_model=None)
    return Guard(GZipMiddleware(app, minimum_size=LARGE, compresslevel=4), desk.admission, desk.figures)


def _endpoint(desk: Desk, offer: Offer) -> Any:
    async def answered(request: Request) -> Response:
        token = request.state.token
        try:
            desk.admission.require(token, offer.scope)
            return await offer.answer(request, token)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is answered
            return problem_of(error, request.state.id).response()

    return answered


async def _not_routed(request: Request, error: Exception) -> Response:
    """Answer for what FastAPI itself refuses."""
    status = getattr(error, "status_code", 500)
    if status == 404:
        return Problem(
            NOT_FOUND, f"There is nothing at this path; {PREFIX}/openapi.json lists what there is."
        ).response()
    if status == 405:
        allowed = ", ".join(sorted(_methods(request)))
        return Problem(WRONG_METHOD, f"This path takes {allowed}.", headers={"Allow": allowed}).response()
    return Problem(INTERNAL, "The request could not be read.").response()


def _methods(request: Request) -> set[str]:
    """Give all methods of a path; the router tells those of the first route that has it."""
    routes = [route for route in request.app.routes if route.matches(request.scope)[0] != Match.NONE]
    return {method for route in routes for method in route.methods or ()}
