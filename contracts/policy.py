"""How long numbers rest: the policy file, validated. Source: CONTRACT, policy section."""

import re
import tomllib
from datetime import timedelta
from importlib.resources import files
from typing import Annotated, NamedTuple, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from contracts.fields import Attribute, CauseName, Code, Country

LONGEST = timedelta(days=36_500)
_UNITS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
BUILT_IN_CAUSES = ("manual", "locked")  # not for number.unassign
NEEDED_CAUSES = (*BUILT_IN_CAUSES, "subscription_expired", "subscription_terminated", "swapped_out", "removed")


def parse_period(value: object) -> timedelta:
    """Read `"28d"`, `"36h"`, `"90m"` or `"30s"`. Raises `ValueError` for anything else."""
    if isinstance(value, timedelta):
        return value
    if not isinstance(value, str) or not (match := re.fullmatch(r"(\d{1,9})([dhms])", value, re.ASCII)):
        raise ValueError('must be a period such as "28d", "36h", "90m" or "30s"')
    period = timedelta(**{_UNITS[match[2]]: int(match[1])})
    if period > LONGEST:
        raise ValueError("must not be longer than 36500d")
    return period


Period = Annotated[timedelta, BeforeValidator(parse_period)]


class _Table(BaseModel):
    """A table of the file: unlike messages it refuses keys that it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Periods(_Table):
    """How long a hold of one cause lasts."""

    normal: Period
    ported_in: Period


class Override(_Table):
    """Other periods for the numbers that fit all of what is given."""

    country: Country | None = None
    sku: Attribute | None = None
    number_type: Code | None = None
    notice: Period | None = None
    period: dict[CauseName, Periods] = {}

    def fits(self, traits: "Traits") -> bool:
        """Tell whether a number with these traits is meant."""
        return all(
            wanted is None or wanted == has
            for wanted, has in zip((self.country, self.sku, self.number_type), traits[:3], strict=True)
        )


class Traits(NamedTuple):
    """What policy may depend on."""

    country: str
    sku: str
    number_type: str
    ported_in: bool = False


class Policy(_Table):
    """The whole file. Example: `Policy.shipped().period_of("manual", traits)` is 28 days."""

    notice: Period
    swap_same_sku: bool = True
    stale: Period = timedelta(days=90)  # available for longer: nobody wants it
    golden_grade: Annotated[int, Field(ge=1, le=100)] = 40  # points from which a number is proposed as golden
    period: dict[CauseName, Periods]
    override: Annotated[tuple[Override, ...], Field(max_length=10_000)] = ()

    @model_validator(mode="after")
    def names_every_cause(self) -> Self:
        """Refuse a file without a cause that the services use, or an exception for an unknown one."""
        if missing := [cause for cause in NEEDED_CAUSES if cause not in self.period]:
            raise ValueError(f"period lacks {', '.join(missing)}")
        for override in self.override:
            if unknown := override.period.keys() - self.period.keys():
                raise ValueError(f"override names {', '.join(sorted(unknown))}, which period does not")
        return self

    @classmethod
    def parse(cls, document: bytes) -> Self:
        """Read a TOML document. Raises `ValueError` (pydantic's or tomllib's) with what is wrong."""
        return cls.model_validate(tomllib.loads(document.decode()))

    @classmethod
    def shipped(cls) -> Self:
        """Give the policy that comes with the distribution."""
        return cls.parse(files("contracts").joinpath("policy.toml").read_bytes())

    def knows(self, cause: str) -> bool:
        """Tell whether there is a period for `cause`."""
        return cause in self.period

    def period_of(self, cause: str, traits: Traits) -> timedelta:
        """Give how long a hold of `cause` lasts. Raises `KeyError` for an unknown cause."""
        periods = self.period[cause]
        for override in self.override:
            if cause in override.period and override.fits(traits):
                periods = override.period[cause]
        return periods.ported_in if traits.ported_in else periods.normal

    def notice_of(self, traits: Traits) -> timedelta:
        """Give how long before the end of its hold people are told of a number."""
        notice = self.notice
        for override in self.override:
            if override.notice is not None and override.fits(traits):
                notice = override.notice
        return notice
