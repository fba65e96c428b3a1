"""Commands to inventory on their way: sent once, under whatever key, and waited for."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

from contracts.fields import format_instant
from contracts.topics import INVENTORY_COMMANDS
from services.chassis.clock import Clock, SystemClock
from services.chassis.errors import Conflict, KafkaAway
from services.chassis.kafka import Sender
from services.gateway.domain import Outcome, Token, command_id, new_seed
from services.gateway.http.problems import KAFKA_AWAY, Problem, key_reused, retry_after
from services.gateway.http.waiting import Outcomes, Waiting
from services.gateway.repeats import Command, Repeat, Repeats

SOURCE = "/gateway"
_AGAIN = 5.0  # seconds
_TRIES, _PAUSE = 8, 0.02  # times that a request is kept, and seconds between


class Asked(NamedTuple):
    """What became of a request: its commands, and the outcomes that are known. `replayed`: it was asked before."""

    commands: Sequence[Command]
    outcomes: Mapping[str, Outcome]
    replayed: bool = False


@dataclass(frozen=True)
class Commands:
    """Sends commands, and waits for what becomes of them."""

    sender: Sender
    outcomes: Outcomes
    waiting: Waiting
    repeats: Repeats
    clock: Clock

    def written(
        self, token: Token, type: str, number: str, data: Mapping[str, Any], trace: str | None = None
    ) -> Command:
        """Write a command as it is sent. It is read by the contract here, so inventory will answer it.

        `trace`: the `traceparent` beneath which what it causes is traced.
        """
        id, traced = command_id(token.id, new_seed()), {} if trace is None else {"traceparent": trace}
        value = orjson.dumps({
            "specversion": "1.0", "id": id, "source": SOURCE, "type": type, "subject": number,
            "time": format_instant(self.clock.now()), "datacontenttype": "application/json", "actor": token.name,
            **traced, "data": data,
        })  # fmt: skip
        INVENTORY_COMMANDS.adapter().validate_json(value)
        return Command(id, number, value)

    async def ask(
        self, prepare: Callable[[], Awaitable[Sequence[Command]]], repeat: Repeat | None, seconds: float
    ) -> Asked:
        """Do what is asked, once. `prepare` checks whether it may be, and is not called for what is known from before.

        `seconds`: to wait for answers, with what `prepare` takes.

        Raises `Problem`, also those of `prepare`; `StoreTrouble`.
        """
        until = asyncio.get_running_loop().time() + seconds
        if repeat is None:
            commands = await prepare()
            return Asked(commands, await self._sent(commands, until))
        for _ in range(_TRIES):
            if (known := await self._known(repeat)) is not None:
                return await self._again(known, until)
            commands = await prepare()
            if await self.repeats.keep(repeat.id, repeat.request, commands, SystemClock().now()):
                return Asked(commands, await self._sent(commands, until))
            await asyncio.sleep(_PAUSE)  # whoever is first has perhaps not ended
        raise Conflict  # what is not kept is not sent: under the same key it would be done twice

    async def _known(self, repeat: Repeat) -> Sequence[Command] | None:
        known = await self.repeats.known(repeat.id)
        if known is None:
            return None
        request, commands = known
        if request != repeat.request:
            raise key_reused()
        return commands

    async def _again(self, commands: Sequence[Command], until: float) -> Asked:
        """Send again what nobody has answered: perhaps it was never sent. Inventory does a command once."""
        known = await self.outcomes.get([command.id for command in commands])
        left = [command for command in commands if command.id not in known]
        return Asked(commands, {**known, **(await self._sent(left, until) if left else {})}, replayed=True)

    async def _sent(self, commands: Sequence[Command], until: float) -> dict[str, Outcome]:
        topic = INVENTORY_COMMANDS.name
        try:
            await asyncio.gather(*(self.sender.send(topic, each.number, each.value) for each in commands))
        except KafkaAway:
            raise Problem(
                KAFKA_AWAY,
                "Kafka does not take commands now. Ask again, with the same Idempotency-Key, so that what was taken "
                "nevertheless is done once; /v1/commands tells what became of it.",
                headers=retry_after(_AGAIN),
                commands=[each.id for each in commands],
            ) from None
        left = max(0.0, until - asyncio.get_running_loop().time())
        return await self.waiting.heard([each.id for each in commands], left) if commands else {}
