"""What lifecycle-timer tells of holds that end. Subject and key are the number.

Source: CONTRACT, lifecycle section.
"""

from typing import Annotated, Literal

from pydantic import Field

from contracts.fields import E164, CauseName, Frozen, Holder, Instant, Name, Version
from contracts.message import Message


class HoldNotice(Frozen):
    """A hold and how long it still lasts."""

    number: E164
    cause: CauseName
    placed: Version = Field(description="version that placed the hold")
    until: Instant
    days_left: Annotated[int, Field(ge=0, le=3_000_000)] = Field(description="whole days, rounded up")
    charged: bool
    holder: Holder | None
    partner: Name | None


class HoldExpiring(Message):
    """A hold will end soon; told once for each end."""

    type: Literal["hold.expiring"]
    subject: E164
    data: HoldNotice


class HoldExpired(Message):
    """A hold has ended, and inventory has confirmed it."""

    type: Literal["hold.expired"]
    subject: E164
    data: HoldNotice


EVENTS = (HoldExpiring, HoldExpired)
