"""`numberbank token`: who may ask the HTTP API."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import click
from pydantic import ValidationError

from contracts.fields import parse_instant
from services.chassis.clock import SystemClock
from services.chassis.errors import StoreTrouble, Unusable
from services.chassis.settings import explained
from services.gateway.domain import SCOPES, TokenWish, secret_of
from services.gateway.domain.token import RANDOM
from services.gateway.showing import shown_token
from services.gateway.tokens import NameTaken, Tokens
from services.ops.faults import Exit, WrongUsage
from services.ops.options import Time
from services.ops.printing import line, say, table
from services.ops.settings import StackSettings

T = TypeVar("T")
_json = click.option("--json", "as_json", is_flag=True, help="one object a line on standard output")


@click.group(
    epilog="Example: numberbank token create acme-portal --org acme --domain acme.example --scope read,manage",
    short_help="Make and revoke tokens for the HTTP API.",
)
def token() -> None:
    """Make and revoke tokens for the HTTP API.

    A token's secret is shown once; what is kept of it lets nobody in. They end by the system's clock.
    """


@token.command(epilog="Example: numberbank token create acme-portal --org acme --domain acme.example")
@click.argument("name")
@click.option("--org", help="whose it is; absent: an operator's, who sees and may do everything")
@click.option("--domain", "domains", multiple=True, help="domain whose numbers it may see; repeated or with commas")
@click.option("--scope", "scopes", multiple=True, help=f"{', '.join(SCOPES)}; repeated or with commas  [default: read]")
@click.option("--expires", type=Time(), help="when it ends; absent: never")
@_json
def create(
    name: str, org: str | None, domains: Sequence[str], scopes: Sequence[str], expires: str | None, as_json: bool
) -> None:
    """Make a token, and show its secret, which is never shown again."""
    wish = _wish(name, org, _parts(domains), _parts(scopes) or ("read",), expires)
    secret = secret_of(secrets.token_bytes(RANDOM))
    made = _with(lambda tokens: tokens.create(wish, secret, SystemClock().now()))
    if as_json:
        line(shown_token(made) | {"token": secret})
        return
    click.echo(secret)
    say(f"Keep it: this is the only time that the token {name} is shown.")


@token.command("list", epilog="Example: numberbank token list")
@_json
def list_command(as_json: bool) -> None:
    """List the tokens that there are and were, without their secrets."""
    found = [shown_token(each) for each in _with(lambda tokens: tokens.all())]
    if as_json:
        for each in found:
            line(each)
        return
    rows = [[", ".join(cell) if isinstance(cell, tuple) else cell for cell in each.values()] for each in found]
    table(("name", "org", "domains", "scopes", "created", "expires", "revoked"), rows)


@token.command(epilog="Example: numberbank token revoke acme-portal")
@click.argument("name")
@_json
def revoke(name: str, as_json: bool) -> int:
    """Let nobody in with a token any longer, a second from now."""
    if not _with(lambda tokens: tokens.revoke(name, SystemClock().now())):
        say(f"There is no token {name!r}; numberbank token list shows those that there are.")
        return Exit.REJECTED
    if as_json:
        line({"name": name, "revoked": True})
    else:
        say(f"The token {name} is revoked.")
    return Exit.ACCEPTED


def _wish(name: str, org: str | None, domains: Sequence[str], scopes: Sequence[str], expires: str | None) -> TokenWish:
    try:
        return TokenWish.model_validate({
            "name": name, "org": org, "domains": tuple(domains), "scopes": tuple(scopes),
            "expires": None if expires is None else parse_instant(expires),
        })  # fmt: skip
    except ValidationError as error:
        raise WrongUsage(f"{explained(error)}.") from None


def _parts(values: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(part.strip() for value in values for part in value.split(",") if part.strip()))


def _with(act: Callable[[Tokens], Awaitable[T]]) -> T:
    """Open the tokens and do something with them. Raises `Unusable`, `WrongSetting`, `WrongUsage`."""
    from services.chassis.mongo import MongoStore

    store = MongoStore(StackSettings.load().mongo_url(), "gateway")

    async def acted() -> T:
        return await act(Tokens(store))

    try:
        return asyncio.run(acted())
    except NameTaken as error:
        raise WrongUsage(f"{error}") from None
    except StoreTrouble as error:
        raise Unusable(f"MongoDB cannot be used ({error}); start it, or correct MONGODB_URL.") from None
    finally:
        store.close()
