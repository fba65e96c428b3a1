"""A hostile record, and what the contract says must become of it."""

from enum import Enum
from typing import Any, NamedTuple

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json, to_json

from contracts.fields import Name
from contracts.message import Message, Topic
from contracts.topics import SERVICES, TOPICS
from services.chassis.partitions import home
from services.chassis.reading import ATTRIBUTES
from services.chassis.records import Headers, Outgoing

INPUTS: dict[str, Topic] = {topic.name: topic for topic in TOPICS if set(topic.read_by) & set(SERVICES)}
_ADAPTERS = {name: topic.adapter() for name, topic in INPUTS.items()}
_KEYS: TypeAdapter[str] = TypeAdapter(Name)


class Hostile(NamedTuple):
    """A record to write. `partition` None: where its key belongs; `what`: how it came about."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers
    partition: int | None
    what: str

    def place(self, partitions: int) -> int:
        """Give the partition that it is written to."""
        if self.partition is not None:
            return self.partition % partitions
        return home((self.key or b"").decode(errors="replace"), partitions)

    def outgoing(self, partitions: int) -> Outgoing:
        """Give it as it is put into a topic of so many partitions; where Kafka insists on a key, with an empty one."""
        keyed = self.value is None or INPUTS[self.topic].compacted
        key = b"" if self.key is None and keyed else self.key
        return Outgoing(self.topic, self.place(partitions), key, self.value, self.headers)


class Fate(Enum):
    """What must become of a record."""

    LETTER = "exactly one dead letter of each reader"
    ANSWERED = "exactly one answer"
    READ = "nothing that shows"


def fate(topic: Topic, key: bytes | None, value: bytes | None, headers: Headers) -> tuple[Fate, Message | None]:
    """Say what must become of a record that lies where it belongs, and what was read."""
    if value is None:
        return (Fate.READ if topic.compacted and _names(key) else Fate.LETTER), None
    try:
        message = _ADAPTERS[topic.name].validate_json(_in_one_piece(value, headers))
    except ValidationError as error:
        return (Fate.READ if _of_another_type(topic, error) else Fate.LETTER), None
    except ValueError:
        return Fate.LETTER, None
    answered = topic.kind != "events" and not topic.compacted
    return (Fate.ANSWERED if answered else Fate.READ), message


def _names(key: bytes | None) -> bool:
    try:
        _KEYS.validate_python((key or b"").decode())
    except ValueError:
        return False
    return True


def _in_one_piece(value: bytes, headers: Headers) -> bytes:
    """Give an event of either mode in structured form, as the Kafka binding of CloudEvents has it."""
    last = dict(headers)
    structured = (last.get("content-type") or b"").startswith(b"application/cloudevents")
    if structured or not any(name.startswith("ce_") for name in last):
        return value
    attributes: dict[str, Any] = {}
    for name in ATTRIBUTES:
        if (text := last.get(f"ce_{name}")) is not None:
            attributes[name] = text.decode()
    if (kind := last.get("content-type")) is not None:
        attributes["datacontenttype"] = kind.decode()
    return to_json({**attributes, "data": from_json(value, allow_inf_nan=False)})


def _of_another_type(topic: Topic, error: ValidationError) -> bool:
    first = error.errors(include_url=False)[0]
    if topic.strict or first["type"] != "union_tag_invalid":
        return False
    return isinstance(first["input"]["type"], str) and bool(first["input"]["type"])
