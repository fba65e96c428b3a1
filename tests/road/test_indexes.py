"""Indexes of collections that are large already."""

from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from pymongo import AsyncMongoClient

from services.chassis.mongo import MongoStore, store
from services.chassis.service import Service
from tests.road.ledger import ledger
from tests.road.worlds import RealWorld

MANY = 200_000
SILENCE = 200  # milliseconds, in which no index over so many is made


async def test_an_index_may_take_longer_than_any_other_answer(real: RealWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    url = urlsplit(real.mongo)._replace(path="/large").geturl()
    async with AsyncMongoClient(url) as client:
        accounts = client.get_default_database()["ledger.accounts"]
        await accounts.insert_many({"_id": n, "owner": n % 7} for n in range(MANY))
        await _connected(url, replace(ledger(), collections={"accounts": ()}))
        monkeypatch.setattr(store, "SILENCE", SILENCE)
        await _connected(url, replace(ledger(), collections={"accounts": (("owner", "_id"),)}))
        assert "owner_1__id_1" in await accounts.index_information()
        await client.drop_database("large")


async def _connected(url: str, service: Service) -> None:
    large = MongoStore(url, service.name)
    await large.connect(service)
    large.close()
