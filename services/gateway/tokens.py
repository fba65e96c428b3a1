"""API tokens as they are kept: made, listed, revoked, and looked up by what hashes to them."""

from dataclasses import dataclass
from datetime import datetime
from hmac import compare_digest
from typing import Any

from services.chassis.ports import Document, Store, Transaction
from services.chassis.retry import among_others
from services.gateway.domain import Token, TokenWish

TRIES = 8  # to make a token
TOKENS = "tokens"
NAMES = "token-names"  # each a document, so that of those who choose it at once the database lets one have it
_FIELDS = ("name", "org", "domains", "scopes", "created", "expires", "revoked")


class NameTaken(ValueError):
    """There is, or was, a token of this name; the message says what would be right."""


@dataclass(frozen=True)
class Tokens:
    """All tokens. Everything raises `StoreTrouble`."""

    store: Store

    async def create(self, wish: TokenWish, secret: str, at: datetime) -> Token:
        """Keep a token that is known by `secret` from now on. Raises `NameTaken`."""
        token = wish.token(secret, at)

        async def named() -> Token:
            async with self.store.transaction() as transaction:
                await _named(transaction, token)
            return token

        return await among_others(named, TRIES)  # who make one of this name just now, and may fail

    async def all(self) -> list[Token]:
        """Give all that there are and were, by name."""
        return sorted(map(_token, await self.store.find(TOKENS, {})), key=lambda token: (token.name, token.created))

    async def revoke(self, name: str, at: datetime) -> bool:
        """Let nobody in with this any longer; False if there is no such token."""
        async with self.store.transaction() as transaction:
            return await _revoke(transaction, name, at)

    async def known_by(self, id: str) -> Token | None:
        """Give the token whose secret hashes to `id`."""
        found = (await self.store.get(TOKENS, [id])).get(id)
        return _token(found) if found is not None and compare_digest(found["_id"], id) else None


async def _named(transaction: Transaction, token: Token) -> None:
    taken = await transaction.get(NAMES, [token.name])
    if taken or await transaction.find(TOKENS, {"name": token.name}, limit=1):  # made before names were kept
        raise NameTaken(f"name: there is, or was, a token {token.name!r}; choose a name that was never used.")
    await transaction.put(NAMES, [{"_id": token.name}], new=True)
    await transaction.put(TOKENS, [_document(token)], new=True)


async def _revoke(transaction: Transaction, name: str, at: datetime) -> bool:
    found = await transaction.find(TOKENS, {"name": name})
    standing = [each["_id"] for each in found if each["revoked"] is None]
    if standing:
        await transaction.update(TOKENS, {id: {"revoked": at} for id in standing})
    return bool(found)


def _document(token: Token) -> Document:
    kept: dict[str, Any] = {name: getattr(token, name) for name in _FIELDS}
    return {"_id": token.id, **kept, "domains": list(token.domains), "scopes": list(token.scopes)}


def _token(document: Document) -> Token:
    kept = {name: document[name] for name in _FIELDS}
    return Token(document["_id"], **kept | {"domains": tuple(kept["domains"]), "scopes": tuple(kept["scopes"])})
