"""Good messages, written between the hostile ones: each must be answered once and in order, whatever lies around it."""

import json
from collections.abc import Iterator
from itertools import chain, zip_longest
from typing import Any, NamedTuple

from contracts.message import CONTENT_TYPE
from services.chassis.records import Headers
from tests.hostile.record import Hostile

HEADERS: Headers = (("content-type", CONTENT_TYPE.encode()),)
COMMANDS, BILLING, WISHES = "inventory.commands", "billing.events", "provisioning.commands"
ANSWERS = {COMMANDS: "inventory.events", BILLING: "provisioning.events", WISHES: "provisioning.events"}


class Good(NamedTuple):
    """A message that nobody may be prevented from having answered with `answer`."""

    topic: str
    subject: str
    id: str
    type: str
    data: dict[str, Any]
    answer: str

    @property
    def record(self) -> Hostile:
        """Give it as it is written."""
        event = {
            "specversion": "1.0", "id": self.id, "source": "/good", "type": self.type, "subject": self.subject,
            "data": self.data,
        }  # fmt: skip
        return Hostile(self.topic, self.subject.encode(), json.dumps(event).encode(), HEADERS, None, "good")


def good_messages(subjects: int, rounds: int) -> list[Good]:
    """Give messages of several subjects on every topic that is answered, in turn."""
    stories = [[*_number(place, rounds)] for place in range(subjects)]
    stories += [[*_subscription(place, rounds)] for place in range(subjects)]
    stories += [[*_wishes(place, rounds)] for place in range(subjects)]
    return [message for message in chain.from_iterable(zip_longest(*stories)) if message]


def _number(place: int, rounds: int) -> Iterator[Good]:
    number, holder = f"+4930{place:07}", {"org": "good"}
    attributes = {"vendor": "v", "country": "DE", "sku": "s"}
    yield Good(COMMANDS, number, f"good-{number}-0", "number.add", attributes, "number.added")
    for turn in range(1, rounds):
        id, remark = f"good-{number}-{turn}", f"turn {turn}"
        if turn % 2:
            yield Good(COMMANDS, number, id, "number.reserve", {"holder": holder, "remark": remark}, "number.reserved")
        else:
            yield Good(COMMANDS, number, id, "number.release", {"remark": remark}, "number.released")


def _subscription(place: int, rounds: int) -> Iterator[Good]:
    name, done = f"S-good-{place}", "provisioning.completed"
    begun = {"account": {"org": "good"}, "product": "did", "numbers": []}
    yield Good(BILLING, name, f"good-{name}-0", "subscription.activated", begun, done)
    for turn in range(1, rounds):
        yield Good(BILLING, name, f"good-{name}-{turn}", "subscription.renewed", {}, done)


def _wishes(place: int, rounds: int) -> Iterator[Good]:
    number = f"+4940{place:07}"
    for turn in range(rounds):
        id, data = f"good-{number}-{turn}", {"did_reservation": "R-of-nobody"}
        yield Good(WISHES, number, id, "reservation.extend", data, "provisioning.failed")
