"""Commands a second of inventory, beside the ceiling of this machine and what one would write first."""

from collections.abc import Sequence
from statistics import median

from tests.bench.contenders import Round, compete
from tests.bench.figures import Figure, ratio
from tests.bench.load import Backlog
from tests.bench.races import Race
from tests.bench.track import Track

MANY = ("ceiling", "inventory", "two workers", "two instances", "plain")
HOT = ("ceiling", "inventory")  # with one number there is one lane, in the ceiling too
FEWER = 30  # how many times fewer commands the plain handler gets, which is slow


async def many_numbers(track: Track) -> list[Figure]:
    """Let all compete over commands for many numbers."""
    commands = track.sizes.commands
    rounds = await _rounds(track, MANY, Backlog(min(10_000, commands), commands))
    rate = {name: median(round.rate for round in rounds if round.contender == name) for name in MANY}
    return [
        *_told(rounds, MANY),
        Figure("inventory to ceiling", ratio(rate["inventory"], rate["ceiling"]), at_least=0.7),
        Figure("two workers to ceiling", ratio(rate["two workers"], rate["ceiling"]), at_least=0.85),
        Figure("two instances to ceiling", ratio(rate["two instances"], rate["ceiling"]), at_least=0.85),
        Figure("two workers to one", ratio(rate["two workers"], rate["inventory"])),
        Figure("two instances to one", ratio(rate["two instances"], rate["inventory"])),
        Figure("inventory to plain handler", ratio(rate["inventory"], rate["plain"]), "times", at_least=70),
    ]


async def hot_number(track: Track) -> list[Figure]:
    """Let inventory and the ceiling compete over commands for a single number."""
    rounds = await _rounds(track, HOT, Backlog(1, track.sizes.commands // 3))
    rate = {name: median(round.rate for round in rounds if round.contender == name) for name in HOT}
    return [
        *_told(rounds, HOT),
        Figure("inventory to ceiling", ratio(rate["inventory"], rate["ceiling"]), at_least=0.5),
    ]


async def _rounds(track: Track, names: Sequence[str], backlog: Backlog) -> list[Round]:
    """Interleave the contenders, forwards and backwards in turn, so that noise shows."""
    records = list(backlog.records())
    few = Backlog(max(1, backlog.numbers // FEWER), backlog.commands // FEWER)
    fewer = list(few.records())
    rounds = []
    for number in range(track.sizes.rounds):
        for name in names[:: -1 if number % 2 else 1]:
            chosen, joining = (fewer, few.numbers) if name == "plain" else (records, backlog.numbers)
            rounds.append(await compete(track, name, chosen, joining))
    return rounds


def _told(rounds: Sequence[Round], names: Sequence[str]) -> list[Figure]:
    of = {name: [round for round in rounds if round.contender == name] for name in names}
    return [
        *(Figure(name, median(round.rate for round in of[name]), "commands/s") for name in names),
        *(Figure(f"{name}, processor", median(round.cost for round in of[name]), "us/command") for name in names),
    ]


RACES = (
    Race("commands", "inventory end to end over many numbers, beside the ceiling and a plain handler", many_numbers),
    Race("hot number", "inventory end to end over a single number, beside a ceiling with one lane", hot_number),
)
