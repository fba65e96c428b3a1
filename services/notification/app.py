"""What notification is made of."""

from contracts.topics import BILLING_ACCOUNTS, LIFECYCLE_EVENTS, NOTIFICATION_EVENTS
from services.chassis.service import Input, Service
from services.notification.delivery import Delivery
from services.notification.directory import Directory, account_deleted
from services.notification.handlers import Notices
from services.notification.letters import Letters
from services.notification.mailer import Mailer, SmtpMailer
from services.notification.postmark import Postmark
from services.notification.settings import NotificationSettings
from services.notification.store import ACCOUNTS, DIGESTS, HEARD, MAILS, UNADDRESSED

A_DAY = 24 * 60 * 60  # seconds
EXPIRING = {
    HEARD: ("at", 40 * A_DAY),  # longer than the topic keeps notices
    UNADDRESSED: ("at", 400 * A_DAY),  # longer than anybody is told before the end of a hold
}


def service(settings: NotificationSettings, mailer: Mailer | None = None) -> Service:
    """Make the service that tells people; tests may bring a mailer of their own."""
    postmark = Postmark.of(settings.sender)
    notices = Notices(settings.support, settings.digest_period, postmark)
    directory = Directory(settings.digest_period)
    mailer = mailer or SmtpMailer(settings.smtp, settings.sender, postmark.domain)
    delivery = Delivery(mailer, Letters(settings.sender), postmark, settings.clock())
    return Service(
        name="notification",
        inputs=(
            Input(BILLING_ACCOUNTS, directory.keep, tombstone=account_deleted),
            Input(LIFECYCLE_EVENTS, notices.collect, after=(BILLING_ACCOUNTS,), timers=delivery),
        ),
        writes=(NOTIFICATION_EVENTS,),
        collections={
            ACCOUNTS: (),
            DIGESTS: (("lane", "send_at"),),
            MAILS: (("lane", "next_at"),),
            UNADDRESSED: (("org", "role"),),
            HEARD: (),
        },
        expiring=EXPIRING,
    )
