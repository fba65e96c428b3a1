"""Whoever waits for the same producer hears the same: that Kafka is away."""

import asyncio
from typing import Any

import pytest

from services.chassis.errors import KafkaAway
from services.chassis.kafka import Sender
from services.chassis.security.cluster import Cluster


async def test_who_waits_beside_one_that_gives_up_hears_that_kafka_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(self: Sender) -> Any:
        await asyncio.sleep(60)

    monkeypatch.setattr(Sender, "_started", never)
    sender = Sender("test", Cluster.of("localhost:1"), deadline=0.2)

    async def later() -> None:
        await asyncio.sleep(0.1)
        await sender.send("topic", "key", b"{}")

    outcomes = await asyncio.gather(sender.send("topic", "key", b"{}"), later(), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [KafkaAway, KafkaAway]
