"""What the road promises, over the doubles and over real Kafka and MongoDB alike."""

import asyncio
import json
import random
import re
from collections import Counter, defaultdict
from collections.abc import Sequence

from services.chassis.clock import SystemClock
from services.chassis.memory import MemoryBroker, MemoryStore
from services.chassis.metrics import Metrics
from services.chassis.partitions import home
from services.chassis.parts import Parts
from services.chassis.records import Lot, Outgoing, Record
from services.chassis.road import Road
from services.chassis.service import Input, Service
from services.chassis.stops import never
from services.chassis.work import Taken, Work
from tests.road.ledger import COMMANDS, DEAD, EVENTS, TOPICS, ledger
from tests.road.worlds import PARTITIONS, Instance, MemoryWorld, World, command, until


async def ask(world: World, account: str, many: int, prefix: str = "") -> list[str]:
    ids = [f"{prefix}{account}-{n}" for n in range(many)]
    for id in ids:
        await world.write(COMMANDS.name, account, command(account, id=id))
    return ids


async def events(world: World, many: int) -> list[Record]:
    """Wait until at least so many different events are there."""

    async def enough() -> list[Record]:
        records = await world.read(EVENTS.name)
        return records if len({json.loads(r.value or b"")["id"] for r in records}) >= many else []

    return await until(enough)


async def dead(world: World, many: int) -> list[Record]:
    async def enough() -> list[Record]:
        records = await world.read(DEAD)
        return records if len(records) >= many else []

    return await until(enough)


def answered_once(records: list[Record], asked: list[str]) -> None:
    """Check that each command has one answer, and that totals grow by one in order."""
    first = {}
    for record in records:
        event = json.loads(record.value or b"")
        first.setdefault(event["id"], event)
    told = Counter(event["data"]["told"] for event in first.values())
    assert told == Counter(asked)
    totals = defaultdict(list)
    for event in first.values():
        totals[event["subject"]].append(event["data"]["total"])
    for total in totals.values():
        assert total == list(range(1, len(total) + 1))


async def test_every_command_is_answered_once_and_in_order(world: World) -> None:
    instance = await world.start(ledger())
    asked = await ask(world, "ann", 50) + await ask(world, "bob", 50)
    records = await events(world, 100)
    await instance.stop()
    answered_once(records, asked)
    assert {d["_id"]: d["total"] for d in await world.documents("ledger.accounts")} == {"ann": 50, "bob": 50}


async def test_answers_name_their_cause_and_carry_writer_and_sequence(world: World) -> None:
    instance = await world.start(ledger())
    await ask(world, "ann", 1)
    [record] = await events(world, 1)
    await instance.stop()
    event, headers = json.loads(record.value or b""), dict(record.headers)
    assert (event["causationid"], event["correlationid"], event["source"]) == ("ann-0", "ann-0", "/ledger")
    assert event["actor"] == "/test"
    assert headers["content-type"] == b"application/cloudevents+json; charset=utf-8"
    assert (headers["nb-writer"] or b"").startswith(b"ledger/ledger.commands/")
    assert re.fullmatch(rb"\d{13}\.0", headers["nb-seq"] or b"")
    assert record.key == b"ann"


GARBAGE = {
    "not json": b"\x00\xff garbage",
    "not an event": b"[1, 2]",
    "no data": command("ann").replace(b'"data"', b'"date"'),
    "wrong type": command("ann", amount="1"),  # type: ignore[arg-type]
    "unknown type": command("ann", type="account.close"),
    "seventy digits": command("ann", amount=10**70),
    "deep": b"[" * 100_000,
    "two megabytes": b'"' + b"x" * (2 << 20) + b'"',
    "lone surrogate": command("ann").replace(b"/test", b"/te\\ud800st"),
    "nul": command("an\x00n"),
    "null": None,
}


async def test_bad_records_become_dead_letters_and_their_neighbours_are_answered(world: World) -> None:
    instance = await world.start(ledger())
    asked = []
    for n, bad in enumerate(GARBAGE.values()):
        asked += await ask(world, "ann", 1, prefix=f"{n}-")
        await world.write(COMMANDS.name, "ann", bad, (("nothing", None), ("trace", b"7")))
    asked += await ask(world, "ann", 1, prefix="last-")
    records, letters = await events(world, len(asked)), await dead(world, len(GARBAGE))
    await instance.stop()
    answered_once(records, asked)
    assert len(letters) == len(GARBAGE)
    for letter, bad in zip(letters, GARBAGE.values(), strict=True):
        headers = dict(letter.headers)
        assert headers["nb-reason"]
        assert (headers["nb-service"], headers["nb-topic"]) == (b"ledger", b"ledger.commands")
        assert headers["trace"] == b"7"
        assert headers["nothing"] is None
        if bad is not None and len(bad) > 256 * 1024:
            assert (headers["nb-size"], letter.value) == (str(len(bad)).encode(), bad[: 256 * 1024])
        else:
            assert letter.value == bad


async def test_a_record_of_another_partitioner_or_without_key_is_forwarded_and_answered_once(world: World) -> None:
    instance = await world.start(ledger())
    for n in range(4):
        await world.write(COMMANDS.name, None, command("ann", id=f"ann-{n}"), partition=n)
    records = await events(world, 4)
    await instance.stop()
    answered_once(records, [f"ann-{n}" for n in sorted(range(4), key=lambda n: told(records).index(f"ann-{n}"))])
    assert len({record.partition for record in records}) == 1


def told(records: list[Record]) -> list[str]:
    return [json.loads(record.value or b"")["data"]["told"] for record in records]


async def test_a_forwarded_record_that_is_still_astray_is_a_dead_letter(world: World) -> None:
    instance = await world.start(ledger())
    for n in range(4):
        await world.write(COMMANDS.name, None, command("ann", id=f"ann-{n}"), (("nb-forwarded", b"0/0"),), partition=n)
    letters = await dead(world, 3)
    await events(world, 1)
    await instance.stop()
    assert [dict(letter.headers)["nb-code"] for letter in letters] == [b"not_at_home"] * 3


async def test_a_record_that_is_forwarded_is_as_old_as_when_its_sender_wrote_it() -> None:
    world, taken = MemoryWorld(TOPICS), []

    async def handle(work: Work, batch: Sequence[Taken]) -> None:
        taken.extend(batch)

    astray = (home("ann", PARTITIONS) + 1) % PARTITIONS
    world.cluster.now = lambda: 1_000
    await world.write(COMMANDS.name, None, command("ann"), partition=astray)
    world.cluster.now = lambda: 100_000_000
    instance = await world.start(Service("ledger", (Input(COMMANDS, handle),), (EVENTS,)))

    async def handled() -> bool:
        return bool(taken)

    await until(handled)
    await instance.stop()
    assert [timestamp for _, timestamp in taken] == [1_000]


async def test_what_a_zombie_has_left_behind_is_published_although_nothing_more_comes() -> None:
    world, service = MemoryWorld(TOPICS), ledger()
    broker, store = MemoryBroker(world.cluster, service.name), MemoryStore(world.database, service.name)
    parts = Parts(service, broker, store, SystemClock(), Metrics(), never, 0.01, look_again=0.01)
    instance, lot = Instance(Road(parts)), Lot(COMMANDS.name, home("ann", PARTITIONS))
    await ask(world, "ann", 1)
    await events(world, 1)
    fence = await store.take_over(lot, 0)
    left = Outgoing(EVENTS.name, lot.partition, b"ann", command("ann", id="left"), ())
    async with store.transaction() as transaction:
        await transaction.advance(fence, fence.advanced(fence.next, fence.last, (left,), fence.seen))
    await events(world, 2)
    await instance.stop()


async def test_a_defect_of_a_handler_costs_one_record(world: World) -> None:
    instance = await world.start(ledger())
    asked = await ask(world, "ann", 10)
    await world.write(COMMANDS.name, "ann", command("ann", type="account.break"))
    asked += await ask(world, "ann", 10, prefix="more-")
    records, letters = await events(world, 20), await dead(world, 1)
    await instance.stop()
    answered_once(records, asked)
    assert [dict(letter.headers)["nb-code"] for letter in letters] == [b"internal_error"]


async def test_a_record_of_ours_that_comes_again_is_dropped_for_ever(world: World) -> None:
    instance = await world.start(ledger())
    ours = (("nb-writer", b"other/topic/0"), ("nb-seq", b"7.3"))
    for n in range(3):
        await world.write(COMMANDS.name, "ann", command("ann", id=f"ann-{n}"), ours)
    await world.write(COMMANDS.name, "ann", command("ann", id="late"), (*ours[:1], ("nb-seq", b"7.4")))
    records = await events(world, 2)
    await instance.stop()
    answered_once(records, ["ann-0", "late"])


async def test_an_event_in_binary_mode_is_read_like_any_other(world: World) -> None:
    instance = await world.start(ledger())
    headers = {"specversion": "1.0", "id": "b-1", "source": "/test", "type": "account.add", "subject": "ann"}
    pairs = tuple((f"ce_{name}", value.encode()) for name, value in headers.items())
    await world.write(COMMANDS.name, "ann", b'{"amount": 1}', (*pairs, ("content-type", b"application/json")))
    records = await events(world, 1)
    await instance.stop()
    answered_once(records, ["b-1"])


async def test_what_a_crash_leaves_behind_is_finished_by_the_next_owner(world: World) -> None:
    asked: list[str] = []
    for life in range(6):
        instance = await world.start(ledger())
        for name in "abcdefgh":
            asked += await ask(world, name, 20, prefix=f"{life}-")
        await events(world, len(asked) - random.randrange(160))
        await instance.crash()
    instance = await world.start(ledger())
    records = await events(world, len(asked))
    await instance.stop()
    answered_once(records, asked)


async def test_instances_come_and_go_and_nothing_is_lost_or_answered_twice(world: World) -> None:
    first = await world.start(ledger())
    asked: list[str] = []

    async def load() -> None:
        for round in range(20):
            for name in "abcdefgh":
                asked.extend(await ask(world, name, 5, prefix=f"{round}-"))

    loading = asyncio.create_task(load())
    second = await world.start(ledger())
    await events(world, 100)
    await first.stop()
    third = await world.start(ledger())
    await loading
    records = await events(world, 800)
    await asyncio.gather(second.stop(), third.stop())
    answered_once(records, asked)


async def test_a_stop_drains_so_that_the_next_owner_publishes_nothing_again(world: World) -> None:
    for life in range(3):
        instance = await world.start(ledger())
        await ask(world, "ann", 20, prefix=f"{life}-")
        await events(world, 20 * (life + 1))
        await instance.stop()
    assert len(await world.read(EVENTS.name)) == 60
