"""One run: the same seed gives the same one, step by step."""

import asyncio
import gc
import logging
import random
from collections.abc import Callable
from typing import NamedTuple

from tests.simulation import books, oracle
from tests.simulation.clients import Clients
from tests.simulation.loop import Deadlock, SimulatedLoop
from tests.simulation.settling import close, live_on
from tests.simulation.trace import Fault, Trace
from tests.simulation.trouble import Trouble, weather_of
from tests.simulation.world import World

WORDS = 110


class Outcome(NamedTuple):
    """What came of a run."""

    seed: int
    faults: tuple[Fault, ...]
    steps: int  # callbacks that were run
    records: int
    seconds: float  # virtual ones


def run(seed: int, tell: Callable[[str], None] | None = None) -> Outcome:
    """Run the system with this seed; `tell` is given a line for each step."""
    dice = random.Random(seed)
    random.seed(dice.random())  # the delays of the chassis
    loop = SimulatedLoop(random.Random(dice.random()))
    trace = Trace(loop.time, tell)
    world = World(loop, dice, weather_of(dice), trace, moody=dice.choice((0.0, 0.1, 0.3)))
    logging.disable(logging.CRITICAL)
    gc.disable()
    try:
        loop.run_until_complete(_lived(world))
    except Deadlock:
        world.found("settles", "system", "nobody has anything left to wait for")
    finally:
        loop.close()
        gc.enable()
        logging.disable(logging.NOTSET)
    return Outcome(seed, tuple(world.faults), loop.steps, len(world.order), loop.time())


async def _lived(world: World) -> None:
    clients, trouble = Clients(world, WORDS), Trouble(world)
    for instance in world.instances:
        instance.start()
    watching = asyncio.create_task(world.watch_groups())
    striking = asyncio.create_task(trouble.run())
    await clients.run()
    await asyncio.sleep(world.dice.uniform(0.0, 10.0))
    striking.cancel()
    await trouble.end()
    if await live_on(world):
        await close(world)
        await books.examine(world)
        oracle.judge(world, clients.said)
    watching.cancel()
    world.end()
