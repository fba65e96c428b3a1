"""The shapes of answers, for those who write clients: OpenAPI is made from them."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from contracts.fields import E164, Instant, Name
from contracts.inventory import Number
from services.gateway.domain.job import JobState


class Shape(BaseModel):
    """An answer."""

    model_config = ConfigDict(frozen=True)


class NumberPage(Shape):
    """Some of what was found."""

    numbers: list[Number]
    next: str | None = Field(description="cursor of the next page; null on the last")


class FacetCounts(Shape):
    """How many numbers a search finds."""

    total: int
    facets: dict[str, dict[str, int]] = Field(description="by facet and value, the most frequent first")
    approximate: bool = Field(description="there are more than were counted")


class Earned(Shape):
    """Points by one rule."""

    rule: str
    points: int
    digits: str = Field(description="those that earn them")
    why: str


class GradeShown(Shape):
    """How golden a number is, and why."""

    number: E164
    grade: int = Field(ge=0, le=100)
    golden: bool = Field(description="whether the policy would call it golden")
    rules: list[Earned]


class TokenShown(Shape):
    """A token, without its secret."""

    name: str
    org: Name | None = Field(description="null: an operator's")
    domains: list[str]
    scopes: list[str]
    created: Instant
    expires: Instant | None
    revoked: Instant | None


class TokenMade(TokenShown):
    """A new token. Nobody sees its secret again."""

    token: str


class TokenList(Shape):
    """All tokens that there are and were."""

    tokens: list[TokenShown]


class FaultShown(Shape):
    """What is wrong with one field."""

    field: str
    message: str


class ProblemShown(Shape):
    """What is wrong, after RFC 9457."""

    model_config = ConfigDict(frozen=True, extra="allow", title="Problem")

    type: str
    title: str
    status: int
    detail: str = Field(description="a sentence that names what is wrong and what would be right")
    code: str = Field(description="for programs; never changes")
    errors: list[FaultShown] = Field([], description="what is wrong with which field")


class ChangeShown(Shape):
    """A change of a number, as the event of inventory told it."""

    id: str
    source: str
    type: str
    subject: E164
    time: Instant
    correlationid: str | None = None
    causationid: str | None = None
    actor: str | None = Field(None, description="who asked")
    data: Number


class History(Shape):
    """Changes of a number, the latest first."""

    changes: list[ChangeShown]
    before: int | None = Field(description="version to go on from; null on the last page")


class CommandShown(Shape):
    """What became of a command."""

    id: str
    status: Literal["pending", "accepted", "rejected"]
    number: E164 | None = None
    event: str | None = Field(None, description="type of inventory's answer")
    version: int | None = Field(None, description="of the number then; null for an unknown one")
    state: str | None = Field(None, description="of the number then; null for an unknown one")
    code: str | None = Field(None, description="why it was rejected")
    message: str | None = Field(None, description="the same in a sentence")


class Added(Shape):
    """The verdict on one number."""

    written: str = Field(description="as it stands in the request")
    number: E164 | None = Field(None, description="the same in canonical form; null if it is none")
    outcome: Literal["accepted", "rejected", "unanswered"]
    code: str | None = Field(None, description="why it was rejected")
    message: str | None = Field(None, description="the same in a sentence")
    version: int | None = None
    command: str | None = Field(None, description="asked of inventory under this id; /v1/commands tells more")


class AddedNumbers(Shape):
    """A verdict for each number, in the order of the request."""

    results: list[Added]


class JobShown(Shape):
    """Many commands of one verb, and how far they are."""

    job: str = Field(description="its name")
    verb: str
    file: str
    state: JobState = Field(description="waiting: nobody answers, it goes on by itself")
    rows: int
    settled: int = Field(description="rows that have come to their end")
    outcomes: dict[str, int] = Field(description="accepted and rejected by inventory, refused when read, unanswered")
    codes: dict[str, int] = Field(description="why rows were rejected or refused")
    note: str | None = Field(description="why it stands where it does")
    who: str
    approved_by: str | None
    undoes: str | None = Field(description="the job that it takes back")
    plan: str | None
    sha256: str | None = Field(description="of the file")
    created: Instant
    finished: Instant | None


class JobList(Shape):
    """Jobs, the newest first."""

    jobs: list[JobShown]


class ExampleShown(Shape):
    """A row that would not be carried out."""

    row: int
    number: str
    reason: str


class PlanShown(Shape):
    """What rows would come to, by what is known now."""

    hash: str = Field(description="of verb, rows, what is foreseen and versions; give it as `plan` to do just this")
    rows: int
    outcomes: dict[str, int]
    codes: dict[str, int]
    examples: dict[str, list[ExampleShown]] = Field(description="the first rows of each code")
    ignored: list[str] = Field(description="columns that are of no use")
