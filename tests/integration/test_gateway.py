"""The gateway on real servers: killed, rebuilt under load, killed while it is rebuilt."""

import asyncio
import json
import os
import sys
from typing import Any

from contracts.inventory import Number
from services.chassis.mongo import MongoStore
from services.gateway.domain import OPERATOR, Search, entry_of
from services.gateway.finding import Finder
from services.gateway.store import SETS, live_views
from tests.integration.bank import ROOT, Bank
from tests.road.worlds import until
from tests.unit.gateway.stock import timeless

NUMBERS = [f"+653158{n:04}" for n in range(600)]


async def told(bank: Bank) -> dict[str, Any]:
    """Give the entries that the fold of inventory's events comes to."""
    latest: dict[str, Any] = {}
    for record in await bank.read("inventory.events"):
        data = json.loads(record.value)["data"]
        if data.get("version") and "number" in data:
            latest[data["number"]] = max(data, latest.get(data["number"], data), key=lambda each: each["version"])
    return {number: entry_of(Number.model_validate_json(json.dumps(data))) for number, data in latest.items()}


async def is_level(bank: Bank, store: MongoStore) -> bool:
    """Tell whether the live views are the fold, the counts too."""
    views = await live_views(store)
    database = bank.mongo.get_default_database("numberbank")
    stored = {each["_id"]: each async for each in database[f"gateway.{views.catalogue}"].find()}
    counted = sum([each["n"] async for each in database[f"gateway.{views.counts}"].find()])
    versions = sum(each["version"] for each in stored.values())
    kept = await database[f"gateway.{views.history}"].count_documents({})
    return timeless(stored) == await told(bank) and counted == len(stored) and kept == versions


async def rebuild(bank: Bank) -> asyncio.subprocess.Process:
    env = {**os.environ, **bank.env, "PYTHONPATH": str(ROOT), "NUMBERBANK_SESSION_TIMEOUT": "2"}
    command = [sys.executable, "-m", "services.ops", "gateway", "rebuild", "--json"]
    return await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, env=env)


async def test_the_catalogue_is_the_fold_of_the_events_after_kills(bank: Bank) -> None:
    store = MongoStore(bank.env["MONGODB_URL"], "gateway")
    await bank.run("inventory").until_ready()
    load = asyncio.create_task(bank.ask_many(NUMBERS, rounds=4))
    for step in ("decided:3", "committed:2"):
        killed = bank.run("gateway", NUMBERBANK_STOP_AT=step)
        await killed.ended()
    killed = await bank.run("gateway").until_ready()
    killed.kill()
    await load
    await bank.run("gateway").until_ready()
    await bank.all_answered()
    await until(lambda: is_level(bank, store), 60)
    store.close()


async def test_a_rebuild_under_load_that_is_killed_goes_on_and_searches_never_stop(bank: Bank) -> None:
    store = MongoStore(bank.env["MONGODB_URL"], "gateway")
    await bank.run("inventory").until_ready()
    await bank.run("gateway").until_ready()
    await bank.ask_many(NUMBERS, rounds=2)
    await bank.all_answered()
    await until(lambda: is_level(bank, store), 60)
    finder, over = Finder(store), asyncio.Event()

    async def searches() -> int:
        some = 0
        while not over.is_set():
            page = await finder.page(Search(pattern="+6531"), OPERATOR, limit=1000)
            assert [each["number"] for each in page.numbers] == NUMBERS
            some += 1
        return some

    searching = asyncio.create_task(searches())
    load = asyncio.create_task(bank.ask_many(NUMBERS[:200], rounds=4))
    killed = await rebuild(bank)
    assert killed.stdout is not None
    await killed.stdout.readline()
    killed.kill()
    await killed.wait()
    before = (await live_views(store)).name  # it may have been quick enough
    again = await rebuild(bank)
    out, _ = await asyncio.wait_for(again.communicate(), 120)
    assert again.returncode == 0
    assert json.loads(out.splitlines()[-1])["summary"]["switched"]
    await load
    await bank.all_answered()
    live = (await live_views(store)).name
    assert live != before
    await until(lambda: is_level(bank, store), 60)
    over.set()
    assert await searching > 5
    database = bank.mongo.get_default_database("numberbank")
    assert await database[f"gateway.{SETS[before].catalogue}"].count_documents({}) == 0
    store.close()
