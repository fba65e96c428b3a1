"""Which fault comes when: seeded, so that a run can be asked for again."""

from collections.abc import Iterator, Mapping
from random import Random
from typing import NamedTuple

DISK_FULL = "database disk full"
# Of a thousand. Most are kills of services and cuts between them and their servers.
SHARES: Mapping[str, int] = {
    "service killed": 380,
    "service killed at a step": 60,
    "connections reset": 260,
    "connections half open": 60,
    "connections delayed": 60,
    "connections throttled": 30,
    "service paused": 40,
    "service joins and leaves": 50,
    "clock jumps": 20,
    "database killed": 10,
    "database paused": 6,
    DISK_FULL: 5,
    "broker killed": 8,
    "broker paused": 5,
    "mail server killed": 6,
}


class Due(NamedTuple):
    """A fault to come: seconds after the beginning, and of which kind."""

    at: float
    kind: str


def plan(seed: int, faults: int, seconds: float, shares: Mapping[str, int] = SHARES) -> Iterator[Due]:
    """Give so many faults spread over the time, each kind by its share and at least once."""
    random = Random(seed)
    deck = [kind for kind, share in shares.items() for _ in range(max(1, share * faults // sum(shares.values())))]
    deck += random.choices(list(shares), list(shares.values()), k=max(0, faults - len(deck)))
    random.shuffle(deck)
    moments = sorted(random.uniform(0, seconds) for _ in deck)
    return (Due(at, kind) for at, kind in zip(moments, deck, strict=True))
