"""How a mail reads: templates of plain text and HTML, and the headers around them."""

from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from services.notification.domain import Mail, Notice

CAUSES = {
    "manual": "reserved by hand",
    "subscription_expired": "its subscription has expired",
    "subscription_terminated": "its subscription was terminated",
    "swapped_out": "swapped for another number",
    "removed": "removed from its subscription",
    "locked": "locked",
}
TEMPLATES = Environment(
    loader=PackageLoader("services.notification"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)


@dataclass(frozen=True)
class Letters:
    """Writes letters from one sender."""

    sender: str

    def write(self, mail: Mail, at: datetime) -> EmailMessage:
        """Give a mail as it goes out at `at`. The first line of the text template is the subject."""
        context = _context(mail)
        subject, _, text = TEMPLATES.get_template(f"{mail.template}.txt").render(context).partition("\n")
        html = TEMPLATES.get_template(f"{mail.template}.html").render(context, subject=subject)
        letter = EmailMessage(policy=SMTP)
        letter["From"] = Address(addr_spec=self.sender)
        letter["To"] = Address(addr_spec=mail.address)
        letter["Subject"] = subject
        letter["Date"] = format_datetime(at)
        letter["Message-ID"] = mail.message_id
        letter["Auto-Submitted"] = "auto-generated"
        letter.set_content(text.lstrip("\n"))
        letter.add_alternative(html, subtype="html")
        return letter


def is_sendable(address: str) -> bool:
    """Tell whether an address can stand in a header and an envelope as it is."""
    try:
        return Address(addr_spec=address).addr_spec == address
    except (MessageError, ValueError, LookupError, AttributeError, TypeError):
        return False  # the standard library's parser fails in many ways on what is no address


def _context(mail: Mail) -> dict[str, Any]:
    notices = sorted(mail.notices, key=lambda notice: (notice.until, notice.number))
    days = [_day(notice.until) for notice in notices]
    return {
        "name": " ".join(mail.name.split()) if mail.name else None,
        "count": len(notices),
        "first": days[0],
        "one_day": days[0] == days[-1],
        "rows": [_row(notice) for notice in notices],
    }


def _row(notice: Notice) -> dict[str, str]:
    left = {0: "over", 1: "1 day"}.get(notice.days_left, f"{notice.days_left} days")
    return {
        "number": notice.number,
        "ends": f"{_day(notice.until)}, {notice.until:%H:%M} UTC",
        "left": left,
        "why": CAUSES.get(notice.cause, notice.cause.replace("_", " ")),
    }


def _day(at: datetime) -> str:
    return f"{at.day} {at:%B} {at.year}"
