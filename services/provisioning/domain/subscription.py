"""A subscription, its request in flight, and what is said about it."""

from datetime import datetime
from typing import Literal, NamedTuple

from contracts.fields import Holder, State
from contracts.inventory import Ask
from contracts.provisioning import Outcome
from services.provisioning.domain.facts import Fact

DID, DID_RESERVATION = "did", "did_reservation"
Status = Literal["active", "expired", "terminated"]
Verb = Literal[
    "number.assign", "number.extend", "number.unassign", "number.end_extension", "number.transfer",
    "number.release", "number.reserve",
]  # fmt: skip

ROLLED_BACK = "rolled_back"  # undone because another number was rejected

MOST_WAITING = 1_000  # facts of one subscription
MOST_NUMBERS_WAITING = 100_000  # named in them: a document is 16 MB at most
MOST_ANSWERED = 2_000  # numbers in one answer: a record is 1 MB at most


class Standing(NamedTuple):
    """What billing has told of a subscription."""

    account: Holder
    product: str  # did or did_reservation
    status: Status
    applied: datetime  # time of the last fact that was applied
    paid_until: datetime | None = None  # did_reservation: end of the paid period
    lost: tuple[tuple[str, int], ...] = ()  # numbers that its expiry took, with the version of the hold


class Step(NamedTuple):
    """What is to become, or has become, of one number of a request."""

    number: str
    verb: Verb | None = None  # what inventory is asked; None: nothing
    sent: bool = False
    outcome: Outcome | None = None  # None: not settled yet
    code: str | None = None  # why it was rejected
    message: str | None = None  # the same in words
    sku: str | None = None  # what the number must be sold as
    placed: int | None = None  # version of the hold that it comes from, or has gone to
    until: datetime | None = None  # until when it was paid for before, by the same subscription
    undo: tuple[Verb, ...] = ()  # what takes it back, one after the other
    version: int | None = None  # of the number, if nobody has moved it since

    @property
    def rejected(self) -> bool:
        """Whether it was refused, by us or by inventory."""
        return self.outcome == "rejected"


class Result(NamedTuple):
    """What inventory answered about one number. `code`: why it refused; None: it did not."""

    code: str | None = None
    message: str | None = None
    placed: int | None = None  # version that placed the hold that the number is in now
    previous: State | None = None  # state before
    version: int | None = None  # of the number now
    overdue: bool = False  # the free period of its hold is over: it lasts only while somebody pays


class Request(NamedTuple):
    """A fact that waits for inventory."""

    fact: Fact
    steps: tuple[Step, ...]  # in the order of the answer
    before: Standing | None = None  # what to go back to when all is undone
    undoing: bool = False

    @property
    def settled(self) -> bool:
        """Whether nothing is left to wait for."""
        return all(step.outcome for step in self.steps)

    @property
    def refused(self) -> bool:
        """Whether something was rejected."""
        return any(step.rejected for step in self.steps)


class Subscription(NamedTuple):
    """A subscription: one request at a time, the rest waits in order of arrival."""

    id: str
    standing: Standing | None = None  # None: billing never activated it
    request: Request | None = None
    queue: tuple[Fact, ...] = ()

    @property
    def forgettable(self) -> bool:
        """Whether there is nothing to remember."""
        return self.standing is None and self.request is None and not self.queue

    @property
    def full(self) -> bool:
        """Whether no more facts may wait."""
        return len(self.queue) >= MOST_WAITING or sum(len(fact.numbers) for fact in self.queue) >= MOST_NUMBERS_WAITING


class Command(NamedTuple):
    """Something to ask of inventory; `data` is of inventory's contract, hence valid."""

    fact: Fact
    number: str
    type: Verb
    data: Ask
    undoing: bool = False  # takes back what the same fact has led to


class Answer(NamedTuple):
    """What became of a fact. `code`: why it failed; None: it did not."""

    fact: Fact
    code: str | None
    steps: tuple[Step, ...]

    @classmethod
    def of(cls, fact: Fact, steps: tuple[Step, ...], code: str | None = None) -> "Answer":
        """Sum up, under the first code that says why; in an answer that is too long the rejected ones stay."""
        codes = [step.code for step in steps if step.rejected]
        code = code or next((why for why in codes if why != ROLLED_BACK), codes[0] if codes else None)
        if len(steps) > MOST_ANSWERED:
            first = sorted(range(len(steps)), key=lambda place: not steps[place].rejected)[:MOST_ANSWERED]
            steps = tuple(steps[place] for place in sorted(first))
        return cls(fact, code, steps)

    @property
    def failed(self) -> bool:
        """Whether anything was rejected."""
        return self.code is not None

    @property
    def subject(self) -> str:
        """Give the subscription, or the number whose reservation was to be extended."""
        return self.fact.cause.subject


Said = Command | Answer


class Refused(Exception):
    """A fact that cannot be applied. `code` and `message` go into the answer."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message
