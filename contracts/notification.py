"""What notification has told people. Subject and key are the org, or `platform`.

Source: CONTRACT, notification section.
"""

from typing import Annotated, Literal

from pydantic import Field

from contracts.fields import E164, Code, Frozen, Name, Sentence
from contracts.message import Message


class Delivery(Frozen):
    """One mail and the notices in it."""

    notices: Annotated[tuple[Name, ...], Field(max_length=10_000)] = Field(description="ids of hold events")
    recipient: Name | None = Field(description="address; null where there is none")
    template: Name
    numbers: Annotated[tuple[E164, ...], Field(max_length=10_000)]
    message_id: Name | None = Field(description="Message-ID of the mail, the same for ever")
    code: Code | None = None
    message: Sentence | None = None


class NotificationSent(Message):
    """The mail server has taken the mail."""

    type: Literal["notification.sent"]
    data: Delivery


class NotificationFailed(Message):
    """The mail could not be sent."""

    type: Literal["notification.failed"]
    data: Delivery


EVENTS = (NotificationSent, NotificationFailed)
