"""Commands a second of inventory, beside the ceiling of this machine and what one would write first."""

from collections.abc import Sequence
from statistics import median

from tests.bench.contenders import Round, compete
from tests.bench.figures import Figure, ratio
from tests.bench.load import Backlog
from tests.bench.races import Race
from tests.bench.track import Track

HOT = ("ceiling", "inventory")  # with one number there is one lane, in the ceiling too
FEWER = 30  # how many times fewer commands the plain handler gets, which is slow


async def many_numbers(track: Track) -> list[Figure]:
    """Let all compete over commands for many numbers."""
    commands, in_two = track.sizes.commands, track.sizes.in_two
    names = ("ceiling", "inventory", *in_two, "plain")
    rounds = await _rounds(track, names, Backlog(min(10_000, commands), commands))
    rate = {name: median(round.rate for round in rounds if round.contender == name) for name in names}
    return [
        *_told(rounds, names),
        Figure("inventory to ceiling", ratio(rate["inventory"], rate["ceiling"]), at_least=0.7),
        *(Figure(f"{name} to ceiling", ratio(rate[name], rate["ceiling"]), at_least=0.85) for name in in_two),
        *(Figure(f"{name} to one process", ratio(rate[name], rate["inventory"])) for name in in_two),
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
