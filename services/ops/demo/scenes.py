"""What a story is made of: scenes, each on a day, and what is said in them."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from contracts.fields import format_instant
from contracts.message import Topic


class Days(NamedTuple):
    """A time in the data of a message: so many days from when it is sent."""

    days: float


class Say(NamedTuple):
    """A message that somebody sends."""

    topic: Topic
    type: str
    subject: str
    data: Mapping[str, Any]
    actor: str

    def data_at(self, now: datetime) -> dict[str, Any]:
        """Give the data as they are sent at `now`."""
        return {name: _at(value, now) for name, value in self.data.items()}


class Scene(NamedTuple):
    """Something that happens, `day` days after the opening or later; scenes follow each other in order."""

    day: float
    words: str
    says: tuple[Say, ...] = ()
    waits: bool = True  # for the answers, before the story goes on
    race: bool = False  # each message by a caller of its own, at once
    kills: str = ""  # the service that is killed with SIGKILL when all is said
    revives: str = ""  # the service that is started again first


def _at(value: Any, now: datetime) -> Any:
    if isinstance(value, Days):
        return format_instant(now + timedelta(days=value.days))
    if isinstance(value, Mapping):
        return {name: _at(each, now) for name, each in value.items()}
    return value
