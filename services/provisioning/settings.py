"""Settings of provisioning."""

from pydantic import Field

from contracts.policy import Policy
from services.chassis.settings import PolicyFile, Settings


class ProvisioningSettings(Settings):
    """What every service needs, and the policy: whether a swap must be to the same SKU."""

    policy: PolicyFile = Field(
        default_factory=Policy.shipped, alias="NUMBERBANK_POLICY", description="policy file; absent: the shipped one"
    )
