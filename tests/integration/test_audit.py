"""A bank of real services examined by `numberbank audit`: at rest, at work, and after each kind of damage."""

import asyncio
import json
import os
import signal
import sys
from typing import Any, NamedTuple

from services.chassis.partitions import home
from services.gateway.domain import change_id
from tests.integration.bank import PARTITIONS, Bank, envelope
from tests.road.worlds import until

ACME = {"org": "acme", "kind": "customer"}
NUMBERS = [f"+65315{n:05}" for n in range(12)]
A, B, C, D = NUMBERS[:4]
SERVICES = ("inventory", "provisioning", "lifecycle-timer", "notification", "gateway")


class Ran(NamedTuple):
    """What a command has left."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def summary(self) -> dict[str, Any]:
        return self.lines[-1]["summary"]

    @property
    def rules(self) -> dict[str, int]:
        return self.summary["rules"]

    def only(self, rule: str, number: str) -> dict[str, Any]:
        """Give the one finding about a number by a rule."""
        [found] = [each for each in self.lines[:-1] if (each["rule"], each["subject"]) == (rule, number)]
        return found


async def numberbank(bank: Bank, *arguments: str) -> Ran:
    pipe = asyncio.subprocess.PIPE
    command = [sys.executable, "-m", "services.ops", *arguments]
    process = await asyncio.create_subprocess_exec(*command, stdout=pipe, stderr=pipe, env={**os.environ, **bank.env})
    async with asyncio.timeout(120):
        out, err = await process.communicate()
    assert "Traceback" not in err.decode(), err.decode()
    return Ran(process.returncode or 0, out.decode(), err.decode())


async def bill(bank: Bank, type: str, subscription: str, at: str, **data: Any) -> str:
    value = envelope(f"subscription.{type}", subscription, data, time=at)
    await bank.write("billing.events", subscription, value)
    return str(json.loads(value)["id"])


async def answered(bank: Bank, topic: str, ids: set[str]) -> None:
    async def all_there() -> bool:
        return ids <= {json.loads(record.value).get("causationid") for record in await bank.read(topic)}

    await until(all_there, 90)


async def work(bank: Bank) -> None:
    """Let a bank live: numbers lent, given back, refused, forwarded, repeated, and some that nobody can read."""
    await bank.ask_many(NUMBERS, rounds=4)
    await bank.all_answered()
    at = "2026-01-05T00:00:00Z"
    did = {"account": ACME, "product": "did"}
    facts = {
        await bill(bank, "activated", "S-1", at, numbers=[A, B], **did),
        await bill(bank, "expired", "S-1", "2026-02-05T00:00:00Z"),
        await bill(bank, "reactivated", "S-1", "2026-02-06T00:00:00Z"),
        await bill(bank, "renewed", "S-9", at),
    }
    await answered(bank, "provisioning.events", facts)
    await bank.ask("number.lock", C, remark="r", until="2026-01-01T00:00:00Z")
    await bank.ask("number.release", D, remark="not held"), await bank.ask("number.release", D, remark="again")
    await bank.ask("number.restore", NUMBERS[6], version=5, remark="it is still held")
    command = envelope("number.update", D, {"routing": "t"}, id="twice")
    await bank.write("inventory.commands", D, command)
    await bank.write("inventory.commands", D, command)
    astray = envelope("number.update", D, {"routing": "u"}, id="astray")
    await bank.write("inventory.commands", D, astray, partition=(home(D, PARTITIONS) + 1) % PARTITIONS)
    bank.asked += ["twice", "astray"]
    await bank.write("inventory.commands", D, b"not json")
    await bank.write("inventory.commands", D, envelope("number.update", D, {"golden": "maybe"}))
    await bank.all_answered()


async def test_a_bank_that_worked_is_clean_also_while_it_works(bank: Bank):
    process = await bank.run(*SERVICES).until_ready()
    await work(bank)

    async def told() -> bool:
        return any(json.loads(each.value)["type"] == "hold.expired" for each in await bank.read("lifecycle.events"))

    await until(told, 60)
    rested = await numberbank(bank, "audit", "--json")
    assert rested.summary["ok"], rested.out
    assert rested.code == 0
    assert len(rested.lines) == 1
    assert rested.summary["numbers"] == len(NUMBERS)
    assert rested.summary["questions"] >= rested.summary["answered"] > 50
    assert rested.summary["dead_letters"] == 2
    assert rested.summary["notices"] >= 2
    events = [json.loads(each.value) for each in await bank.read("inventory.events")]
    [restored] = [each for each in events if each["type"] == "number.restored"]
    assert (restored["subject"], restored["data"]["hold"]["placed"]) == (NUMBERS[6], 4)

    loading = asyncio.create_task(bank.ask_many([f"+65316{n:05}" for n in range(1000)], rounds=20))
    for _ in range(3):
        ran = await numberbank(bank, "audit", "--json")
        assert (ran.code, ran.summary["findings"]) == (0, 0), ran.out
    await loading
    await bank.all_answered()
    lag = await numberbank(bank, "lag", "--json")
    assert lag.code == 0
    process.kill()
    stopped = await numberbank(bank, "audit", "--json")
    assert (stopped.code, stopped.summary["findings"]) == (0, 0), stopped.out
    await bank.ask("number.update", A, routing="x")
    asked = await numberbank(bank, "audit", "--json")
    assert (asked.code, asked.summary["pending"]) == (0, 1), asked.out
    people = await numberbank(bank, "audit")
    assert "all is well" in people.out
    assert "records" in people.err


class Vandal:
    """Somebody who writes where only services may, while they are stopped."""

    def __init__(self, bank: Bank, events: dict[str, dict[str, Any]]) -> None:
        self.bank, self.events = bank, events
        self.numbers = bank.mongo.get_default_database("numberbank")["inventory.numbers"]

    @classmethod
    async def at(cls, bank: Bank) -> "Vandal":
        events = [json.loads(record.value) for record in await bank.read("inventory.events")]
        return cls(bank, {each["subject"]: each for each in events if each["type"] != "command.rejected"})

    async def forges(self, type: str, number: str, cause: str | None = None, version: int = 1, **data: Any) -> None:
        """Write an event that goes on from the last one of a number by so many versions."""
        last = self.events[number]
        told = {**last["data"], "version": last["data"]["version"] + version, "previous": last["data"]["state"], **data}
        value = envelope(type, number, told, source="/inventory", causationid=cause or await self.bids(number))
        await self.bank.write("inventory.events", number, value)

    async def bids(self, number: str) -> str:
        """Write a command that nobody will take."""
        return await self.bank.ask("number.update", number, routing="t")

    async def moves_the_fence(self, service: str, topic: str, subject: str, by: int) -> None:
        fences = self.bank.mongo.get_default_database("numberbank")[f"{service}.fences"]
        lane = f"{service}/{topic}/{home(subject, PARTITIONS)}"
        assert (await fences.update_one({"_id": lane}, {"$inc": {"next": by}})).matched_count == 1


async def test_each_kind_of_damage_is_found_with_its_evidence(bank: Bank):
    process = await bank.run(*SERVICES).until_ready()
    await work(bank)
    ids = {await bill(bank, "activated", f"S-{n}", "2026-01-05T00:00:00Z", account=ACME, product="did", numbers=[n])
           for n in NUMBERS[8:10]}  # fmt: skip
    await answered(bank, "provisioning.events", ids)

    async def noted() -> bool:
        rows = (await numberbank(bank, "lag", "--json", "--partitions")).lines
        ours = [each for each in rows if each["service"] in SERVICES]
        return all(each["left"] == 0 and each["committed"] in (None, each["next"]) for each in ours)

    await until(noted, 60)
    process.kill()
    before = await numberbank(bank, "audit", "--json")
    assert before.summary["ok"], before.out
    vandal = await Vandal.at(bank)
    expected: set[tuple[str, str]] = set()

    answer = vandal.events[NUMBERS[4]]
    await vandal.forges("number.updated", NUMBERS[4], cause=answer["causationid"], routing="r")
    expected |= {("answered once", NUMBERS[4]), ("state as told", NUMBERS[4])}
    await vandal.forges("number.updated", NUMBERS[5], version=3)
    expected |= {("versions contiguous", NUMBERS[5]), ("state as told", NUMBERS[5])}
    await vandal.forges("number.unlocked", NUMBERS[6])
    expected |= {("transition legal", NUMBERS[6]), ("state as told", NUMBERS[6])}
    await vandal.forges("number.restored", D)
    expected |= {("restored as it was", D), ("transition legal", D), ("state as told", D)}
    await vandal.forges("number.updated", NUMBERS[7], version=0, routing="other")
    expected |= {("versions contiguous", NUMBERS[7])}
    await vandal.forges("number.updated", NUMBERS[8], subscription="S-2")
    expected |= {("lent to one", NUMBERS[8]), ("state as told", NUMBERS[8])}
    await vandal.forges("number.updated", NUMBERS[9], cause="nobody")
    expected |= {("answered once", NUMBERS[9]), ("state as told", NUMBERS[9])}
    await vandal.numbers.update_one({"_id": NUMBERS[10]}, {"$set": {"sku": "other"}})
    await vandal.numbers.delete_one({"_id": NUMBERS[11]})
    await vandal.numbers.update_one({"_id": A}, {"$inc": {"version": 1}})
    stranger = "+6531999999"
    await vandal.numbers.insert_one({"_id": stranger, "version": 1})
    expected |= {("state as told", number) for number in (NUMBERS[10], NUMBERS[11], A, stranger)}
    views = bank.mongo.get_default_database("numberbank")
    await views["gateway.catalogue"].update_one({"_id": NUMBERS[10]}, {"$set": {"vendor": "other"}})
    await views["gateway.catalogue"].update_one({"_id": NUMBERS[11]}, {"$pop": {"terms": 1}})
    await views["gateway.history"].delete_one({"_id": change_id(A, 2)})
    expected |= {("found as told", number) for number in (NUMBERS[10], NUMBERS[11], A)}
    told = {"number": B, "cause": "manual", "placed": 77, "until": "2026-03-01T00:00:00Z", "days_left": 0,
            "charged": False, "holder": None, "partner": None}  # fmt: skip
    await bank.write("lifecycle.events", B, envelope("hold.expiring", B, told))
    await bank.write("lifecycle.events", B, envelope("hold.expiring", B, told))
    expected |= {("told of holds", B), ("told once", B)}
    [notice, *_] = [json.loads(record.value)["id"] for record in await bank.read("lifecycle.events")]
    for message_id in ("<1@bank>", "<2@bank>"):
        mail = {
            "notices": [notice],
            "recipient": "a@b.example",
            "template": "t",
            "numbers": [C],
            "message_id": message_id,
        }
        await bank.write("notification.events", "acme", envelope("notification.sent", "acme", mail))
    expected |= {("mailed once", "acme")}
    unanswered = await bank.ask("number.update", C, routing="never")
    await bank.write("inventory.commands", C, b"rubbish")
    end = max(record.offset for record in await bank.read("inventory.commands") if record.key == C.encode()) + 1
    fences = bank.mongo.get_default_database("numberbank")["inventory.fences"]
    lane = f"inventory/inventory.commands/{home(C, PARTITIONS)}"
    await fences.update_one({"_id": lane}, {"$set": {"next": end}})
    expected |= {("answered once", C)}
    silent = await bill(bank, "renewed", "S-77", "2026-01-05T00:00:00Z")
    await vandal.moves_the_fence("provisioning", "billing.events", "S-77", 1)
    expected |= {("answered once", "S-77")}
    never = ["inventory.events", home(D, PARTITIONS), D.encode(), b"{}", None]
    lost = f"inventory/inventory.commands/{home(D, PARTITIONS)}"
    await fences.update_one({"_id": lost}, {"$push": {"out": never}})
    expected |= {("published", lost)}

    ran = await numberbank(bank, "audit", "--json")
    assert ran.code == 1
    found = {(each["rule"], each["subject"]) for each in ran.lines[:-1]}
    own_lane = {NUMBERS[n] for n in range(12) if home(NUMBERS[n], PARTITIONS) == home(C, PARTITIONS)}
    assert expected <= found, expected - found
    assert {each for each in found - expected if each[1] not in own_lane} == set()
    unread = [each["message"] for each in ran.lines[:-1] if each["subject"] == C]
    assert any(unanswered in message for message in unread)
    assert any("no dead letter" in message for message in unread)
    assert silent in ran.only("answered once", "S-77")["message"]
    gap = ran.only("versions contiguous", NUMBERS[5])
    assert [each["topic"] for each in gap["evidence"]] == ["inventory.events"] * 2
    assert "sku is 'other'" in ran.only("state as told", NUMBERS[10])["message"]
    assert "vendor is 'other'" in ran.only("found as told", NUMBERS[10])["message"]
    assert "version 2 is not in the history" in ran.only("found as told", A)["message"]
    people = await numberbank(bank, "audit")
    assert people.code == 1
    assert "NOT ALL IS WELL" in people.out
    assert "lent to one" in people.out


async def test_what_is_left_to_do_is_counted_for_each_service_and_partition(bank: Bank):
    process = await bank.run("inventory").until_ready()
    await bank.ask_many(NUMBERS, rounds=1)
    await bank.all_answered()
    await bank.write("inventory.commands", A, b"not json")

    async def noted() -> bool:
        ran = await numberbank(bank, "lag", "--json")
        rows = {(each["service"], each["topic"]): each for each in ran.lines}
        own = rows["inventory", "inventory.commands"]
        return own["left"] == 0 and own["committed"] == own["next"] == own["end"] and own["dead_letters"] == 1

    await until(noted, 30)
    process.kill()
    await bank.ask("number.update", B, routing="t")
    ran = await numberbank(bank, "lag", "--json", "--partitions")
    left = {(each["service"], each["topic"], each["partition"]): each["left"] for each in ran.lines}
    assert left["inventory", "inventory.commands", home(B, PARTITIONS)] == 1
    assert sum(left[each] for each in left if each[:2] == ("inventory", "inventory.commands")) == 1
    assert sum(left[each] for each in left if each[:2] == ("provisioning", "inventory.events")) == 2 * len(NUMBERS)
    people = await numberbank(bank, "lag")
    assert "dead letters" in people.out


async def test_how_many_instances_work_is_shown_and_that_nobody_does(bank: Bank):
    async def instances() -> dict[str, int]:
        return {each["service"]: each["instances"] for each in (await numberbank(bank, "lag", "--json")).lines}

    first, second = bank.run("inventory"), bank.run("inventory", "provisioning")
    await asyncio.gather(first.until_ready(), second.until_ready())
    nobody_else = dict.fromkeys(("lifecycle-timer", "notification", "gateway"), 0)
    assert await instances() == {"inventory": 2, "provisioning": 1, **nobody_else}
    first.kill()
    await second.stop()

    async def nobody() -> bool:
        return (await instances())["inventory"] == 0

    await until(nobody, 30)  # when the session of the one that was killed is over


async def test_lag_and_timers_are_shown_again_until_interrupted(bank: Bank):
    async def watched(command: str) -> tuple[int, list[str]]:
        arguments = (sys.executable, "-m", "services.ops", command, "--watch", "0.2", "--json")
        env, pipe = {**os.environ, **bank.env}, asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(*arguments, stdout=pipe, env=env)
        assert process.stdout is not None
        async with asyncio.timeout(60):  # more lines than one round has
            lines = [await process.stdout.readline() for _ in range({"lag": 20, "timers": 2}[command])]
        process.send_signal(signal.SIGINT)
        await process.stdout.read()
        return await process.wait(), [line.decode() for line in lines]

    for command in ("lag", "timers"):
        code, lines = await watched(command)
        assert code == 130
        assert all(json.loads(line) for line in lines)


async def test_timers_are_counted_by_cause_and_by_the_clock_that_is_set(bank: Bank):
    await bank.run("inventory", "lifecycle-timer").until_ready()
    await bank.ask_many(NUMBERS[:3], rounds=1)
    await bank.ask("number.add", D, vendor="v", country="SG", sku="s")
    await bank.ask("number.lock", D, remark="r", until="2031-01-01T00:00:00Z")
    timers = bank.mongo.get_default_database("numberbank")["lifecycle-timer.timers"]

    async def there() -> bool:
        return await timers.count_documents({}) == 4

    await until(there, 60)
    ran = await numberbank(bank, "timers", "--json", "--next", "2")
    causes = {each["cause"]: each for each in ran.lines[:2]}
    assert causes["manual"] == {"cause": "manual", "overdue": 0, "within_24h": 0, "within_7d": 0, "later": 3}
    assert causes["locked"]["later"] == 1
    assert [each["does"] for each in ran.lines[2:-1]] == ["announce", "announce"]
    assert ran.summary["oldest_overdue"] is None
    bank.env |= {"NUMBERBANK_CLOCK": "2030-12-31T12:00:00Z@0", "NUMBERBANK_CLOCK_SINCE": "0"}
    later = (await numberbank(bank, "timers", "--json")).summary
    assert (later["now"], later["overdue"], later["within_24h"]) == ("2030-12-31T12:00:00Z", 3, 1)
    assert later["oldest_overdue"]["number"] in NUMBERS[:3]
    people = await numberbank(bank, "timers")
    assert "manual" in people.out


async def test_without_a_database_it_says_so(bank: Bank):
    bank.env |= {"MONGODB_URL": "mongodb://127.0.0.1:1"}
    ran = await numberbank(bank, "audit", "--json")
    assert (ran.code, ran.out) == (4, "")
    assert "MONGODB_URL" in ran.err
    bank.env |= {"MONGODB_URL": ""}
    assert (await numberbank(bank, "lag")).code == 2
