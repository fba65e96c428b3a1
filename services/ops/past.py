"""What `inventory.events` knows of numbers: read from the partitions where they are at home, and no others."""

from collections.abc import Sequence
from typing import Any

from contracts.topics import INVENTORY_EVENTS
from services.ops.connection import consumer
from services.ops.envelopes import read_envelope
from services.ops.reading import bounds, existing, read_all
from services.ops.settings import ClientSettings


async def past(settings: ClientSettings, numbers: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """Give all answers about each number, oldest first, refusals too, each once. Raises `Unusable`."""
    from services.chassis.partitions import home

    topic = INVENTORY_EVENTS.name
    count = (await existing(settings, [topic]))[topic]
    keys = {number.encode() for number in numbers}
    found: dict[str, dict[str, dict[str, Any]]] = {number: {} for number in numbers}
    async with consumer(settings.kafka) as client:
        limits = await bounds(client, {(topic, home(number, count)) for number in numbers}, settings)
        async for record in read_all(client, limits, settings):
            if record.key not in keys:
                continue
            envelope = read_envelope(record.value, record.headers)
            if envelope is not None and envelope.get("subject") in found and isinstance(envelope.get("data"), dict):
                found[envelope["subject"]].setdefault(str(envelope.get("id")), envelope)
    return {number: list(envelopes.values()) for number, envelopes in found.items()}


async def present(settings: ClientSettings, numbers: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Give the event with the present state of each number that is in the bank. Raises `Unusable`."""
    return {
        number: max(changes, key=lambda envelope: int(envelope["data"]["version"]))
        for number, envelopes in (await past(settings, numbers)).items()
        if (changes := [each for each in envelopes if "number" in each["data"]])
    }
