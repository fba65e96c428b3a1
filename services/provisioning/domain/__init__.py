"""What provisioning decides, without knowing where messages come from and go to.

`facts` befall a `subscription`; `plans` says what each means for its numbers, `admission` whether it
may be applied, `progress` how inventory is asked, `undoing` how that is taken back, `requests` in which
order; `holdings` is what inventory has told, `repeats` what has been heard before.
"""

from services.provisioning.domain.facts import EXPIRED, OF_ALL_NUMBERS, REACTIVATED, TERMINATED, Fact
from services.provisioning.domain.holdings import Holding, Holdings, Told, latest, newer, overlaid
from services.provisioning.domain.repeats import Heard
from services.provisioning.domain.requests import arrive, drain, settle
from services.provisioning.domain.subscription import (
    Answer,
    Command,
    Request,
    Result,
    Said,
    Standing,
    Step,
    Subscription,
)

__all__ = [
    "EXPIRED",
    "OF_ALL_NUMBERS",
    "REACTIVATED",
    "TERMINATED",
    "Answer",
    "Command",
    "Fact",
    "Heard",
    "Holding",
    "Holdings",
    "Request",
    "Result",
    "Said",
    "Standing",
    "Step",
    "Subscription",
    "Told",
    "arrive",
    "drain",
    "latest",
    "newer",
    "overlaid",
    "settle",
]
