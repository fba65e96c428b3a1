"""What the gateway needs to know besides what every service does."""

from typing import Annotated, Any

from pydantic import Field

from contracts.policy import Policy
from services.chassis.settings import PolicyFile, Settings

BULK_DELETES: Any = Field(
    100, alias="NUMBERBANK_BULK_DELETES", description="numbers that a job may delete before somebody else approves it"
)


STRICT_NUMBERS: Any = Field(
    False, alias="NUMBERBANK_STRICT_NUMBERS", description="1: previews say that ranges not in use cannot join"
)


class GatewaySettings(Settings):
    """Settings of the gateway."""

    bulk_deletes: Annotated[int, Field(ge=0)] = BULK_DELETES
    strict_numbers: bool = STRICT_NUMBERS
    http_port: Annotated[int, Field(ge=1, le=65_535)] | None = Field(
        None, alias="NUMBERBANK_HTTP_PORT", description="port of the HTTP API; absent: there is none"
    )
    http_host: str = Field("127.0.0.1", alias="NUMBERBANK_HTTP_HOST", description="address where the HTTP API listens")
    http_rate: Annotated[float, Field(gt=0, le=1_000_000)] = Field(
        50.0, alias="NUMBERBANK_HTTP_RATE", description="requests a second of one token, in each process"
    )
    http_streams: Annotated[int, Field(ge=0, le=10_000)] = Field(
        100, alias="NUMBERBANK_HTTP_STREAMS", description="streams of changes that each process has open, at most"
    )
    policy: PolicyFile = Field(
        default_factory=Policy.shipped, alias="NUMBERBANK_POLICY", description="file that says what is stale and golden"
    )
