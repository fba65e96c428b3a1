"""What is said on `notification.events` of mails, and of notices that nobody can be told."""

from contracts.message import Message
from contracts.topics import NOTIFICATION_EVENTS
from services.chassis.ports import Document
from services.chassis.work import Work, derived_id
from services.notification.domain import PLATFORM, Addressee, Mail, Notice, Role, Template

NO_ADDRESS: dict[Role, str] = {
    "billing_email": "has no billing e-mail address; send account.updated with billing_email",
    "owner_email": "has no owner e-mail address; send account.updated with owner_email",
    "support_email": "has no support e-mail address; send account.updated with support_email",
    "platform": "has no support e-mail address; set NUMBERBANK_SUPPORT_EMAIL",
}


def report_sent(work: Work, mail: Mail) -> None:
    """Say that the mail server has taken a mail."""
    _report(work, "notification.sent", mail.org, _delivery(mail), mail.message_id, after=_traces(mail))


def report_refused(work: Work, mail: Mail, message: str) -> None:
    """Say that a mail will never be taken."""
    data = {**_delivery(mail), "code": "refused", "message": message}
    _report(work, "notification.failed", mail.org, data, mail.message_id, after=_traces(mail))


def report_unaddressed(work: Work, to: Addressee, template: Template, notice: Notice, cause: Message) -> None:
    """Say that there is no address for a notice."""
    who = "The platform" if to.org == PLATFORM and to.role == "platform" else to.org
    data = {
        "notices": [notice.id],
        "recipient": None,
        "template": template,
        "numbers": [notice.number],
        "message_id": None,
        "code": "no_address",
        "message": f"{who} {NO_ADDRESS[to.role]}.",
    }
    _report(work, "notification.failed", to.org, data, f"{notice.id} {to.role}", cause)


def report_later(work: Work, mail: Mail) -> None:
    """Count what nobody is told: that a mail will be tried again."""
    work.count("notice", "later", len(mail.notices))


def _delivery(mail: Mail) -> Document:
    return {
        "notices": [notice.id for notice in mail.notices],
        "recipient": mail.address,
        "template": mail.template,
        "numbers": [notice.number for notice in mail.notices],
        "message_id": mail.message_id,
    }


def _traces(mail: Mail) -> tuple[str, ...]:
    return tuple(dict.fromkeys(notice.trace for notice in mail.notices if notice.trace is not None))


def _report(
    work: Work,
    type: str,
    org: str,
    data: Document,
    about: str,
    cause: Message | None = None,
    after: tuple[str, ...] = (),
) -> None:
    work.count("notice", data.get("code", "sent"), len(data["notices"]))
    id = derived_id("notification", type, org, about)
    work.emit(NOTIFICATION_EVENTS.name, type, org, data, cause=cause, id=id, after=after)
