"""All races, in the order in which they are run."""

from tests.bench.races import (
    backlog,
    chain,
    commands,
    desk,
    exporting,
    finding,
    growth,
    http,
    jobs,
    latency,
    overdue,
    timers,
)

EVERY_RACE = (
    *commands.RACES,
    *latency.RACES,
    *chain.RACES,
    *timers.RACES,
    *overdue.RACES,
    *growth.RACES,
    *backlog.RACES,
    *desk.RACES,
    *finding.RACES,
    *exporting.RACES,
    *http.RACES,
    *jobs.RACES,
)
