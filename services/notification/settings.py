"""What notification needs to know besides what every service does."""

from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from contracts.fields import Email
from contracts.policy import Period
from services.chassis.security.files import Secret
from services.chassis.settings import Settings
from services.notification.letters import is_sendable
from services.notification.mailer import Server, parse_smtp_url


def _sendable(address: str) -> str:
    if not is_sendable(address):
        raise ValueError("must be an e-mail address, such as support@example.org")
    return address


Address = Annotated[Email, AfterValidator(_sendable)]


class NotificationSettings(Settings):
    """Settings of notification."""

    smtp: Annotated[Server, BeforeValidator(parse_smtp_url), Secret()] = Field(
        alias="SMTP_URL",
        repr=False,  # may hold a password
        description="the mail server, smtp://host:port or smtps://user:password@host:port",
    )
    support: Address | None = Field(
        None, alias="NUMBERBANK_SUPPORT_EMAIL", description="address of the platform's support, which hears of locks"
    )
    sender: Address = Field(
        "numberbank@localhost", alias="NUMBERBANK_MAIL_FROM", description="address that mails come from"
    )
    digest_period: Period = Field(
        timedelta(minutes=10),
        alias="NUMBERBANK_DIGEST_PERIOD",
        description="how long notices for the same address wait to become one mail",
    )
