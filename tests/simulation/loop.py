"""An event loop with virtual time, whose processes a seeded scheduler runs by turns, freezes and kills.

Within a process callbacks run in order, as asyncio promises; which process is next is a matter of chance.
"""

import asyncio
import heapq
from asyncio import events
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from contextvars import Context, ContextVar, copy_context
from random import Random
from typing import Any


class Process:
    """Callbacks that are run in order, until it is killed: then none of them ever runs again."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.ready: deque[events.Handle] = deque()
        self.tasks: set[asyncio.Task[Any]] = set()
        self.frozen = self.dead = False
        self.steps_left = -1  # until `befall`
        self.befall: Callable[[], None] = lambda: None

    def context(self) -> Context:
        """Give a context in which everything belongs to this process."""
        context = copy_context()
        context.run(CURRENT.set, self)
        return context

    def doom(self, steps: int, befall: Callable[[], None]) -> None:
        """Let something befall it instead of the callback after so many others."""
        self.steps_left, self.befall = steps, befall


WORLD = Process("world")
CURRENT: ContextVar[Process] = ContextVar("process", default=WORLD)


class Deadlock(Exception):
    """Nobody has anything left to do, or to wait for."""


class SimulatedLoop(asyncio.BaseEventLoop):
    """Runs the callbacks of all processes; time passes when none of them is ready."""

    def __init__(self, dice: Random) -> None:
        super().__init__()
        WORLD.__init__(WORLD.name)  # type: ignore[misc]
        self.steps = 0
        self._chance = dice.random
        self._now = 0.0
        self._timers: list[tuple[float, int, events.TimerHandle, Process]] = []
        self._many = 0
        self._runnable: list[Process] = []
        self._graves: list[Process] = []
        self.set_exception_handler(lambda loop, context: None)

    # -- what asyncio asks of a loop

    def time(self) -> float:
        """Give virtual seconds."""
        return self._now

    def call_soon(self, callback: Any, *args: Any, context: Context | None = None) -> events.Handle:
        """Queue a callback of the process whose context it has."""
        handle = events.Handle(callback, args, self, context)
        self._queue(handle, _owner(context))
        return handle

    def call_later(self, delay: float, callback: Any, *args: Any, context: Context | None = None) -> events.TimerHandle:
        """Queue a callback when so much time has passed."""
        return self.call_at(self._now + delay, callback, *args, context=context)

    def call_at(self, when: float, callback: Any, *args: Any, context: Context | None = None) -> events.TimerHandle:
        """Queue a callback at a time."""
        handle = events.TimerHandle(when, callback, args, self, context)
        process = _owner(context)
        self._many += 1
        heapq.heappush(self._timers, (when, self._many, handle, process))
        return handle

    def create_task(self, coro: Any, **options: Any) -> Any:
        """Make a task that is known to its process."""
        task = super().create_task(coro, **options)
        tasks = _owner(options.get("context")).tasks
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        return task

    def _run_once(self) -> None:
        while not self._runnable:
            self._pass_time()
        process = self._runnable[int(self._chance() * len(self._runnable))]
        if process.steps_left >= 0:
            process.steps_left -= 1
            if process.steps_left < 0:
                process.befall()
                return
        handle = process.ready.popleft()
        if not process.ready:
            self._runnable.remove(process)
        self.steps += 1
        if not handle._cancelled:
            handle._run()

    def _process_events(self, event_list: object) -> None:
        """There are no files to wait for."""

    def _pass_time(self) -> None:
        while self._timers and self._timers[0][2]._cancelled:
            heapq.heappop(self._timers)
        if not self._timers:
            raise Deadlock
        self._now = max(self._now, self._timers[0][0])
        while self._timers and self._timers[0][0] <= self._now:
            _, _, handle, process = heapq.heappop(self._timers)
            if not handle._cancelled:
                self._queue(handle, process)

    def _queue(self, handle: events.Handle, process: Process) -> None:
        if process.dead:
            return
        process.ready.append(handle)
        if len(process.ready) == 1 and not process.frozen:
            self._runnable.append(process)

    # -- what may befall a process

    def freeze(self, process: Process) -> None:
        """Run nothing of it until `thaw`; what it waits for goes on."""
        process.frozen = True
        self._drop(process)

    def thaw(self, process: Process) -> None:
        """Let it go on as if nothing had been."""
        if process.frozen and not process.dead:
            process.frozen = False
            if process.ready:
                self._runnable.append(process)

    def kill(self, process: Process) -> None:
        """Run nothing of it any more: no cleaning up either, so its coroutines are kept out of the collector's way."""
        process.dead = True
        self._drop(process)
        process.ready.clear()
        self._graves.append(process)

    def _drop(self, process: Process) -> None:
        if process in self._runnable:
            self._runnable.remove(process)

    def bury(self) -> None:
        """Unwind what was killed, when there is nothing left that it could touch. To be called from inside."""
        for process in self._graves:
            for task in process.tasks:
                task._log_destroy_pending = False  # type: ignore[attr-defined]
                _unwind(task.get_coro())
            process.tasks.clear()
        self._graves.clear()


def _owner(context: Context | None) -> Process:
    """Give whose callback has this context; an empty one is false, and the world's."""
    return CURRENT.get() if context is None else context.get(CURRENT, WORLD)


def _unwind(coroutine: Any) -> None:
    """Close it, however often it waits for something while it is being closed."""
    for _ in range(100):
        with suppress(Exception):
            coroutine.close()
            return
