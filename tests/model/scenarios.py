"""What is explored: small forms for every run of the tests, and full ones for a change of the protocol."""

from itertools import permutations, product

from tests.model.requests import EXPIRE, REACTIVATE, SWAP, SWAP_BACK, TERMINATE, TRANSFER
from tests.model.saga import Facts, Sagas
from tests.model.world import ADD, GARBAGE, TOUCH, Command, Scenario

_ADD, _TOUCH, _GARBAGE = Command(ADD), Command(TOUCH), Command(GARBAGE)
_ELSEWHERE = Command(ADD, number=1, home=1)

# One lane that goes from owner to owner; a stranger's command comes before its number is added.
HANDOVER = Scenario((_TOUCH, _ADD, _GARBAGE), ((0, 1, 2),), rebalances=1, unknowns=1)

# An owner that is told late, and takes back what was given to another.
ZOMBIES = Scenario((_ADD,), ((0,),), timers=1, rebalances=2)

# Records that a stranger's partitioner put into the wrong lane, repeated by their client.
ASTRAY = Scenario((_ADD, _TOUCH), ((0,), (1,)), owners=(0, 1), crashes=1, repeats=1, windows=1)

# A number that is asked about before it is added, by a client who repeats itself.
STRANGERS = Scenario((_TOUCH, _ADD), ((0, 1),), owners=(0,), crashes=1, repeats=1)

# A batch that is halved, and halved again, while its first commit may still land.
HALVING = Scenario((_ADD, _TOUCH, _TOUCH, _GARBAGE), ((0, 1, 2, 3),), owners=(0,), batch=4, unknowns=1, losses=1)

# Timers: batches that take nothing.
TIMERS = Scenario((_ADD,), ((0,),), timers=2, crashes=1, rebalances=1, unknowns=1)

# A service whose documents are dropped, so that it reads everything again.
REBUILT = Scenario((_ADD, _TOUCH), ((0,), (1,)), owners=(0, 1), crashes=1, rebuilds=1)

SMALL = {
    "handover": HANDOVER,
    "zombies": ZOMBIES,
    "astray": ASTRAY,
    "strangers": STRANGERS,
    "halving": HALVING,
    "timers": TIMERS,
    "rebuilt": REBUILT,
}
FULL = {
    "handover": HANDOVER._replace(crashes=1, rebalances=2, unknowns=1),
    "zombies": ZOMBIES._replace(commands=(_ADD, _TOUCH), logs=((0, 1),), owners=(0, 0, 0)),
    "astray": ASTRAY._replace(owners=(0, 0, 1), rebalances=1, crashes=0),
    "strangers": STRANGERS._replace(owners=(0, 0), rebalances=1, unknowns=1, repeats=2),
    "halving": HALVING._replace(owners=(0, 0), crashes=1, rebalances=1, unknowns=1),
    "timers": TIMERS._replace(commands=(_ADD, _TOUCH), logs=((0, 1),), crashes=1, rebalances=2, unknowns=1),
    "rebuilt": REBUILT._replace(commands=(_ADD, _TOUCH, _ELSEWHERE), logs=((0, 2), (1,))),
}


def _stories(*stories: tuple[str, ...]) -> tuple[Facts, ...]:
    return tuple(tuple(enumerate(story)) for story in stories)


SAGAS = {
    "swaps": Sagas(
        _stories((SWAP, TERMINATE), (SWAP, EXPIRE, REACTIVATE), (SWAP, TRANSFER), (SWAP, SWAP_BACK), (TERMINATE, SWAP)),
        hands=1,
        crashes=1,
    ),
    "repeated": Sagas((((0, SWAP), (0, SWAP)), ((0, SWAP), (1, TERMINATE), (0, SWAP)))),
    "returns": Sagas(_stories((EXPIRE, REACTIVATE)), hands=2),
    "by-hand": Sagas(_stories((TERMINATE,), (EXPIRE,), (TRANSFER,)), hands=1),
}
_KINDS = (SWAP, SWAP_BACK, EXPIRE, REACTIVATE, TRANSFER, TERMINATE)
FULL_SAGAS = {
    "every three facts": Sagas(_stories(*product(_KINDS, repeat=3)), hands=2, crashes=1),
    "every four facts": Sagas(_stories(*permutations(_KINDS, 4)), hands=1),
    "every two facts, and one again": Sagas(
        tuple((*enumerate(pair), (again, pair[again])) for pair in product(_KINDS, repeat=2) for again in (0, 1)),
        hands=1,
    ),
}
