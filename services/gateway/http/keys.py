"""Tokens over HTTP, for those who may make them."""

import secrets

from starlette.requests import Request
from starlette.responses import Response

from services.chassis.clock import SystemClock
from services.gateway.domain import Token, TokenWish, secret_of
from services.gateway.domain.token import RANDOM
from services.gateway.http.answers import said
from services.gateway.http.desk import Desk
from services.gateway.http.offer import Body, Offer, Parameter
from services.gateway.http.problems import NOT_FOUND, Kind, Problem
from services.gateway.http.reading import body_of, queried, read
from services.gateway.http.shapes import TokenList, TokenMade
from services.gateway.showing import shown_token
from services.gateway.tokens import NameTaken

NAME_TAKEN = Kind(409, "name_taken", "There is, or was, a token of this name")
_NAME: Parameter = {
    "name": "name",
    "in": "path",
    "required": True,
    "schema": {"type": "string"},
    "example": "acme-portal",
}
_EXAMPLE = {"name": "acme-portal", "org": "acme", "domains": ["acme.example"], "scopes": ["read", "manage"]}


class Keys:
    """Makes, lists and revokes tokens. They end by the system's clock, as certificates do."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def create(self, request: Request, token: Token) -> Response:
        """Answer with a new token, the only time that its secret is shown."""
        queried(request, ())
        wish = read(TokenWish, await body_of(request))
        secret = secret_of(secrets.token_bytes(RANDOM))
        try:
            made = await self._desk.tokens.create(wish, secret, SystemClock().now())
        except NameTaken as error:
            raise Problem(NAME_TAKEN, f"{error}") from None
        return said(shown_token(made) | {"token": secret}, 201, {"Cache-Control": "no-store"})

    async def all(self, request: Request, token: Token) -> Response:
        """Answer with all tokens."""
        queried(request, ())
        return said({"tokens": [shown_token(each) for each in await self._desk.tokens.all()]})

    async def revoke(self, request: Request, token: Token) -> Response:
        """Let nobody in with a token any longer."""
        queried(request, ())
        name = request.path_params["name"]
        if not await self._desk.tokens.revoke(name, SystemClock().now()):
            raise Problem(NOT_FOUND, f"There is no token {name!r}; /v1/tokens lists those that there are.")
        return Response(status_code=204)

    def offers(self) -> tuple[Offer, ...]:
        """Give what may be asked."""
        return (
            Offer(
                "POST", "/tokens", self.create, "admin", "Make a token", {201: TokenMade},
                body=Body(TokenWish, _EXAMPLE), problems=(409,),
                about="The answer has its secret, never shown again; whoever asks again hears that the name is taken.",
            ),
            Offer("GET", "/tokens", self.all, "admin", "List tokens", {200: TokenList}),
            Offer(
                "DELETE", "/tokens/{name}", self.revoke, "admin", "Revoke a token", {204: None}, (_NAME,),
                problems=(404,),
            ),
        )  # fmt: skip
