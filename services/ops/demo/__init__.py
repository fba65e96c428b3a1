"""The demo: a year of numbers in about a minute, on a stack of its own, with all services as real processes.

Read on: `cast` and `story` are the story as data, `traffic` who comes and goes besides; `director` plays it over
the `processes`, through `callers`; `ledger` and `post` keep what the topics and the mails say, and nothing else is
shown (`screen`, `lines`) or proven (`rules` for all numbers, `fates` for those of the story); `desk` is visited when
the year is over; `play` puts it together.
"""


def main(json: bool, stay: bool, seconds: float = 60.0) -> int:
    """Play; give the exit code: 0 when all that was to be proven is. `seconds`: how long the year takes."""
    from services.ops.demo.play import play  # rich and the stack take their time to import

    return play(json, stay, seconds)
