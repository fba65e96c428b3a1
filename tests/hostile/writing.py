"""How hostile and good records are mixed."""

from collections.abc import Sequence

from tests.hostile.good import Good
from tests.hostile.record import Hostile


def mixed(hostile: Sequence[Hostile], good: Sequence[Good]) -> list[Hostile]:
    """Give all of them, the good ones spread evenly, both in their order."""
    apart = max(1, len(hostile) // len(good))
    records: list[Hostile] = []
    for number, message in enumerate(good):
        records += hostile[number * apart : (number + 1) * apart]
        records.append(message.record)
    return [*records, *hostile[len(good) * apart :]]
