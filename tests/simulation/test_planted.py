"""Some planted faults, found within few seeds; all of them: `python -m tests.simulation --planted`."""

import pytest

from tests.simulation.planted import PLANTED
from tests.simulation.planted.hunting import hunt
from tests.simulation.planted.planting import Planted
from tests.simulation.running import run

EASY = (
    "the fence does not keep what is to be published",
    "an unknown commit is taken for an abort",
    "a lane begins at Kafka's commit, not at its fence",
    "a record astray is executed in place",
    "ids of commands are not remembered",
    "a hold lasts a day too long",
    "a swap takes the old number before the new one is confirmed",
    "a mail gets a new Message-ID each time",
)
FEW = 10  # seeds


@pytest.mark.parametrize("planted", [each for each in PLANTED if each.name in EASY], ids=lambda each: each.name)
def test_a_planted_fault_is_found(planted: Planted) -> None:
    assert hunt(planted, FEW).check is not None


def test_what_was_planted_is_gone_afterwards() -> None:
    for planted in PLANTED:
        with planted.switch_on():
            pass
    assert run(1).faults == ()
