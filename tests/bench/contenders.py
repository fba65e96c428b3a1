"""Who competes for the most commands a second, in how many processes; and what one round of one comes to."""

from collections.abc import Sequence
from typing import NamedTuple

from contracts.topics import INVENTORY_EVENTS
from tests.bench.figures import ratio
from tests.bench.load import write
from tests.bench.processes import running
from tests.bench.track import Track
from tests.bench.waiting import LOOK, watching

RUN = ("-m", "services.ops", "run", "inventory")
CONTENDERS: dict[str, tuple[tuple[str, ...], ...]] = {  # by name, the arguments of each of its processes
    "ceiling": (("-m", "tests.bench.ceiling"),),
    "inventory": (RUN,),
    "two workers": ((*RUN, "--workers", "2"),),
    "two instances": (RUN, RUN),
    "plain": (("-m", "tests.bench.plain"),),
}


class Round(NamedTuple):
    """What one contender did in one round. `cpu`: seconds of its own processes."""

    contender: str
    commands: int
    seconds: float
    cpu: float

    @property
    def rate(self) -> float:
        """Commands a second; time is told in looks."""
        return self.commands / max(self.seconds, LOOK)

    @property
    def cost(self) -> float:
        """Microseconds of processor a command."""
        return ratio(self.cpu, self.commands) * 1e6


async def compete(track: Track, contender: str, records: Sequence[tuple[str, bytes]], joining: int) -> Round:
    """Let a contender work off a backlog.

    The clock runs from the first answers after the `joining` first ones to the last.
    """
    ground = await track.cleared()
    await write(ground.kafka, records)
    commands = CONTENDERS[contender]
    async with watching(ground.kafka, INVENTORY_EVENTS.name) as answers, running(ground.env, *commands) as who:
        first = await answers.until(joining + 1, who)
        last = await answers.until(len(records), who)
    round = Round(contender, last.records - first.records, last.at - first.at, last.cpu - first.cpu)
    track.say(f"{contender}: {round.rate:,.0f} commands/s, {round.cost:,.0f} us each")
    return round
