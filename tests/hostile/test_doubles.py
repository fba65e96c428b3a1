"""Ten thousand hostile records, with good ones between them, over the doubles: nothing is lost, nobody stops."""

import pytest

from tests.hostile.good import good_messages
from tests.hostile.judging import judge
from tests.hostile.record import Hostile
from tests.hostile.writing import mixed
from tests.system.system import System

PARTITIONS, AT_ONCE = 3, 200


@pytest.mark.timeout(400)
async def test_hostile_records_cost_themselves_and_nobody_else(hostile: list[Hostile]) -> None:
    good = good_messages(subjects=10, rounds=20)
    records = mixed(hostile, good)
    async with System(PARTITIONS) as system:
        for begin in range(0, len(records), AT_ONCE):
            for record in records[begin : begin + AT_ONCE]:
                system.cluster.append(record.outgoing(PARTITIONS))
            await system.quiet()
        await system.passes(hours=1)

        def read(topic: str) -> list[object]:
            return [record for lot, log in system.cluster.logs.items() if lot.topic == topic for record in log]

        judge(read, PARTITIONS, good)
