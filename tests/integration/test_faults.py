"""Processes killed, paused and cut off for real; then the ledger is audited."""

import asyncio
import signal

import pytest

from services.chassis.stops import STEPS
from tests.integration.bank import Bank

NUMBERS = [f"+65315{n:05}" for n in range(150)]


MOMENTS = ["opening:2", "opened:2", "taken:2", "read:2", "decided:2", "committed:2", "published:2", "noted:1"]


def test_every_step_of_the_road_has_its_kill() -> None:
    elsewhere = {"closing", "acted"}
    assert {moment.partition(":")[0] for moment in MOMENTS} | elsewhere == set(STEPS)


@pytest.mark.parametrize("moment", MOMENTS)
async def test_killed_at_any_step_of_the_road_nothing_is_lost_and_nothing_twice(bank: Bank, moment: str) -> None:
    first = await bank.run("inventory").until_ready()
    await bank.ask_many(NUMBERS[:20], rounds=2)
    await bank.all_answered()
    first.kill()
    doomed = bank.run("inventory", NUMBERBANK_STOP_AT=moment)
    await bank.ask_many(NUMBERS[20:], rounds=4)
    assert await doomed.ended() == -signal.SIGKILL
    await bank.run("inventory").until_ready()
    await bank.all_answered()
    await bank.audit()


async def test_killed_while_closing_nothing_is_lost_and_nothing_twice(bank: Bank) -> None:
    doomed = await bank.run("inventory", NUMBERBANK_STOP_AT="closing").until_ready()
    loading = asyncio.create_task(bank.ask_many(NUMBERS, rounds=6))
    await loading
    doomed.signal(signal.SIGTERM)
    assert await doomed.ended() == -signal.SIGKILL
    await bank.run("inventory").until_ready()
    await bank.all_answered()
    await bank.audit()


async def test_instances_join_and_leave_under_load(bank: Bank) -> None:
    first = await bank.run("inventory").until_ready()
    loading = asyncio.create_task(bank.ask_many(NUMBERS, rounds=20))
    second = await bank.run("inventory").until_ready()
    assert await first.stop() == 0
    third = await bank.run("inventory").until_ready()
    second.kill()
    await loading
    await bank.all_answered()
    await bank.audit()
    assert await third.stop() == 0


async def test_an_owner_that_sleeps_longer_than_its_session_wakes_as_a_stranger(bank: Bank) -> None:
    sleeper = await bank.run("inventory").until_ready()
    await bank.ask_many(NUMBERS, rounds=6)
    sleeper.signal(signal.SIGSTOP)
    await bank.ask_many(NUMBERS[:0])
    heir = await bank.run("inventory").until_ready()
    await bank.all_answered()
    sleeper.signal(signal.SIGCONT)
    for number in NUMBERS:
        await bank.ask("number.update", number, routing="trunk-1")
    await bank.all_answered()
    await bank.audit()
    assert await heir.stop() == 0
    await sleeper.until_ready()
    await bank.ask("number.update", NUMBERS[0], routing="trunk-2")
    await bank.all_answered()
    await bank.audit()


async def test_the_broker_is_killed_and_restarted(bank: Bank) -> None:
    await bank.run("inventory").until_ready()
    await bank.ask_many(NUMBERS, rounds=6)
    assert bank.stack.kafka is not None
    bank.stack.kafka.kill()
    bank.stack.kafka.start()
    await bank.ask("number.update", NUMBERS[0], routing="trunk-1")
    await bank.all_answered()
    await bank.audit()


async def test_the_database_is_killed_and_restarted(bank: Bank) -> None:
    await bank.run("inventory").until_ready()
    await bank.ask_many(NUMBERS, rounds=6)
    assert bank.stack.mongo is not None
    bank.stack.mongo.kill()
    await bank.ask_many([], rounds=0)
    await asyncio.to_thread(bank.stack.mongo.start)
    await bank.ask("number.update", NUMBERS[0], routing="trunk-1")
    await bank.all_answered()
    await bank.audit()


async def test_two_workers_share_the_lanes(bank: Bank) -> None:
    pair = bank.run("inventory", "--workers", "2")
    await bank.ask_many(NUMBERS, rounds=6)
    await bank.all_answered()
    await bank.audit()
    assert await pair.stop() == 0
