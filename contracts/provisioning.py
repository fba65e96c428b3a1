"""What people ask of provisioning, and what it answers to them and to billing.

Source: CONTRACT, billing and provisioning section.
"""

from typing import Annotated, Literal

from pydantic import Field

from contracts.fields import E164, Code, Frozen, Name, Remark, Sentence
from contracts.message import Message

Outcome = Literal["assigned", "extended", "held", "released", "transferred", "unchanged", "outdated", "rejected"]


class ExtendRequest(Frozen):
    """A person gives only the id of the DID Reservation; the rest is filled in."""

    did_reservation: Name = Field(description="subscription that pays")
    remark: Remark | None = Field(None, description="why")


class ExtendByReservation(Message):
    """Extend the reservation of the number in `subject`."""

    type: Literal["reservation.extend"]
    subject: E164
    data: ExtendRequest


COMMANDS = (ExtendByReservation,)


class NumberOutcome(Frozen):
    """What became of one number of a request."""

    number: E164
    outcome: Outcome
    code: Code | None = None
    message: Sentence | None = None


class Answer(Frozen):
    """What became of a request, number by number, in its order."""

    subscription: Name
    request: Name = Field(description="type of the event or command that is answered")
    code: Code | None = None
    numbers: Annotated[tuple[NumberOutcome, ...], Field(max_length=2000)]


class ProvisioningCompleted(Message):
    """Nothing of the request was rejected."""

    type: Literal["provisioning.completed"]
    data: Answer


class ProvisioningFailed(Message):
    """Something of the request was rejected."""

    type: Literal["provisioning.failed"]
    data: Answer


EVENTS = (ProvisioningCompleted, ProvisioningFailed)
