"""How mails read, as text and as HTML."""

from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest

from services.notification.domain import Mail, Notice, Template
from services.notification.letters import Letters, is_sendable
from services.notification.postmark import FALLBACK, Postmark
from tests.unit.notification.desk import NOON, _read_back, html_of, text_of

AT = datetime(2026, 1, 1, 12, tzinfo=UTC)
SUBJECTS = {
    "reservation_expiring": (
        "1 reserved number: reservation ends on 8 January 2026",
        "2 reserved numbers: reservation ends from 8 January 2026 on",
    ),
    "lock_expiring": (
        "1 locked number: lock ends on 8 January 2026",
        "2 locked numbers: lock ends from 8 January 2026 on",
    ),
    "lock_expired": ("1 number no longer locked", "2 numbers no longer locked"),
}


def notice(n: int, days: int, cause: str = "manual") -> Notice:
    return Notice(f"id-{n}", f"+653158000{n}", cause, NOON + timedelta(days=days), days)


def mail(template: Template, *notices: Notice, name: str | None = "Acme & Sons", domain: str = "x.example") -> Mail:
    return Mail(f"<1234@{domain}>", "acme", template, "billing@acme.example", name, notices, NOON)


class Cells(HTMLParser):
    """The words in the cells of a table."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.cells: list[str] = []
        self.open: list[str] = []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.open += [] if tag == "meta" else [tag]
        self.cells += [""] if tag == "td" else []

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "td":
            self.cells[-1] += data


@pytest.mark.parametrize("many", [1, 2])
@pytest.mark.parametrize("template", SUBJECTS)
def test_every_mail_reads_the_same_as_text_and_as_html(template: Template, many: int) -> None:
    notices = [notice(2, 9, "subscription_expired"), notice(1, 7)][-many:]
    letter = _read_back(Letters("bank@platform.example").write(mail(template, *notices), AT))
    text, html = text_of(letter), html_of(letter)
    assert letter["Subject"] == SUBJECTS[template][many - 1]
    assert f"<title>{letter['Subject']}</title>" in html
    assert text.startswith("Hello Acme & Sons,")
    assert "Hello Acme &amp; Sons," in html
    cells = Cells(html).cells
    for row in notices:
        assert row.number in text
        assert row.number in cells
        assert f"{row.until.day} January 2026, 12:00 UTC" in text
        assert f"{row.until.day} January 2026, 12:00 UTC" in cells
    assert "{" not in text + html.replace("{ ", "")


def test_rows_come_in_the_order_in_which_they_end() -> None:
    letter = _read_back(
        Letters("b@x.example").write(mail("lock_expired", notice(2, 3), notice(1, 4), notice(3, 1)), AT)
    )
    text = text_of(letter)
    assert text.index("+6531580003") < text.index("+6531580002") < text.index("+6531580001")


@pytest.mark.parametrize(("days", "words"), [(7, "7 days left"), (1, "1 day left"), (0, "over")])
def test_days_left_are_said_in_words(days: int, words: str) -> None:
    assert words in text_of(Letters("b@x.example").write(mail("reservation_expiring", notice(1, days)), AT))


def test_headers_say_who_when_and_that_a_machine_wrote_it() -> None:
    letter = _read_back(Letters("bank@platform.example").write(mail("lock_expired", notice(1, 0), name=None), AT))
    assert letter["From"] == "bank@platform.example"
    assert letter["To"] == "billing@acme.example"
    assert letter["Date"].datetime == AT
    assert letter["Message-ID"] == "<1234@x.example>"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter.get_content_type() == "multipart/alternative"
    assert text_of(letter).startswith("Hello,")


@pytest.mark.parametrize(
    "domain", ["a" * 60 + ".example.org", "b.example", "x" * 200, "ex\u00e4mple.org", 'we"ird', "[127.0.0.1]"]
)
def test_a_message_id_survives_the_journey_whatever_the_domain(domain: str) -> None:
    postmark = Postmark.of(f"bank@{domain}")
    letter = _read_back(Letters("b@x.example").write(mail("lock_expired", notice(1, 0), domain=postmark.domain), AT))
    assert letter["Message-ID"] == f"<1234@{postmark.domain}>"
    assert postmark.domain in (domain, FALLBACK)


@pytest.mark.parametrize(
    ("address", "sendable"),
    [
        ("a@b.example", True), ("a+b@localhost", True), ("o'neill@b.example", True), ("a(b)@c.example", False),
        ('a"b@c.example', False), ("a:b@c.example", False), ("j\u00f6rg@c.example", False),
        ("=?utf-8?q?a?=@c.example", False), ("a\x01@c.example", False), ("@", False), ("a@", False),
    ],
)  # fmt: skip
def test_only_plain_addresses_can_be_sent_to(address: str, sendable: bool) -> None:
    assert is_sendable(address) is sendable
