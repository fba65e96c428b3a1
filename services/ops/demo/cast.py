"""Who plays: organisations, the numbers of the bank, and those numbers that have a part of their own."""

from typing import Any, NamedTuple

SUPPORT = "support@numberbank.example"
SENDER = "numbers@numberbank.example"


class Sort(NamedTuple):
    """Numbers that are alike: all of one block."""

    vendor: str
    country: str
    sku: str
    first: int
    size: int

    def number(self, index: int) -> str:
        """Give one of them."""
        return f"+{self.first + index}"

    @property
    def attributes(self) -> dict[str, Any]:
        """What is said of each when it joins the bank."""
        return {"vendor": self.vendor, "country": self.country, "sku": self.sku}


SINGAPORE = Sort("lion-voice", "SG", "sg-local", 6531580001, 48)
LONDON = Sort("thames-tel", "GB", "gb-london", 442079460101, 40)
WASHINGTON = Sort("thames-tel", "US", "us-local", 12025550101, 32)
SORTS = (SINGAPORE, LONDON, WASHINGTON)

# Numbers with a part of their own. The traffic of every day leaves them alone.
RACED = SINGAPORE.number(0)
BY_HAND = SINGAPORE.number(1)
SWAPPED_OUT, SWAPPED_IN = SINGAPORE.number(2), SINGAPORE.number(3)
LOCKED = SINGAPORE.number(4)
GOLDEN = "+6531588888"
NORMAL, PORTED_IN = LONDON.number(0), "+442079460900"
UNPAID = LONDON.number(1)
PAID_HOLD = "+442079460901"
FAIR = (WASHINGTON.number(0), WASHINGTON.number(1), WASHINGTON.number(2))
GONE = WASHINGTON.number(3)
STARS = frozenset((
    RACED, BY_HAND, SWAPPED_OUT, SWAPPED_IN, LOCKED, GOLDEN, NORMAL, PORTED_IN, UNPAID, PAID_HOLD, GONE, *FAIR,
))  # fmt: skip
EVERYDAY = tuple(
    tuple(name for name in map(sort.number, range(sort.size)) if name not in STARS) for sort in SORTS
)  # by sort

CUSTOMERS = {"acme": "Acme", "globex": "Globex", "initech": "Initech", "hooli": "Hooli", "umbrella": "Umbrella"}
PARTNER, PARTNER_NAME = "tekom", "Tekom"
NAMES = {**CUSTOMERS, PARTNER: PARTNER_NAME}
PARTNER_SUPPORT = f"support@{PARTNER}.example"


def holder(org: str) -> dict[str, str]:
    """Give an organisation as messages name it."""
    return {"org": org, "kind": "partner" if org == PARTNER else "customer"}


def accounts() -> dict[str, dict[str, Any]]:
    """Give what billing says of each organisation."""
    customers = {
        org: {"org": org, "kind": "customer", "name": name, "billing_email": f"billing@{org}.example"}
        for org, name in CUSTOMERS.items()
    }
    partner = {"org": PARTNER, "kind": "partner", "name": PARTNER_NAME}
    return {
        **customers,
        PARTNER: {**partner, "owner_email": f"owner@{PARTNER}.example", "support_email": PARTNER_SUPPORT},
    }
