"""What each kind of fault does, and to whom. Each is over when its coroutine returns."""

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

from services.chassis.stops import STEPS
from tests.chaos.proxy import Link, Proxy
from tests.chaos.pulse import MAIL, SERVICES
from tests.chaos.servers import Servers
from tests.chaos.supervisor import Place, Supervisor

SESSION = 2.0  # seconds: the session timeout of the instances
ACTING = ("lifecycle-timer", "notification")  # services whose lanes have timers
STOPPED_BY = 30.0  # seconds in which an instance has to reach the step where it is killed


class Struck(NamedTuple):
    """A fault that was inflicted at a real Unix time, over at `until`; whose probes show the recovery."""

    kind: str
    target: str
    at: float
    until: float
    channels: tuple[str, ...]


@dataclass
class Field:
    """What faults are inflicted on."""

    servers: Servers
    supervisor: Supervisor
    random: Random
    jump: Callable[[float], dict[str, str]]  # settings for a clock that many days off
    _busy: dict[str, asyncio.Lock] = field(default_factory=dict)

    async def place(self, services: Collection[str] = SERVICES) -> Place:
        """Wait for an instance that no other fault is at work on, and take it."""
        while (place := self.supervisor.take(services, self.random)) is None:
            await asyncio.sleep(0.05)
        return place

    def alone(self, server: str) -> asyncio.Lock:
        """Let one fault at a time work on a server."""
        return self._busy.setdefault(server, asyncio.Lock())

    def some(self, low: float, high: float) -> float:
        """Give a number between two."""
        return self.random.uniform(low, high)


Inflict = Callable[[Field], Awaitable[tuple[str, float, tuple[str, ...]]]]


async def service_killed(to: Field) -> tuple[str, float, tuple[str, ...]]:
    """kill -9; the supervisor starts it again."""
    place = await to.place()
    at = time.time()
    _end(place)
    return place.name, at, (place.service,)


async def service_killed_at_a_step(to: Field) -> tuple[str, float, tuple[str, ...]]:
    """Let a life end at a step of the road, as kill -9 would end it there."""
    place = await to.place()
    steps = [step for step in STEPS if step != "acted" or place.service in ACTING]
    step = f"{to.random.choice(steps)}:{to.random.randint(1, 4)}"
    to.supervisor.again(place, NUMBERBANK_STOP_AT=step)
    deadline = time.time() + STOPPED_BY
    while place.running.process.poll() is None and time.time() < deadline:
        await asyncio.sleep(0.05)
    at = time.time()
    _end(place)
    return f"{place.name} {step}", at, (place.service,)


def _end(place: Place) -> None:
    place.expected = True
    place.running.kill()
    place.busy = False


async def service_paused(to: Field) -> tuple[str, float, tuple[str, ...]]:
    """Freeze it for longer than its session: it wakes as a zombie."""
    place = await to.place()
    at = time.time()
    try:
        place.running.signal(signal.SIGSTOP)
        await asyncio.sleep(to.some(1.5, 3) * SESSION)
        place.running.signal(signal.SIGCONT)
    finally:
        place.busy = False
    return place.name, at, (place.service,)


async def service_joins_and_leaves(to: Field) -> tuple[str, float, tuple[str, ...]]:
    """Add an instance and stop it in good order a little later: two rebalances."""
    place = to.supervisor.add(to.random.choice(SERVICES))
    place.busy = True
    await asyncio.sleep(to.some(4, 10))
    at = time.time()
    await to.supervisor.retire(place)
    return place.name, at, (place.service,)


async def clock_jumps(to: Field) -> tuple[str, float, tuple[str, ...]]:
    """Start an instance again with a clock that is far ahead, or a little behind."""
    place = await to.place()
    days = to.random.choice((30.0, 365.0, -0.05, -2.0))
    at = time.time()
    to.supervisor.again(place, **to.jump(days))
    place.busy = False
    return f"{place.name} {days:+g} d", at, (place.service,)


def _proxy(to: Field) -> tuple[str, Proxy]:
    name = to.random.choice(("kafka", "kafka", "mongo", "mongo", "mail"))
    return name, to.servers.proxies[name]


def _users(server: str) -> tuple[str, ...]:
    return (MAIL,) if server == "mail" else SERVICES


def _struck_links(blow: Callable[[Link], None]) -> Inflict:
    async def strike(to: Field) -> tuple[str, float, tuple[str, ...]]:
        while True:
            share = to.random.choice((0.2, 0.5, 1.0))
            name, proxy = _proxy(to)
            at = time.time()
            if many := proxy.strike(blow, lambda: to.random.random() < share):  # noqa: B023 - called at once
                return f"{many} to {name}", at, _users(name)
            await asyncio.sleep(0.05)

    return strike


async def connections_delayed(to: Field) -> tuple[str, float, tuple[str, ...]]:
    """Let every chunk take longer, for some seconds."""
    name, proxy = _proxy(to)
    at = time.time()
    proxy.weather.delay = to.some(0.05, 0.5)
    await asyncio.sleep(to.some(2, 5))
    proxy.weather.delay = 0.0
    return name, at, _users(name)


async def connections_throttled(to: Field) -> tuple[str, float, tuple[str, ...]]:
    """Let only so many bytes pass in a second, for some seconds."""
    name, proxy = _proxy(to)
    at = time.time()
    proxy.weather.rate = to.some(20_000, 100_000)
    await asyncio.sleep(to.some(2, 5))
    proxy.weather.rate = 0.0
    return name, at, _users(name)


def _killed_server(name: str) -> Inflict:
    async def kill(to: Field) -> tuple[str, float, tuple[str, ...]]:
        async with to.alone(name):
            at, part = time.time(), to.servers.part(name)
            part.kill()
            await asyncio.sleep(to.some(0, 2))
            await asyncio.to_thread(part.start)
        return name, at, _users(name)

    return kill


def _paused_server(name: str) -> Inflict:
    async def pause(to: Field) -> tuple[str, float, tuple[str, ...]]:
        async with to.alone(name):
            part = to.servers.part(name)
            await asyncio.to_thread(part.start)  # a database whose disk was full may have given up a little later
            at = time.time()
            part.pause()
            await asyncio.sleep(to.some(1.5, 4) * SESSION)
            part.resume()
        return name, at, _users(name)

    return pause


async def database_disk_full(to: Field) -> tuple[str, float, tuple[str, ...]]:
    """Take the room on the database's disk for some seconds; start it again if it gives up."""
    disk = to.servers.mongo.disk
    assert disk is not None
    async with to.alone("mongo"):
        at = time.time()
        await asyncio.to_thread(disk.fill)
        await asyncio.sleep(to.some(2, 5))
        died = not to.servers.mongo.running
        await asyncio.to_thread(disk.free)
        if not to.servers.mongo.running:
            await asyncio.to_thread(to.servers.mongo.start)
    return f"mongo {'gave up' if died else 'waited'}", at, SERVICES


KINDS: dict[str, Inflict] = {
    "service killed": service_killed,
    "service killed at a step": service_killed_at_a_step,
    "connections reset": _struck_links(Link.cut),
    "connections half open": _struck_links(Link.abandon),
    "connections delayed": connections_delayed,
    "connections throttled": connections_throttled,
    "service paused": service_paused,
    "service joins and leaves": service_joins_and_leaves,
    "clock jumps": clock_jumps,
    "database killed": _killed_server("mongo"),
    "database paused": _paused_server("mongo"),
    "database disk full": database_disk_full,
    "broker killed": _killed_server("kafka"),
    "broker paused": _paused_server("kafka"),
    "mail server killed": _killed_server("mail"),
}


async def inflict(kind: str, to: Field) -> Struck:
    """Inflict a fault, and give what it was."""
    target, at, channels = await KINDS[kind](to)
    return Struck(kind, target, at, time.time(), channels)
