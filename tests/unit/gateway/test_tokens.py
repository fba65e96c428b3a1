"""Tokens: what is kept of them, and whom they let in."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from services.chassis.errors import Conflict
from services.chassis.memory import MemoryDatabase, MemoryStore, MemoryTransaction
from services.gateway.domain import OPERATOR, Asker, TokenWish, digest, looks_like_secret, secret_of
from services.gateway.tokens import NameTaken, Tokens
from tests.unit.gateway.contended import Contended
from tests.unit.gateway.stock import NOON

SECRET = secret_of(bytes(range(32)))


def wish(**fields: Any) -> TokenWish:
    return TokenWish.model_validate({"name": "acme", "org": "acme", "domains": ("acme.example",), **fields})


@pytest.fixture
def database() -> MemoryDatabase:
    return MemoryDatabase()


@pytest.fixture
def tokens(database: MemoryDatabase) -> Tokens:
    return Tokens(MemoryStore(database, "gateway"))


def test_a_secret_is_256_bits_that_can_be_told_from_other_secrets() -> None:
    assert SECRET == "nb_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
    assert looks_like_secret(SECRET)
    assert not any(map(looks_like_secret, ("", "nb_", SECRET + "x", SECRET[:-1] + "\u0661", "xx" + SECRET[2:])))


async def test_what_is_kept_of_a_token_lets_nobody_in(tokens: Tokens, database: MemoryDatabase) -> None:
    made = await tokens.create(wish(), SECRET, NOON)
    assert SECRET not in str(database.collections)
    assert SECRET.removeprefix("nb_") not in str(database.collections)
    assert await tokens.known_by(digest(SECRET)) == made
    assert await tokens.known_by(digest(SECRET + "x")) is None


async def test_a_name_is_used_once(tokens: Tokens) -> None:
    await tokens.create(wish(), SECRET, NOON)
    assert await tokens.revoke("acme", NOON)
    with pytest.raises(NameTaken, match="choose a name that was never used"):
        await tokens.create(wish(), secret_of(bytes(32)), NOON)


async def test_of_two_who_choose_a_name_at_once_one_has_it(tokens: Tokens, monkeypatch: pytest.MonkeyPatch) -> None:
    both, find = asyncio.Barrier(2), MemoryTransaction.find

    async def find_together(*asked: Any, **how: Any) -> Any:
        found = await find(*asked, **how)
        async with asyncio.timeout(5):
            await both.wait()
        monkeypatch.setattr(MemoryTransaction, "find", find)
        return found

    monkeypatch.setattr(MemoryTransaction, "find", find_together)
    makers = [tokens.create(wish(), secret_of(bytes([n]) * 32), NOON) for n in range(2)]
    made = await asyncio.gather(*makers, return_exceptions=True)
    assert sorted(type(each).__name__ for each in made) == ["NameTaken", "Token"]
    assert len(await tokens.all()) == 1


async def test_a_name_that_was_used_before_names_were_kept_is_taken(tokens: Tokens, database: MemoryDatabase) -> None:
    await tokens.create(wish(), SECRET, NOON)
    database.collections["gateway.token-names"].clear()
    with pytest.raises(NameTaken):
        await tokens.create(wish(), secret_of(bytes(32)), NOON)


async def test_a_token_is_good_until_it_ends_or_is_revoked(tokens: Tokens) -> None:
    made = await tokens.create(wish(expires=NOON + timedelta(days=1)), SECRET, NOON)
    assert made.is_good(NOON)
    assert not made.is_good(NOON + timedelta(days=1))
    assert await tokens.revoke("acme", NOON)
    assert not await tokens.revoke("beta", NOON)
    [kept] = await tokens.all()
    assert (kept.revoked, kept.is_good(NOON)) == (NOON, False)


def test_an_org_asks_for_itself_and_an_operator_for_all() -> None:
    assert wish().token(SECRET, NOON).asker == Asker("acme", ("acme.example",))
    assert wish(org=None, domains=()).token(SECRET, NOON).asker == OPERATOR


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"scopes": ("read", "admin")}, "admin is for operators"),
        ({"org": None}, "an operator sees all numbers"),
        ({"name": "two words"}, "pattern"),
        ({"scopes": ()}, "at least 1"),
        ({"scopes": ("write",)}, "'read', 'manage', 'bulk' or 'admin'"),
        ({"holder": "acme"}, "Extra inputs"),
    ],
)
def test_a_token_that_cannot_be_meant_is_refused_with_a_reason(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        wish(**fields)


async def test_whoever_makes_a_token_hears_of_a_conflict_that_does_not_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.gateway.tokens.TRIES", 3)
    store = Contended()
    with pytest.raises(Conflict):
        await Tokens(store).create(wish(), SECRET, NOON)  # type: ignore[arg-type]
    assert store.tries == 3
