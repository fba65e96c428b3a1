"""Whether inventory is as fast with ten million numbers as with ten thousand."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from statistics import median
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from bson.raw_bson import RawBSONDocument

from contracts.topics import INVENTORY_EVENTS
from tests.bench.bulk import forget_the_road, load, read_once
from tests.bench.calling import calling
from tests.bench.envelopes import envelope
from tests.bench.figures import Figure, percentile, ratio
from tests.bench.holds import available, number
from tests.bench.load import RELEASE, RESERVE, write
from tests.bench.processes import services
from tests.bench.races import Race
from tests.bench.track import Track
from tests.bench.waiting import LOOK, watching

CALLS = 3  # single calls are so many times fewer than where only they are looked at
SLOWER = 1.2  # times as much time or memory as with the fewest numbers
SEED = 7


class Bank(NamedTuple):
    """A database with so many numbers, and which of them are reserved by now."""

    numbers: int
    database: str
    reserved: set[int]
    chance: random.Random

    def command(self) -> tuple[str, str, dict[str, Any]]:
        """Give type, subject and data of a command for any of its numbers."""
        index = self.chance.randrange(self.numbers)
        type, data = ("number.release", RELEASE) if index in self.reserved else ("number.reserve", RESERVE)
        self.reserved.symmetric_difference_update((index,))
        return type, number(index), data


class Round(NamedTuple):
    """What one bank did in one round; processor in microseconds a command, memory in megabytes."""

    rate: float
    inventory: float
    mongod: float
    calls: list[float]
    memory: float


async def growth(track: Track) -> list[Figure]:
    """Load banks of all sizes into one mongod, and let them work in turn."""
    banks = [Bank(many, f"bank_{many}", set(), random.Random(SEED)) for many in track.sizes.numbers]
    for bank in banks:
        url = urlsplit(track.stack.env["MONGODB_URL"])._replace(path=f"/{bank.database}").geturl()
        await load(url, "inventory.numbers", _numbers(bank.numbers))
        await read_once(url, "inventory.numbers")
        track.say(f"{bank.numbers:,} numbers loaded")
    rounds: dict[int, list[Round]] = {bank.numbers: [] for bank in banks}
    for turn in range(track.sizes.rounds):
        for bank in banks[:: -1 if turn % 2 else 1]:
            round = await _round(track, bank, turn)
            rounds[bank.numbers].append(round)
            track.say(f"{bank.numbers:,} numbers: {round.rate:,.0f} commands/s, mongod {round.mongod:,.0f} us each")
    return [figure for many in rounds for figure in _compared(rounds[many], rounds[banks[0].numbers], many)]


def _numbers(many: int) -> Iterator[RawBSONDocument]:
    return available((number(index) for index in range(many)), datetime(2026, 1, 1, tzinfo=UTC))


async def _round(track: Track, bank: Bank, turn: int) -> Round:
    """Work off a backlog for numbers at random, then send single calls."""
    ground = await track.cleared(bank.database)
    await forget_the_road(ground.mongo, "inventory")
    commands = track.sizes.commands
    await write(ground.kafka, _backlog(bank, commands, turn))
    async with (
        watching(ground.kafka, INVENTORY_EVENTS.name) as answers,
        services(ground.env, "inventory") as (inventory,),
    ):
        first = await answers.until(1, inventory)
        base = track.mongod_cpu
        last = await answers.until(commands, inventory)
        done, mongod = last.records - first.records, track.mongod_cpu - base
        async with calling(ground.kafka) as caller:
            calls = [await caller.ask(*bank.command()) * 1000 for _ in range(track.sizes.calls // CALLS)]
        memory = inventory.peak
    rate = done / max(last.at - first.at, LOOK)
    return Round(rate, ratio(last.cpu - first.cpu, done) * 1e6, ratio(mongod, done) * 1e6, calls, memory)


def _backlog(bank: Bank, commands: int, turn: int) -> Iterator[tuple[str, bytes]]:
    for ordinal in range(commands):
        type, number, data = bank.command()
        yield number, envelope(f"growth-{turn}-{ordinal}", type, number, data)


def _compared(rounds: list[Round], fewest: list[Round], many: int) -> Iterator[Figure]:
    """Give figures of one size, as ratios to the smallest."""
    of, least = _middle(rounds), _middle(fewest)
    named = f"{many:,} numbers"
    yield Figure(f"{named}: commands", of.rate, "commands/s")
    yield Figure(f"{named}: processor of inventory", of.inventory, "us/command")
    yield Figure(f"{named}: processor of mongod", of.mongod, "us/command")
    yield Figure(f"{named}: single command, p50", percentile(of.calls, 0.5), "ms")
    yield Figure(f"{named}: single command, p95", percentile(of.calls, 0.95), "ms")
    yield Figure(f"{named}: memory of inventory at most", of.memory, "MB")
    if rounds is not fewest:
        yield Figure(f"{named}: commands, to the fewest", ratio(of.rate, least.rate), at_least=1 / SLOWER)
        middle, before = percentile(of.calls, 0.5), percentile(least.calls, 0.5)
        yield Figure(f"{named}: latency, to the fewest", ratio(middle, before), at_most=SLOWER)
        yield Figure(f"{named}: memory, to the fewest", ratio(of.memory, least.memory), at_most=SLOWER)


def _middle(rounds: list[Round]) -> Round:
    middle = [
        median(values) for values in zip(*((r.rate, r.inventory, r.mongod, r.memory) for r in rounds), strict=True)
    ]
    calls = [call for round in rounds for call in round.calls]
    return Round(middle[0], middle[1], middle[2], calls, middle[3])


RACES = (Race("growth", "inventory with few numbers and with very many: rate, latency and memory", growth, 2400, None),)
