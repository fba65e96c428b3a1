"""What befalls the system: the seed chooses which kinds of trouble there are, how often, and when."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from random import Random

from tests.simulation.loop import WORLD
from tests.simulation.wires import Weather
from tests.simulation.world import Instance, World

STEPS = 400  # callbacks within which a kill or a freeze strikes: any of them
DOWN = (0.05, 8.0)  # seconds until a killed instance lives again
LONG_DOWN = (10.0, 40.0)
MOST_DAYS = 5  # in a run: a record may be forwarded a week late and still be known for a repeat
A_DAY = 25 * 3600 * 1000  # milliseconds: longer than ids of commands are remembered
FREEZE = (0.5, 14.0)  # seconds: some longer than a session
AWAY = (0.2, 12.0)  # seconds of a server's absence


def weather_of(dice: Random) -> Weather:
    """Draw how bad it is; some seeds are calm in one way or another, so that each trouble is met alone too."""

    def some(most: float) -> float:
        return dice.choice((0.0, most / 4, most))

    delay = dice.choice((0.0005, 0.004, 0.02))
    return Weather(delay, some(0.02), some(0.01), some(0.06), some(0.04), {})


class Trouble:
    """Strikes at random until it is told to end, and leaves everything running then."""

    def __init__(self, world: World) -> None:
        self._world, self._dice = world, world.dice
        kinds: list[Callable[[], None]] = [
            self._kill, self._kill, self._freeze, self._freeze, self._black_out, self._rebalance,
            self._lose_database, self._lose_broker, self._skew, self._stop,
        ]  # fmt: skip
        self._kinds = [kind for kind in kinds if self._dice.random() < 0.6] or [self._kill]
        self._pause = self._dice.choice((1.0, 3.0, 8.0))
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Strike now and then."""
        while True:
            await asyncio.sleep(self._dice.expovariate(1 / self._pause))
            self._dice.choice(self._kinds)()

    async def end(self) -> None:
        """Let all that is away come back, and all instances run, with their clocks right."""
        self._world.trace.say("world", "the trouble ends")
        self._world.weather.clear()
        self._world.post.moody = 0.0
        for task in list(self._tasks):
            task.cancel()
        for instance in self._world.instances:
            instance.process.steps_left = -1
            instance.clock.skew = timedelta()
            self._world.loop.thaw(instance.process)
        for instance in self._world.instances:
            if instance.stopping:
                await asyncio.wait([instance.task])
            instance.revive()

    def _soon(self, seconds: float, action: Callable[[], None]) -> None:
        async def act() -> None:
            await asyncio.sleep(seconds)
            action()

        task = asyncio.create_task(act())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _victim(self) -> Instance:
        return self._dice.choice(self._world.instances)

    def _kill(self) -> None:
        self._doom(self._victim(), self._dice.uniform(*(LONG_DOWN if self._dice.random() < 0.15 else DOWN)))

    def _black_out(self) -> None:
        """Kill all instances of a service, for long."""
        service, down = self._victim().service, self._dice.uniform(*LONG_DOWN)
        for victim in [each for each in self._world.instances if each.service == service]:
            self._doom(victim, down)

    def _doom(self, victim: Instance, down: float) -> None:
        process = victim.process

        def strike() -> None:
            if victim.process is process and victim.alive:
                victim.kill()

        process.doom(self._dice.randrange(STEPS), strike)
        self._soon(down, lambda: self._revive(victim))
        if self._dice.random() < 0.2:
            self._soon(down / 2, self._pass_a_day)

    def _pass_a_day(self) -> None:
        if self._world.real_passed >= MOST_DAYS * A_DAY:
            return
        self._world.trace.trouble("world", "a day goes by, in real time")
        self._world.real_passed += A_DAY

    def _revive(self, victim: Instance) -> None:
        if victim.stopping:
            self._soon(1.0, lambda: self._revive(victim))
        else:
            victim.revive()

    def _freeze(self) -> None:
        victim = self._victim()
        process, seconds = victim.process, self._dice.uniform(*FREEZE)
        world = self._world

        def thaw() -> None:
            if process.frozen:
                world.trace.trouble(process.name, "is woken")
                world.loop.thaw(process)

        def strike() -> None:
            world.trace.trouble(process.name, f"is frozen for {seconds:.1f} s")
            world.loop.freeze(process)
            world.loop.call_later(seconds, thaw, context=WORLD.context())

        process.doom(self._dice.randrange(STEPS), strike)

    def _rebalance(self) -> None:
        name = self._dice.choice(sorted(self._world.cluster.groups))
        members = [instance for instance in self._world.instances if instance.service == name]
        self._dice.shuffle(members)
        brokers = [member.road.parts.broker for member in members if member.road is not None]
        self._world.trace.trouble("broker", f"rebalances {name}")
        self._world.cluster.groups[name].rebalance(brokers)  # type: ignore[arg-type]

    def _lose_database(self) -> None:
        self._lose("database")

    def _lose_broker(self) -> None:
        self._lose("broker")

    def _lose(self, server: str) -> None:
        if server in self._world.weather.away:
            return
        seconds = self._dice.uniform(*AWAY)
        self._world.trace.trouble(server, f"goes away for {seconds:.1f} s")
        self._world.weather.away[server] = self._world.loop.time() + seconds
        self._soon(seconds, lambda: self._return(server))

    def _return(self, server: str) -> None:
        self._world.weather.away.pop(server, None)
        self._world.trace.trouble(server, "is back")

    def _skew(self) -> None:
        victim = self._victim()
        victim.clock.skew = timedelta(seconds=round(self._dice.uniform(-120, 120)))
        self._world.trace.trouble(victim.process.name, f"has a clock that is off by {victim.clock.skew}")

    def _stop(self) -> None:
        victim = self._victim()
        if victim.alive and not victim.process.frozen:
            self._world.trace.trouble(victim.process.name, "is asked to stop")
            victim.ask_to_stop()
            self._soon(self._dice.uniform(7.0, 10.0), lambda: self._revive(victim))
