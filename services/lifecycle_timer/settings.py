"""What lifecycle-timer needs to know besides what every service does."""

from pydantic import Field

from contracts.policy import Policy
from services.chassis.settings import PolicyFile, Settings


class LifecycleTimerSettings(Settings):
    """Settings of lifecycle-timer."""

    policy: PolicyFile = Field(
        default_factory=Policy.shipped, alias="NUMBERBANK_POLICY", description="file that says how long numbers rest"
    )
