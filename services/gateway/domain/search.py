"""A search as a value: what the command line and HTTP both build, and what is refused with a sentence."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from contracts.fields import Attribute, Capability, CauseName, Country, Domain, Instant, Name, State, text
from services.gateway.domain.pattern import Pattern, parse_pattern

STATES: tuple[State, ...] = ("available", "reserved", "locked", "assigned", "deleted")
MOST_VALUES = 50  # of one field
Order = Literal["number", "since", "until"]


class WrongSearch(ValueError):
    """A search that cannot be meant; the message names the field, what is wrong and what would be right."""


def _readable(pattern: str) -> str:
    parse_pattern(pattern)
    return pattern


class Search(BaseModel):
    """What numbers are looked for: all that is given must fit, of several values any one.

    Ranges include their beginning and not their end. Example: `Search(state=("available",), pattern="+65*888")`.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    state: tuple[State, ...] = Field((), max_length=5, description="available, reserved, locked, assigned, deleted")
    sku: tuple[Attribute, ...] = Field((), max_length=MOST_VALUES, description="what it is sold as")
    vendor: tuple[Attribute, ...] = Field((), max_length=MOST_VALUES, description="who supplies it")
    country: tuple[Country, ...] = Field((), max_length=MOST_VALUES, description="ISO 3166 code of two letters")
    routing: tuple[Name, ...] = Field((), max_length=MOST_VALUES, description="where its calls go")
    pattern: Annotated[str, AfterValidator(_readable)] | None = Field(
        None, description="part of the number: +65 anchors, * any run of digits, ? one digit, letters of a keypad"
    )
    capability: tuple[Capability, ...] = Field((), max_length=3, description="voice, fax, sms: it has at least these")
    exactly: bool = Field(False, description="it has these capabilities and no others")
    golden: bool | None = Field(None, description="only golden numbers, or none of them")
    ported_in: bool | None = Field(None, description="only numbers from other carriers, or none of them")
    charged: bool | None = Field(None, description="only holds that somebody pays for, or only free ones")
    visible_to: Domain | None = Field(None, description="domain that may see it")
    subscription: Name | None = Field(None, description="has the number, or lost it")
    owner: Name | None = Field(None, description="org that holds it")
    cause: tuple[CauseName, ...] = Field((), max_length=MOST_VALUES, description="why it rests")
    until_from: Instant | None = Field(None, description="held at least until")
    until_to: Instant | None = Field(None, description="held until before")
    since_from: Instant | None = Field(None, description="in its state since this or later")
    since_to: Instant | None = Field(None, description="in its state since before this")
    as_of: Instant | None = Field(None, description="as it stood at that time; in the order of numbers only")
    q: Annotated[str, text(128)] | None = Field(None, description="part of the number, a subscription or an owner")
    sort: Order = Field("number", description="number, since, until; by until only holds that end")
    descending: bool = Field(False, description="the last first")

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        if self.exactly and not self.capability:
            raise ValueError("exactly needs capability: name those that the number has")
        for name in ("until", "since"):
            begin, end = getattr(self, f"{name}_from"), getattr(self, f"{name}_to")
            if begin is not None and end is not None and begin >= end:
                raise ValueError(f"{name}_from must lie before {name}_to")
        if self.as_of is not None and self.sort != "number":
            raise ValueError(f"as_of: the past is found in the order of numbers only, not by {self.sort}")
        return self

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Self:
        """Make a search of fields by name. Raises `WrongSearch`."""
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            raise WrongSearch(_sentence(error, cls)) from None

    @property
    def shape(self) -> Pattern | None:
        """What the number has to look like."""
        return None if self.pattern is None else parse_pattern(self.pattern)

    @property
    def asked(self) -> set[str]:
        """The fields that narrow the search."""
        return {name for name, value in self if value not in ((), None, False)} - {"sort", "descending", "as_of"} | {
            name for name in ("golden", "ported_in", "charged") if getattr(self, name) is not None
        }


def _sentence(error: ValidationError, search: type[Search]) -> str:
    first = error.errors(include_url=False)[0]
    where, said = ".".join(map(str, first["loc"])), str(first["msg"]).removeprefix("Value error, ")
    if first["type"] == "extra_forbidden":
        return f"{where} is no field of a search; there are {', '.join(search.model_fields)}."
    return f"{where}: {said}." if where else f"{said}."
