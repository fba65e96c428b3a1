"""What the gateway needs to know besides what every service does."""

from services.chassis.settings import Settings


class GatewaySettings(Settings):
    """Settings of the gateway."""
