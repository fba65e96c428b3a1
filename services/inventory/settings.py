"""What inventory needs to know besides what every service does."""

from pydantic import Field

from contracts.policy import Policy
from services.chassis.settings import PolicyFile, Settings


class InventorySettings(Settings):
    """Settings of inventory."""

    policy: PolicyFile = Field(
        default_factory=Policy.shipped, alias="NUMBERBANK_POLICY", description="file that says how long numbers rest"
    )
    strict_numbers: bool = Field(
        False, alias="NUMBERBANK_STRICT_NUMBERS", description="1: numbers of ranges not in use cannot join the bank"
    )
