"""Messages sent, and their answers waited for.

The answers' topic is listened to from its end on before anything is sent, so that none is missed.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from typing import Any, NamedTuple

from contracts.topics import DEAD_LETTERS, INVENTORY_COMMANDS, INVENTORY_EVENTS, PROVISIONING_EVENTS
from services.chassis.clock import SystemClock
from services.ops.connection import PATIENCE, consumer, kafka_trouble, producer
from services.ops.envelopes import HEADERS, SOURCE, Sending, read_envelope
from services.ops.faults import Exit
from services.ops.reading import bounds, existing, since
from services.ops.settings import ClientSettings

REPEATS_KNOWN_FOR = 24 * 3600  # seconds; an answer to the same id may be that old
REJECTIONS = ("command.rejected", "provisioning.failed")


class Answer(NamedTuple):
    """What came back: the answer's envelope, or why there will be none; with neither nobody has answered."""

    sending: Sending
    envelope: dict[str, Any] | None = None
    dead_letter: str | None = None

    @property
    def settled(self) -> bool:
        """Whether it is known what became of it."""
        return self.envelope is not None or self.dead_letter is not None

    @property
    def rejected(self) -> bool:
        """Whether it was understood and is not allowed."""
        return self.envelope is not None and self.envelope["type"] in REJECTIONS


def exit_of(answers: Sequence[Answer]) -> Exit:
    """Give the exit code of several answers: a missing one says more than a rejected one."""
    if any(answer.envelope is None for answer in answers):
        return Exit.NO_ANSWER
    return Exit.REJECTED if any(answer.rejected for answer in answers) else Exit.ACCEPTED


async def send(settings: ClientSettings, sendings: Sequence[Sending]) -> None:
    """Send, and wait until Kafka has them. Raises `Unusable`."""
    await existing(settings, {sending.topic for sending in sendings})
    async with producer(settings.kafka) as out:
        await _send(out, sendings, settings)


async def ask(
    settings: ClientSettings,
    sendings: Sequence[Sending],
    timeout: float,
    heard: Callable[[Sequence[Answer]], None] = lambda answers: None,
) -> list[Answer]:
    """Send all together and wait at most `timeout` seconds; give what came back, in the order of `sendings`.

    `heard` is told the answers so far, in that order, each time that there are more. Raises `Unusable`.
    """
    answered_in, letters = _where(sendings)
    counts = await existing(settings, {answered_in, *letters, *(sending.topic for sending in sendings)})
    partitions = [(name, part) for name in (answered_in, *letters) for part in range(counts[name])]
    async with AsyncExitStack() as open_now:
        ear = await open_now.enter_async_context(consumer(settings.kafka))
        out = await open_now.enter_async_context(producer(settings.kafka))
        ends = await bounds(ear, partitions, settings)
        starts = {each: end for each, (_, end) in ends.items()}
        if any(sending.chosen for sending in sendings):
            earlier = round((SystemClock().now().timestamp() - REPEATS_KNOWN_FOR) * 1000)
            starts = await since(ear, ends, earlier, settings)
        for each, offset in starts.items():
            ear.seek(each, offset)
        waiting = Waiting(sendings, answered_in, {tuple(each): end for each, (_, end) in ends.items()})
        await _send(out, sendings, settings)
        await _listen(ear, waiting, timeout, heard)
    return waiting.answers


class Waiting:
    """Who still waits for an answer."""

    def __init__(self, sendings: Sequence[Sending], answered_in: str, ends: dict[Any, int]) -> None:
        self.answers = [Answer(sending) for sending in sendings]
        self._answered_in, self._ends = answered_in, ends
        self._open = {sending.id: index for index, sending in enumerate(sendings)}

    @property
    def over(self) -> bool:
        """Whether all have what they get."""
        return not self._open

    def take(self, record: Any) -> bool:
        """Look at a record; tell whether it was waited for."""
        if not record.value:
            return False
        envelope = read_envelope(record.value, record.headers)
        if envelope is None:
            return False
        letter = record.topic != self._answered_in
        names = ("id",) if letter else ("causationid", "correlationid")
        index = next((self._open[name] for key in names if (name := envelope.get(key)) in self._open), None)
        if index is None:
            return False
        old = record.offset < self._ends[record.topic, record.partition]
        sending = self.answers[index].sending
        if letter:
            if old or envelope.get("source") != SOURCE:
                return False
            reason = next((text for name, text in record.headers if name == "nb-reason" and text), b"no reason given")
            self.answers[index] = Answer(sending, dead_letter=reason.decode(errors="replace"))
        elif not answers(envelope, sending, old):
            return False
        else:
            self.answers[index] = Answer(sending, envelope)
        del self._open[sending.id]
        return True


def answers(envelope: dict[str, Any], sending: Sending, old: bool) -> bool:
    """Tell whether an envelope answers a message; an old one answers only an id that is used again."""
    if sending.topic == INVENTORY_COMMANDS.name:
        if envelope.get("causationid") != sending.id or envelope.get("subject") != sending.subject:
            return False
        from services.chassis.work import derived_id  # which imports aiokafka

        told = (envelope["type"], envelope["data"].get("version") or 0)
        return not old or envelope["id"] == derived_id("/inventory", sending.subject, SOURCE, sending.id, *told)
    data = envelope.get("data")
    return isinstance(data, dict) and data.get("request") == sending.type and (not old or sending.chosen)


def _where(sendings: Sequence[Sending]) -> tuple[str, list[str]]:
    """Give the topic of the answers, and those where letters go that nobody could read."""
    inventory = sendings[0].topic == INVENTORY_COMMANDS.name
    letters = [topic.name for topic in DEAD_LETTERS if topic.name.startswith(sendings[0].topic + ".")]
    return (INVENTORY_EVENTS if inventory else PROVISIONING_EVENTS).name, letters


async def _send(out: Any, sendings: Sequence[Sending], settings: ClientSettings) -> None:
    with kafka_trouble(settings.kafka):
        async with asyncio.timeout(PATIENCE + len(sendings) / 1000):
            sent = [
                await out.send(sending.topic, sending.value, key=sending.subject.encode(), headers=HEADERS)
                for sending in sendings
            ]
            await asyncio.gather(*sent)


async def _listen(ear: Any, waiting: Waiting, timeout: float, heard: Callable[[Sequence[Answer]], None]) -> None:
    deadline = time.monotonic() + timeout
    while not waiting.over and (left := deadline - time.monotonic()) > 0:
        found = await ear.getmany(timeout_ms=max(1, round(min(left, 0.5) * 1000)))
        taken = [waiting.take(record) for records in found.values() for record in records]
        if any(taken):
            heard(waiting.answers)
