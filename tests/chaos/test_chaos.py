"""The short form of `make chaos`: a few dozen faults of every kind, then the same checks."""

import pytest

from tests.chaos.plan import SHARES, plan
from tests.chaos.run import run

SEED = 20_260
FAULTS = 40


@pytest.mark.timeout(300)
async def test_a_few_dozen_faults_of_every_kind_lose_nothing_and_do_nothing_twice() -> None:
    result = await run(SEED, FAULTS, seconds=30, rate=60)
    assert not result.complaints, result.described()
    assert result.faults >= FAULTS


def test_a_seed_gives_the_same_plan_with_every_kind_of_fault() -> None:
    due = list(plan(SEED, FAULTS, 30))
    assert due == list(plan(SEED, FAULTS, 30))
    assert {fault.kind for fault in due} == set(SHARES)
    assert [fault.at for fault in due] == sorted(fault.at for fault in due)
