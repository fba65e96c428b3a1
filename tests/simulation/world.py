"""The system: two instances of each service over one cluster and one database, each a process of its own."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from importlib import import_module
from random import Random
from typing import Any, get_type_hints

from contracts.topics import EVERY_TOPIC
from services.chassis.errors import Refusal
from services.chassis.memory import MemoryBroker, MemoryCluster, MemoryDatabase, MemoryStore
from services.chassis.metrics import Metrics
from services.chassis.parts import Parts
from services.chassis.records import Record
from services.chassis.road import Road
from services.chassis.service import Service
from tests.simulation.loop import CURRENT, WORLD, Process, SimulatedLoop
from tests.simulation.post import Post
from tests.simulation.trace import Fault, Trace
from tests.simulation.wires import BrokerLine, DatabaseLine, Weather

START = datetime(2026, 1, 1, tzinfo=UTC)
REAL_START = 1_767_225_600_000  # Unix milliseconds: the brokers' real time when a run begins
RATE = 60  # trade seconds in a real one, leaps aside
PARTITIONS = 2
INSTANCES = 2
SERVICES = ("inventory", "provisioning", "lifecycle-timer", "notification", "gateway")
SESSION = 6.0  # seconds until a silent instance loses its lanes
TICK = 0.5
RESTARTS = 2.0  # seconds until a process that has ended by itself is started again
EXPELS = 1.0  # seconds between the coordinator's looks
NO_DATABASE = "the database does not take writes"  # at the start: whoever has started it starts it again
ENVIRON = {
    "KAFKA_BOOTSTRAP_SERVERS": "none:1", "MONGODB_URL": "mongodb://none", "SMTP_URL": "smtp://none:25",
    "NUMBERBANK_SUPPORT_EMAIL": "support@bank.example", "NUMBERBANK_MAIL_FROM": "bank@bank.example",
}  # fmt: skip


class TradeClock:
    """The clock of one instance: what the world has lived through, and how far this one is off."""

    def __init__(self, world: "World") -> None:
        self._world, self.skew = world, timedelta()

    def now(self) -> datetime:
        """Give aware UTC in whole milliseconds."""
        return self._world.trade_time() + self.skew

    def passing_in(self, seconds: float) -> timedelta:
        """Give what passes for sure; now and then much more goes by at once."""
        return timedelta(seconds=seconds * RATE)


class World:
    """All there is. `passed`: trade time that went by at once; `born`: trade time when each record was written."""

    def __init__(self, loop: SimulatedLoop, dice: Random, weather: Weather, trace: Trace, moody: float) -> None:
        self.loop, self.dice, self.weather, self.trace = loop, dice, weather, trace
        self.passed, self.real_passed = timedelta(), 0
        self.faults: list[Fault] = []
        self.born: dict[tuple[str, int, int], datetime] = {}
        self.order: list[Record] = []
        self.states: dict[str, dict[str, Any]] = {}
        topics = [topic.name for topic in EVERY_TOPIC]
        self.cluster = MemoryCluster(topics, PARTITIONS, self.real_time, SESSION, self._appended)
        self.database = MemoryDatabase(self.real_time)
        self.post = Post(weather, dice, trace, moody)
        self.instances = [Instance(self, name, n) for name in SERVICES for n in range(1, INSTANCES + 1)]

    def trade_time(self) -> datetime:
        """Give the time of the trade, in whole milliseconds."""
        return START + self.passed + timedelta(milliseconds=int(self.loop.time() * RATE * 1000))

    def real_time(self) -> int:
        """Give the servers' Unix milliseconds."""
        return REAL_START + self.real_passed + int(self.loop.time() * 1000)

    def pass_(self, period: timedelta) -> None:
        """Let time go by at once."""
        self.passed += period
        self.trace.say("world", f"{period} goes by; it is {self.trade_time():%Y-%m-%d %H:%M:%S}")

    def found(self, check: str, subject: str, message: str) -> None:
        """Note that something is not as it should be."""
        self.faults.append(Fault(check, subject, message))
        self.trace.say("!!!", str(self.faults[-1]))

    def end(self) -> None:
        """Let nothing run any more."""
        for instance in self.instances:
            if instance.alive:
                self.loop.kill(instance.process)
        self.loop.bury()

    async def watch_groups(self) -> None:
        """Expel the members that fall silent, as the coordinator does while it is not away itself."""
        while True:
            await asyncio.sleep(EXPELS)
            for name, group in self.cluster.groups.items():
                if "broker" in self.weather.away:
                    group.pardon()
                elif group.expel_silent():
                    self.trace.say("broker", f"a member of {name} has fallen silent; its lanes go to another")

    def _appended(self, record: Record) -> None:
        self.born[record[:3]] = self.trade_time()
        self.order.append(record)
        self.trace.say(CURRENT.get().name, f"writes {described(record)}")
        if record.topic == "inventory.events":
            event = json.loads(record.value or b"")
            if event["type"] != "command.rejected":
                self.states[event["subject"]] = event["data"]


class Instance:
    """One instance of a service, through all its lives."""

    def __init__(self, world: World, service: str, number: int) -> None:
        self.world, self.service, self.name = world, service, f"{service}-{number}"
        self.clock = TradeClock(world)
        self.process = Process(self.name)
        self.process.dead = True
        self.road: Road | None = None
        self._stop = asyncio.Event()
        self._lives = 0

    @property
    def stopping(self) -> bool:
        """Whether it was asked to stop, and has not done so yet."""
        return self.alive and self._stop.is_set()

    @property
    def alive(self) -> bool:
        """Whether it runs, frozen or not."""
        return not self.process.dead

    def start(self) -> None:
        """Begin a life."""
        self._lives += 1
        self.process = Process(f"{self.name}.{self._lives}")
        self._stop = asyncio.Event()
        self.world.trace.say(self.process.name, "starts")
        self.task = self.world.loop.create_task(self._live(), context=self.process.context())

    def revive(self) -> None:
        """Live again, unless it does."""
        if not self.alive:
            self.start()

    async def stop(self) -> None:
        """Be asked to stop, and do."""
        self.ask_to_stop()
        await asyncio.wait([self.task])

    def ask_to_stop(self) -> None:
        """Be told to stop when it suits."""
        self.world.trace.say(self.process.name, "is asked to stop")
        self._stop.set()

    def kill(self) -> None:
        """Be killed; the next life begins some time later."""
        self.world.trace.trouble(self.process.name, "is killed")
        self.world.loop.kill(self.process)

    async def _live(self) -> None:
        world, process = self.world, self.process
        try:
            self.road = self._road()
            await self.road.run(self._stop)
            what = "has stopped"
        except Refusal as refusal:
            what = f"ends: {refusal}"
            if NO_DATABASE not in what:
                world.found("process", self.name, str(refusal))
        except Exception as error:
            if process.dead:  # and is being buried
                return
            what = f"fails: {error!r}"
            world.found("process", self.name, repr(error))
        world.trace.say(process.name, what)
        world.loop.kill(process)
        if not self._stop.is_set():
            world.loop.call_later(RESTARTS, self.revive, context=WORLD.context())

    def _road(self) -> Road:
        world = self.world
        service = composed(self.service, self.clock, world.post)
        broker = MemoryBroker(world.cluster, self.service, BrokerLine(world.weather, world.dice, world.trace))
        store = MemoryStore(world.database, self.service, DatabaseLine(world.weather, world.dice, world.trace))
        name = self.process.name
        parts = Parts(
            service, broker, store, self.clock, Metrics(), lambda step: world.trace.say(name, step), 1.0, TICK
        )
        return Road(parts)


def composed(name: str, clock: TradeClock, post: Post) -> Service:
    """Compose a service as its process does, with another clock and another mail server."""
    build = import_module(f"services.{name.replace('-', '_')}.app").service
    kind = get_type_hints(build)["settings"]
    settings = type("Simulated", (kind,), {"clock": lambda _: clock}).load(ENVIRON)
    return build(settings, post) if name == "notification" else build(settings)  # type: ignore[no-any-return]


def described(record: Record) -> str:
    """Give a record as one line."""
    place = f"{record.topic}/{record.partition}/{record.offset}"
    try:
        event = json.loads(record.value or b"")
        told = event["data"].get("code") or event["data"].get("version") or ""
        seq = (record.header("nb-seq") or b"").decode()
        return f"{place} {event['type']} {event['subject']} {told} id {event['id'][:13]} {seq}".rstrip()
    except (ValueError, TypeError, KeyError, AttributeError):
        return f"{place} garbage"
