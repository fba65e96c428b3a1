"""Runs races one after the other, each on servers of its own; one that fails is reported, and the others go on."""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from services.ops.stack import Stack, StackError, local_stack
from tests.bench.figures import Figure, Outcome
from tests.bench.processes import NotInTime
from tests.bench.races import Race
from tests.bench.sizes import Sizes
from tests.bench.track import Track


def run_all(
    races: Sequence[Race], environ: Mapping[str, str], sizes: Sizes, say: Callable[[str], None]
) -> Iterator[Outcome]:
    """Give what each race came to."""
    for race in races:
        say(f"{race.name}: {race.measures}")
        started = time.monotonic()
        try:
            with local_stack(environ=environ, progress=say, mongo_cache=race.cache) as stack:
                yield run_one(race, stack, environ, sizes, say)
        except StackError as error:
            yield Outcome(race.name, race.measures, time.monotonic() - started, failure=str(error))


def run_one(race: Race, stack: Stack, environ: Mapping[str, str], sizes: Sizes, say: Callable[[str], None]) -> Outcome:
    """Give what a race came to on these servers."""
    started = time.monotonic()
    figures: Sequence[Figure] = ()
    failure = None
    try:
        figures = asyncio.run(_in_time(race, Track(stack, environ, sizes, say)))
    except NotInTime as error:
        failure = f"{error}"
    except Exception as error:  # whatever it is: the other races have a right to be run
        failure = f"{type(error).__name__}: {error}"
    if failure is not None:
        say(f"{race.name} failed: {failure}")
    return Outcome(race.name, race.measures, time.monotonic() - started, tuple(figures), failure)


async def _in_time(race: Race, track: Track) -> Sequence[Figure]:
    try:
        async with asyncio.timeout(race.patience) as limit:
            return await race.run(track)
    except TimeoutError:
        if limit.expired():
            raise NotInTime(f"It did not end within {race.patience:.0f} s.") from None
        raise
