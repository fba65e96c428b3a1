"""What is asked of inventory, and what it answers. Subject and key are the number.

Exactly one answer per command: an event with the whole number after the change, or
`command.rejected`. Source: CONTRACT, inventory section.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from contracts.fields import (
    E164,
    Attribute,
    Capability,
    CauseName,
    Code,
    Country,
    Domain,
    Frozen,
    Holder,
    Instant,
    Name,
    Remark,
    Sentence,
    State,
    Version,
)
from contracts.message import Message


class Ask(Frozen):
    """The data of any command. A command that names `expected_version` is refused at any other."""

    expected_version: Version | None = Field(None, description="refuse unless the number is at this version")


class Asked(Message):
    """A command to inventory about the number in `subject`."""

    subject: E164
    data: Ask


Capabilities = Annotated[tuple[Capability, ...], Field(max_length=3)]
Domains = Annotated[tuple[Domain, ...], Field(max_length=64)]


class Add(Ask):
    """The attributes of a number that joins the bank."""

    vendor: Attribute = Field(description="who supplies the number")
    country: Country = Field(description="ISO 3166 code of two letters")
    sku: Attribute = Field(description="what it is sold as")
    capabilities: Capabilities = Field(("voice",), description="voice, fax, sms")
    routing: Name | None = Field(None, description="where its calls go")
    golden: bool = Field(False, description="must be reserved before it is assigned")
    ported_in: bool = Field(False, description="came from another carrier")
    visible_to: Domains = Field((), description="domains that may see it; none: everybody")
    partner: Name | None = Field(None, description="org of the partner who hears of its locks")


class ImportedHold(Frozen):
    """A hold as it stood elsewhere. `until` absent: by policy from `since`; null: for ever."""

    cause: CauseName
    until: Instant | None = None
    free_until: Instant | None = None
    charged: bool = False
    did_reservation: Name | None = None
    subscription: Name | None = None


class Import(Add):
    """A number with the state that it had elsewhere."""

    state: State = Field(description="available, reserved, locked, assigned or deleted")
    since: Instant = Field(description="when that state began")
    hold: ImportedHold | None = Field(None, description="reserved or locked; absent: by policy from since")
    holder: Holder | None = Field(None, description="reserved and assigned: who has it")
    subscription: Name | None = Field(None, description="assigned: to which subscription")
    remark: Remark | None = Field(None, description="why")

    @model_validator(mode="after")
    def agrees_with_its_state(self) -> Self:
        """Refuse a state without what it needs, or with what it cannot have."""
        held = self.state in ("reserved", "locked")
        owned = self.state in ("reserved", "assigned")
        for name, wanted, needed in (
            ("hold", held, False),
            ("holder", owned, owned),
            ("subscription", self.state == "assigned", self.state == "assigned"),
        ):
            given = getattr(self, name) is not None
            if given and not wanted:
                raise ValueError(f"{name} does not go with state {self.state}")
            if needed and not given:
                raise ValueError(f"{name} is required with state {self.state}")
        return self


class Update(Ask):
    """New attributes. Absent: unchanged; null: cleared; lists are replaced."""

    vendor: Attribute = Field("", description="who supplies the number")
    country: Country = Field("", description="ISO 3166 code of two letters")
    sku: Attribute = Field("", description="what it is sold as")
    capabilities: Capabilities | None = Field(None, description="voice, fax, sms")
    routing: Name | None = Field(None, description="where its calls go")
    golden: bool | None = Field(None, description="must be reserved before it is assigned")
    ported_in: bool | None = Field(None, description="came from another carrier")
    visible_to: Domains | None = Field(None, description="domains that may see it; none: everybody")
    partner: Name | None = Field(None, description="org of the partner who hears of its locks")


class Reserve(Ask):
    """Set aside for a holder, by hand."""

    holder: Holder
    remark: Remark = Field(description="why")


class Extend(Ask):
    """Charge the hold to a DID Reservation, until the end of what was paid."""

    did_reservation: Name = Field(description="subscription that pays")
    holder: Holder
    until: Instant = Field(description="new end, later than the present one")


class EndExtension(Ask):
    """Take the extension back: the hold ends when its free period does."""

    did_reservation: Name = Field(description="subscription that paid")
    effective_at: Instant | None = Field(None, description="when it ended")


class Because(Ask):
    """Nothing but the reason why."""

    remark: Remark = Field(description="why")


class Assign(Ask):
    """Give to a subscription. `holder` absent: the reserver; `placed`: only while that hold stands."""

    subscription: Name = Field(description="which subscription gets it")
    holder: Holder | None = Field(None, description="who; absent: the reserver")
    sku: Attribute | None = Field(None, description="must be the number's SKU")
    remark: Remark | None = Field(None, description="why")
    placed: Version | None = Field(None, description="only while the hold of this version stands")


class Transfer(Ask):
    """Give the number of a subscription to a new holder."""

    subscription: Name = Field(description="subscription that has it")
    holder: Holder


class Unassign(Ask):
    """Take from a subscription and hold, for the period of `cause`."""

    subscription: Name = Field(description="subscription that has it")
    cause: CauseName = Field(description="a cause of the policy file, such as subscription_expired")
    effective_at: Instant | None = Field(None, description="when the hold begins; absent: now")


class Lock(Ask):
    """Keep from everybody. `until` absent: by policy; null: for ever."""

    remark: Remark = Field(description="why")
    until: Instant | None = Field(None, description="absent: by policy; null: for ever")


class Delete(Ask):
    """Take out of the bank."""

    reason: Literal["ported_out", "returned_to_vendor", "faulty"] = Field(description="why it leaves")
    remark: Remark = Field(description="in words")


class Expire(Ask):
    """End the hold that the version `placed` placed, if it is over."""

    placed: Version = Field(description="version that placed the hold")


class Restore(Ask):
    """Undo the change that made the number's present version, within 24 hours."""

    version: Version = Field(description="version to undo: of a release, delete, unlock or lock, and still the present")
    remark: Remark = Field(description="why")


class AddNumber(Asked):
    """A number joins the bank."""

    type: Literal["number.add"]
    data: Add


class ImportNumber(Asked):
    """A number joins the bank in the state that it had elsewhere."""

    type: Literal["number.import"]
    data: Import


class UpdateNumber(Asked):
    """Attributes change; the state stays."""

    type: Literal["number.update"]
    data: Update


class ReserveNumber(Asked):
    """An available number is set aside for somebody."""

    type: Literal["number.reserve"]
    data: Reserve


class ExtendReservation(Asked):
    """A reservation is paid for and lasts longer."""

    type: Literal["number.extend"]
    data: Extend


class EndReservationExtension(Asked):
    """Nobody pays for the reservation any longer."""

    type: Literal["number.end_extension"]
    data: EndExtension


class ReleaseNumber(Asked):
    """A reservation is given up."""

    type: Literal["number.release"]
    data: Because


class AssignNumber(Asked):
    """A number goes to a subscription."""

    type: Literal["number.assign"]
    data: Assign


class TransferNumber(Asked):
    """The subscription of a number has a new owner."""

    type: Literal["number.transfer"]
    data: Transfer


class UnassignNumber(Asked):
    """A subscription loses a number, which rests."""

    type: Literal["number.unassign"]
    data: Unassign


class LockNumber(Asked):
    """An available number is kept from everybody."""

    type: Literal["number.lock"]
    data: Lock


class UnlockNumber(Asked):
    """A locked number is available again."""

    type: Literal["number.unlock"]
    data: Because


class DeleteNumber(Asked):
    """A number leaves the bank."""

    type: Literal["number.delete"]
    data: Delete


class RecoverNumber(Asked):
    """A deleted number comes back."""

    type: Literal["number.recover"]
    data: Because


class ExpireHold(Asked):
    """A hold is over."""

    type: Literal["number.expire"]
    data: Expire


class RestoreNumber(Asked):
    """A release, delete, unlock or lock is undone: the number is exactly as before."""

    type: Literal["number.restore"]
    data: Restore


COMMANDS = (
    AddNumber, ImportNumber, UpdateNumber, ReserveNumber, ExtendReservation, EndReservationExtension,
    ReleaseNumber, AssignNumber, TransferNumber, UnassignNumber, LockNumber, UnlockNumber, DeleteNumber,
    RecoverNumber, ExpireHold, RestoreNumber,
)  # fmt: skip


class Hold(Frozen):
    """Why and until when a number rests. `until` null: for ever."""

    cause: CauseName
    placed: Version = Field(description="version that placed it; survives update and extension")
    until: Instant | None
    free_until: Instant | None = Field(description="when the free period ends")
    charged: bool
    did_reservation: Name | None
    subscription: Name | None = Field(description="who lost the number")


class Number(Frozen):
    """The whole number after a change."""

    number: E164
    state: State
    previous: State | None = Field(description="state before; null when added or imported")
    version: Annotated[int, Field(ge=1, le=2**53)]
    since: Instant = Field(description="when this state began")
    hold: Hold | None
    holder: Holder | None
    subscription: Name | None
    remark: Remark | None = Field(description="of this change only")
    reason: Code | None = Field(description="of this change only")
    vendor: Attribute
    country: Country
    sku: Attribute
    number_type: Code
    capabilities: Capabilities
    routing: Name | None
    golden: bool
    ported_in: bool
    visible_to: Domains
    partner: Name | None


class NumberEvent(Message):
    """An accepted command: the whole number after it."""

    subject: E164
    data: Number


class NumberAdded(NumberEvent):
    """A number has joined the bank."""

    type: Literal["number.added"]


class NumberImported(NumberEvent):
    """A number has joined the bank with the state that it had elsewhere."""

    type: Literal["number.imported"]


class NumberUpdated(NumberEvent):
    """Attributes have changed."""

    type: Literal["number.updated"]


class NumberReserved(NumberEvent):
    """A number rests for somebody: by hand, or because a subscription lost it."""

    type: Literal["number.reserved"]


class ReservationExtended(NumberEvent):
    """A reservation is charged and lasts longer."""

    type: Literal["number.reservation_extended"]


class ReservationExtensionEnded(NumberEvent):
    """A reservation is free of charge again, and ends with its free period."""

    type: Literal["number.reservation_extension_ended"]


class NumberReleased(NumberEvent):
    """A hold has ended; reason `manual`, `reservation_expired` or `lock_expired`."""

    type: Literal["number.released"]


class NumberAssigned(NumberEvent):
    """A subscription has the number."""

    type: Literal["number.assigned"]


class NumberTransferred(NumberEvent):
    """The number has a new holder."""

    type: Literal["number.transferred"]


class NumberLocked(NumberEvent):
    """The number is kept from everybody."""

    type: Literal["number.locked"]


class NumberUnlocked(NumberEvent):
    """The number is available again."""

    type: Literal["number.unlocked"]


class NumberDeleted(NumberEvent):
    """The number has left the bank."""

    type: Literal["number.deleted"]


class NumberRecovered(NumberEvent):
    """The number is back in the bank."""

    type: Literal["number.recovered"]


class NumberRestored(NumberEvent):
    """The number is as it was before a release, delete, unlock or lock, with the hold that it had then."""

    type: Literal["number.restored"]


class Rejection(Frozen):
    """Why a command was not carried out. State and version are null for an unknown number."""

    command: Name = Field(description="type of the command")
    code: Code
    message: Sentence = Field(description="a sentence with what would be right")
    state: State | None
    version: Version | None


class CommandRejected(Message):
    """A command that was understood and is not allowed."""

    type: Literal["command.rejected"]
    subject: E164
    data: Rejection


EVENTS = (
    NumberAdded, NumberImported, NumberUpdated, NumberReserved, ReservationExtended, ReservationExtensionEnded,
    NumberReleased, NumberAssigned, NumberTransferred, NumberLocked, NumberUnlocked, NumberDeleted,
    NumberRecovered, NumberRestored, CommandRejected,
)  # fmt: skip
