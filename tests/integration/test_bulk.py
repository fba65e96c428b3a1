"""Files of numbers as jobs on real servers: gateways are killed, inventory goes away, people change their minds."""

import asyncio
import csv
import json
import os
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from services.gateway.bulk.chunks import SIZE
from services.gateway.bulk.turns import TOGETHER, WINDOW
from services.ops.cli import outcome_of
from services.ops.faults import Exit
from services.ops.stack import Stack, local_stack
from services.ops.topics import create_topics
from tests.integration.bank import PARTITIONS, Bank, Running
from tests.road.worlds import until

ADDED = ("--data", "vendor=v1", "--data", "country=SG", "--data", "sku=sg-local")


class Ran(NamedTuple):
    """What a command at the command line came to."""

    code: int
    said: list[Any]
    heard: str

    @property
    def job(self) -> dict[str, Any]:
        return self.said[-1]["job"]  # type: ignore[no-any-return]

    @property
    def plan(self) -> dict[str, Any]:
        return self.said[-1]["plan"]  # type: ignore[no-any-return]


class Desk:
    """Inventory and a gateway at work, and somebody at the command line."""

    def __init__(self, bank: Bank, capsys: pytest.CaptureFixture[str]) -> None:
        self.bank, self.capsys, self.folder = bank, capsys, bank.folder

    async def opened(self) -> "Desk":
        self.inventory, self.gateway = self.bank.run("inventory"), self.bank.run("gateway")
        await self.inventory.until_ready()
        await self.gateway.until_ready()
        return self

    async def reopened(self, name: str) -> Running:
        return await self.bank.run(name).until_ready()

    async def __call__(self, *arguments: str) -> Ran:
        self.capsys.readouterr()
        code = await asyncio.to_thread(outcome_of, [*arguments, "--json"])
        out, heard = self.capsys.readouterr()
        return Ran(code, [json.loads(line) for line in out.splitlines()], heard)

    def file(self, name: str, numbers: Sequence[str], head: str = "number") -> str:
        path = self.folder / name
        path.write_text("\n".join((head, *numbers, "")))
        return str(path)

    async def result(self, job: str) -> dict[int, dict[str, str]]:
        path = self.folder / f"{job}.csv"
        assert await asyncio.to_thread(outcome_of, ["jobs", "result", job, "--output", str(path)]) == 0
        with path.open(newline="") as file:
            rows = list(csv.DictReader(file))
        found = {int(row["row"]): row for row in rows}
        assert len(found) == len(rows), "a row came twice"
        return found

    async def until_state(self, job: str, *states: str) -> dict[str, Any]:
        async def is_there() -> bool:
            return (await self("jobs", "show", job)).job["state"] in states

        await until(is_there, 90)
        return (await self("jobs", "show", job)).job

    async def done_once(self, job: str) -> Counter[str]:
        """Count the different answers to the commands of a job, by type; none has two."""
        answers = [each for each in (await self.bank.answers()).values() if each[0]["correlationid"] == job]
        assert all(len(each) == 1 for each in answers), "a row was done twice"
        return Counter(each[0]["type"] for each in answers)


def numbers(prefix: str, many: int) -> list[str]:
    return [f"+65{prefix}{n:0{8 - len(prefix)}}" for n in range(many)]


@pytest.fixture(scope="module")
def servers() -> Iterator[Stack]:
    with local_stack(environ=os.environ) as stack:
        asyncio.run(create_topics(stack.env["KAFKA_BOOTSTRAP_SERVERS"], PARTITIONS))
        yield stack


@pytest.fixture
async def desk(
    servers: Stack, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Desk]:
    for name, value in servers.env.items():
        monkeypatch.setenv(name, value)
    async with Bank(servers, tmp_path) as bank:
        yield await Desk(bank, capsys).opened()


async def test_good_and_bad_rows_come_to_what_was_foreseen_and_each_has_its_result(desk: Desk) -> None:
    good = numbers("3100", 4_700)
    before = await desk("import", desk.file("some.csv", good[:100]), "--verb", "add", *ADDED)
    assert (before.code, before.job["outcomes"]) == (Exit.ACCEPTED, {"accepted": 100})

    bad = [*good[:100], "hello", "6531001234", '"6,53158E+09"', *(f"+65{n}" for n in range(97))]
    mixed = desk.file("mixed.csv", [*good, *bad, *good[-100:]])
    foreseen = await desk("import", mixed, "--verb", "add", *ADDED, "--dry-run")
    assert foreseen.code == Exit.REJECTED
    assert foreseen.plan["outcomes"] == {"accepted": 4_600, "rejected": 100, "refused": 300}
    assert len(await desk.bank.answers()) == 100, "a preview sends nothing"
    ran = await desk("import", mixed, "--verb", "add", *ADDED, "--plan", foreseen.plan["hash"])
    assert (ran.code, ran.job["state"]) == (Exit.REJECTED, "done")
    assert ran.job["outcomes"] == foreseen.plan["outcomes"]
    assert ran.job["codes"] == foreseen.plan["codes"]

    rows = await desk.result(ran.job["job"])
    assert len(rows) == 5_000
    assert Counter(row["outcome"] for row in rows.values()) == ran.job["outcomes"]
    assert (rows[2]["code"], rows[102]["code"]) == ("already_exists", "")
    assert all(row["reason"] for row in rows.values() if row["outcome"] != "accepted")
    assert await desk.done_once(ran.job["job"]) == {"number.added": 4_600, "command.rejected": 100}

    again = await desk("import", mixed, "--verb", "add", *ADDED, "--plan", foreseen.plan["hash"])
    assert (again.code, again.said[-1]["refused"]["code"]) == (Exit.REJECTED, "plan_changed")
    latest = (await desk("jobs", "list", "--limit", "1")).said[0]
    assert (latest["state"], await desk.done_once(latest["job"])) == ("refused", {})


async def test_a_gateway_killed_in_the_middle_and_two_after_it_do_each_row_once(desk: Desk) -> None:
    many = 3 * TOGETHER * SIZE
    file = desk.file("killed.csv", numbers("320", many))
    job = (await desk("import", file, "--verb", "add", *ADDED, "--no-wait")).job["job"]

    async def has_begun() -> bool:
        return (await desk("jobs", "show", job)).job["settled"] > 0

    await until(has_begun, 60)
    desk.gateway.kill()
    assert (await desk("jobs", "show", job)).job["state"] == "running"
    await asyncio.gather(desk.reopened("gateway"), desk.reopened("gateway"))
    assert (await desk("jobs", "show", job, "--wait")).code == Exit.ACCEPTED
    assert await desk.done_once(job) == {"number.added": many}


async def test_a_job_waits_for_inventory_and_is_paused_resumed_and_cancelled(desk: Desk) -> None:
    many, in_flight = (WINDOW + 1) * SIZE, WINDOW * SIZE
    await desk.inventory.stop()
    file = desk.file("paused.csv", numbers("3300", many))
    job = (await desk("import", file, "--verb", "add", *ADDED, "--no-wait")).job["job"]
    assert "inventory" in (await desk.until_state(job, "waiting"))["note"]
    assert (await desk("jobs", "pause", job)).job["state"] == "pausing"
    inventory = await desk.reopened("inventory")
    assert (await desk.until_state(job, "paused"))["settled"] == in_flight
    assert (await desk("jobs", "pause", job)).code == Exit.WRONG_USAGE
    await desk("jobs", "resume", job)
    assert (await desk("jobs", "show", job, "--wait")).job["outcomes"] == {"accepted": many}

    await inventory.stop()
    lock = ("--verb", "lock", "--data", "remark=inquiry", "--no-wait")
    job = (await desk("import", file, *lock)).job["job"]
    await desk.until_state(job, "waiting")
    assert (await desk("jobs", "cancel", job)).job["state"] == "cancelling"
    await desk.reopened("inventory")
    await desk.until_state(job, "cancelled")
    rows = await desk.result(job)
    assert Counter(row["outcome"] for row in rows.values()) == {"accepted": in_flight, "cancelled": SIZE}
    assert await desk.done_once(job) == {"number.locked": in_flight}


async def test_a_job_outlives_kafka_and_the_database(desk: Desk, servers: Stack) -> None:
    assert servers.kafka is not None
    assert servers.mongo is not None
    job = (
        await desk("import", desk.file("away.csv", numbers("3600", 2_500)), "--verb", "add", *ADDED, "--no-wait")
    ).job["job"]
    for server in (servers.kafka, servers.mongo):
        await asyncio.to_thread(server.kill)
        await asyncio.sleep(1)
        await asyncio.to_thread(server.start)
    await until(lambda: answers(desk, job), 60)
    assert (await desk("jobs", "show", job, "--wait")).job["outcomes"] == {"accepted": 2_500}
    assert await desk.done_once(job) == {"number.added": 2_500}


async def answers(desk: Desk, job: str) -> bool:
    return (await desk("jobs", "show", job)).code == Exit.ACCEPTED


async def test_an_export_is_a_file_to_work_with_and_a_slip_is_undone_where_nobody_came_in_between(desk: Desk) -> None:
    chosen = numbers("3400", 300)
    await desk("import", desk.file("new.csv", chosen), "--verb", "add", *ADDED)
    exported = str(desk.folder / "available.csv")
    assert (await desk("export", "--pattern", "+653400", "--format", "csv", "--output", exported)).code == 0
    reserve = ("--verb", "reserve", "--data", "holder.org=acme", "--data", "remark=for the fair")
    assert (await desk("import", exported, *reserve)).code == Exit.ACCEPTED
    slip = (await desk("import", exported, "--verb", "release", "--data", "remark=slip")).job["job"]
    taken = ("number", "reserve", *chosen[:7], "--org", "beta", "--remark", "mine")
    assert (await desk(*taken)).code == Exit.ACCEPTED

    async def is_known() -> bool:
        plan = (await desk("jobs", "undo", slip, "--dry-run")).plan
        return bool(plan["codes"] == {"changed_since": 7} or plan["codes"] == {"invalid_transition": 7})

    await until(is_known, 30)
    undone = await desk("jobs", "undo", slip)
    assert (undone.code, undone.job["outcomes"]) == (Exit.REJECTED, {"accepted": 293, "rejected": 7})
    assert undone.job["undoes"] == slip
    owned = await desk("find", "--owner", "acme", "--pattern", "+653400", "--limit", "1000")
    assert [each["number"] for each in owned.said[:-1]] == chosen[7:]
    assert (await desk("jobs", "undo", undone.job["job"])).code == Exit.WRONG_USAGE


async def test_many_deletes_wait_for_somebody_else(desk: Desk) -> None:
    file = desk.file("old.csv", numbers("3500", 101))
    await desk("import", file, "--verb", "add", *ADDED)
    delete = ("--verb", "delete", "--data", "reason=faulty", "--data", "remark=noise", "--actor", "ann")
    waiting = await desk("import", file, *delete)
    assert (waiting.code, waiting.job["state"]) == (Exit.NO_ANSWER, "awaiting_approval")
    job = waiting.job["job"]
    assert (await desk("jobs", "approve", job, "--actor", "ann")).code == Exit.WRONG_USAGE
    assert (await desk("jobs", "approve", job, "--actor", "bob")).code == Exit.ACCEPTED
    done = await desk("jobs", "show", job, "--wait")
    assert (done.code, done.job["outcomes"], done.job["approved_by"]) == (Exit.ACCEPTED, {"accepted": 101}, "bob")
    gone = desk.file("gone.csv", numbers("3500", 3))
    await desk("import", gone, "--verb", "recover", "--data", "remark=back")
    ported = ("--verb", "delete", "--data", "reason=ported_out", "--data", "remark=left")
    await desk("import", gone, *ported)
    recover = ("--verb", "recover", "--data", "remark=back")
    await until(lambda: needs_force(desk, gone, *recover), 30)
    assert (await desk("import", gone, *recover)).job["outcomes"] == {"refused": 3}
    assert (await desk("import", gone, *recover, "--force")).code == Exit.ACCEPTED
    assert (await desk("import", gone, *ported)).code == Exit.ACCEPTED
    few = await desk("import", desk.file("few.csv", numbers("3500", 100)), "--verb", "delete", *delete[2:])
    assert few.job["codes"] == {"invalid_transition": 100}


async def needs_force(desk: Desk, *arguments: str) -> bool:
    return bool((await desk("import", *arguments, "--dry-run")).plan["codes"] == {"needs_force": 3})


async def test_what_cannot_be_meant_is_said_in_a_sentence(desk: Desk) -> None:
    wrong = await desk("import", desk.file("wrong.csv", ["+6531580001,red"], "number,colour"), "--verb", "release")
    assert (wrong.code, "'colour'" in wrong.heard) == (Exit.WRONG_USAGE, True)
    assert (await desk("import", str(desk.folder / "none.csv"))).code == Exit.WRONG_USAGE
    assert (await desk("import", desk.file("what", []))).code == Exit.WRONG_USAGE
    assert (await desk("jobs", "show", "nobody")).code == Exit.WRONG_USAGE
    assert (await desk("jobs", "result", "nobody")).code == Exit.WRONG_USAGE
