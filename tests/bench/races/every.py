"""All races, in the order in which they are run."""

from tests.bench.races import commands, latency

EVERY_RACE = (*commands.RACES, *latency.RACES)
