"""What the API says of itself: OpenAPI 3.1, from what is offered."""

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any

from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from starlette.responses import Response
from starlette.routing import BaseRoute

from services.gateway.http.offer import Offer
from services.gateway.http.problems import MEDIA_TYPE
from services.gateway.http.shapes import ProblemShown

REF = "#/components/schemas/{model}"
_ALWAYS = (401, 403, 422, 429, 500, 503)
_WITH_BODY = (400, 408, 413, 415)
_SAID = {
    200: "as asked", 201: "made", 202: "sent, and not answered yet", 204: "done", 304: "you have it already",
    400: "no JSON object", 401: "nobody knows who asks", 403: "not with this token", 404: "nothing there",
    408: "the body takes too long", 409: "it does not allow this now", 412: "it is at another version",
    413: "the body is too large",
    415: "a type that is not read here", 422: "it cannot be meant", 429: "too many requests",
    500: "a defect of the gateway", 503: "try again later",
}  # fmt: skip
ABOUT = """The number desk for programs. Numbers are found, looked at and changed; every change is a command to
inventory, which decides. What an org may see of numbers depends on its token.

Problems are those of RFC 9457; `code` never changes. Times are RFC 3339 in UTC."""


def described_offer(offer: Offer) -> dict[str, Any]:
    """Give what FastAPI is told of an offer."""
    problems = {*_ALWAYS, *offer.problems, *(_WITH_BODY if offer.body else ())}
    return {
        "name": offer.summary,
        "summary": offer.summary,
        "description": offer.about,
        "operation_id": _identifier(offer),
        "response_class": Response,
        "status_code": next(iter(offer.answers)),
        "responses": {
            **{status: _answered(offer, status, model) for status, model in offer.answers.items()},
            **{status: _problem(status) for status in sorted(problems)},
        },
        "openapi_extra": {"parameters": list(offer.parameters), **_body(offer), "x-scope": offer.scope},
    }


def described(routes: Sequence[BaseRoute], offers: Sequence[Offer]) -> dict[str, Any]:
    """Give the document."""
    made: dict[str, Any] = get_openapi(
        title="Numberbank", version=version("numberbank"), openapi_version="3.1.0", description=ABOUT, routes=routes
    )
    bearer = {"type": "http", "scheme": "bearer", "description": "numberbank token create"}
    made["components"] = {"schemas": dict(sorted(_schemas(offers).items())), "securitySchemes": {"token": bearer}}
    made["security"] = [{"token": []}]
    return made


def _identifier(offer: Offer) -> str:
    return offer.summary.lower().replace(" ", "_").replace("-", "_").replace(",", "")


def _answered(offer: Offer, status: int, model: type[BaseModel] | None) -> dict[str, Any]:
    headers = {name: {"schema": {"type": "string"}} for name in offer.headers.get(status, ())}
    said: dict[str, Any] = {"description": _SAID[status], **({"headers": headers} if headers else {})}
    if model is not None:
        said["content"] = {"application/json": {"schema": {"$ref": REF.format(model=model.__name__)}}}
    elif offer.media:
        said["content"] = {media: {"schema": {"type": "string"}} for media in offer.media}
    return said


def _problem(status: int) -> dict[str, Any]:
    schema = {"$ref": REF.format(model="Problem")}
    return {"description": _SAID[status], "content": {MEDIA_TYPE: {"schema": schema}}}


def _body(offer: Offer) -> dict[str, Any]:
    if offer.body is None:
        return {}
    model = offer.body.model
    schema = {"type": "string", "format": "binary"} if model is None else {"$ref": REF.format(model=model.__name__)}
    media = {"schema": schema, "example": offer.body.example}
    return {"requestBody": {"required": True, "content": dict.fromkeys(offer.body.types, media)}}


def _schemas(offers: Sequence[Offer]) -> Mapping[str, Any]:
    """Give the schemas of all answers and bodies. Bodies refuse what they do not know, so their schemas say so."""
    answers = {model for offer in offers for model in offer.answers.values() if model is not None} | {ProblemShown}
    bodies = {offer.body.model for offer in offers if offer.body is not None and offer.body.model is not None}
    _, told = models_json_schema([(model, "serialization") for model in answers], ref_template=REF)
    _, read = models_json_schema([(model, "validation") for model in bodies], ref_template=REF)
    schemas = {**told["$defs"], **{name: _closed(schema) for name, schema in read.get("$defs", {}).items()}}
    schemas["Problem"] = schemas.pop(ProblemShown.__name__)
    return schemas


def _closed(schema: dict[str, Any]) -> dict[str, Any]:
    """Give the schema of what is read: If-Match says which version is expected, and nothing unknown is taken.

    No defaults: clients that are made of this would send them, and null is not the same as absent.
    """
    properties = {
        name: {key: value for key, value in each.items() if key != "default"}
        for name, each in schema.get("properties", {}).items()
        if name != "expected_version"
    }
    return {**schema, "properties": properties, "additionalProperties": False} if properties else schema
