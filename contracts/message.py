"""The envelope: every record on every topic is a CloudEvents 1.0 event.

This is the one module of the contracts that the chassis sees: it knows how a message travels and
what a topic is, and nothing of telephone numbers. Source: CONTRACT, envelope section.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from contracts.fields import Frozen, Instant, Name, Source

CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"


class Message(Frozen):
    """A CloudEvent as it is read, without its data.

    Sameness is `(source, id)`. Times are aware UTC in whole milliseconds. Example:
    `{"specversion": "1.0", "id": "7", "source": "/ops", "type": "number.release",
    "subject": "+6531580001", "data": {"remark": "not needed"}}`
    """

    specversion: Literal["1.0"] = Field(description="always 1.0")
    id: Name = Field(description="any string; sameness is (source, id)")
    source: Source = Field(description="URI reference of who writes")
    type: str = Field(description="what is asked or what has happened")
    subject: Name = Field(description="the number, subscription or org; also the Kafka key")
    time: Instant | None = Field(None, description="when it happened, or was asked")
    datacontenttype: Name | None = Field(None, description="application/json")
    correlationid: Name | None = Field(None, description="the same along a chain of messages")
    causationid: Name | None = Field(None, description="id of the message that caused this one")
    actor: Name | None = Field(None, description="who asked")
    traceparent: Name | None = Field(None, description="W3C trace context")


@dataclass(frozen=True)
class Topic:
    """One topic of the system.

    A *commands* topic belongs to its one reader and anybody may write it; an *events* topic belongs
    to its one writer and anybody may read it; a *facts* topic is written from outside.
    """

    name: str
    key: str
    written_by: tuple[str, ...]
    read_by: tuple[str, ...]
    messages: tuple[type[Message], ...]
    kind: Literal["commands", "events", "facts"]
    keep: timedelta | None = None  # how long the broker keeps records; None: for ever
    compacted: bool = False
    summary: str = ""
    config: Mapping[str, str] = field(default_factory=dict)

    @property
    def strict(self) -> bool:
        """Whether an unknown `type` is a dead letter; elsewhere it is skipped and counted."""
        return self.kind != "events"

    @property
    def homed(self) -> bool:
        """Whether a record in the wrong partition is forwarded to the lane of its subject."""
        return self.kind != "events" and not self.compacted

    def union(self) -> Any:
        """Give the type of all messages of this topic, chosen by `type`."""
        return _union(self.messages)

    def adapter(self) -> TypeAdapter[Any]:
        """Give the validator of all messages of this topic; making one costs a millisecond, so there is one."""
        return _adapter(self.messages)


@cache
def _adapter(messages: tuple[type[Message], ...]) -> TypeAdapter[Any]:
    return TypeAdapter(_union(messages))


def _union(messages: tuple[type[Message], ...]) -> Any:
    one_of: Any = messages[0]
    for message in messages[1:]:
        one_of = one_of | message
    return Annotated[one_of, Field(discriminator="type")] if messages[1:] else one_of
