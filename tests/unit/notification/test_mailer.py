"""The road of a letter to a real SMTP server."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, Envelope
from pydantic import SecretStr

from services.chassis.errors import Refusal
from services.notification.mailer import Server, SmtpMailer, parse_smtp_url
from services.notification.settings import NotificationSettings
from tests.unit.notification.desk import ENVIRON


class Office:
    """What the mail server does; the names are aiosmtpd's."""

    def __init__(self, **answers: str) -> None:
        self.answers, self.taken, self.connections = answers, list[str](), 0

    async def handle_EHLO(self, server: Any, session: Any, envelope: Any, hostname: str, responses: Any) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses  # type: ignore[no-any-return]

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        envelope.mail_from = address
        return self.answers.get(address, "250 OK")

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        answer = self.answers.get(address, "250 OK")
        if answer == "hang up":
            server.transport.close()
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:
        if b"spam" in (envelope.original_content or b""):
            return "554 no spam here"
        self.taken += envelope.rcpt_tos
        return "250 OK"


@asynccontextmanager
async def mail_server(**answers: str) -> AsyncIterator[tuple[Office, SmtpMailer]]:
    office, loop = Office(**answers), asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(office, hostname="mail", loop=loop), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield office, SmtpMailer(Server("127.0.0.1", port, "none"), "bank@platform.example", "platform.example")
    finally:
        server.close()
        await server.wait_closed()


def letter(to: str, text: str = "hello") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "bank@platform.example", to, "Numbers"
    message.set_content(text)
    return message


async def test_a_page_of_letters_goes_over_one_connection() -> None:
    async with mail_server() as (office, mailer):
        outcomes = await mailer.deliver([letter("a@x.example"), letter("b@x.example")])
        assert await mailer.deliver([]) == []
    assert [outcome.kind for outcome in outcomes] == ["sent", "sent"]
    assert (office.taken, office.connections) == (["a@x.example", "b@x.example"], 1)


async def test_refusals_for_now_and_for_good_are_told_apart_and_hold_up_nobody() -> None:
    async with mail_server(**{"busy@x.example": "451 try later", "gone@x.example": "550 who?"}) as (office, mailer):
        page = [
            letter("busy@x.example"),
            letter("gone@x.example"),
            letter("c@x.example", "spam"),
            letter("d@x.example"),
        ]
        outcomes = await mailer.deliver(page)
    assert [outcome.kind for outcome in outcomes] == ["later", "refused", "refused", "sent"]
    assert outcomes[0].message == "451 try later"
    assert outcomes[1].message == "550 who?"
    assert outcomes[2].message == "554 no spam here"
    assert office.taken == ["d@x.example"]


async def test_a_refused_sender_is_our_fault_and_loses_no_mail() -> None:
    async with mail_server(**{"bank@platform.example": "550 not from you"}) as (_, mailer):
        [outcome] = await mailer.deliver([letter("a@x.example")])
    assert (outcome.kind, outcome.message) == ("later", "550 not from you")


async def test_a_connection_that_breaks_leaves_the_rest_untried() -> None:
    async with mail_server(**{"b@x.example": "hang up"}) as (office, mailer):
        outcomes = await mailer.deliver([letter(f"{name}@x.example") for name in "abc"])
        assert [outcome.kind for outcome in outcomes] == ["sent", "later"]
        assert [outcome.kind for outcome in await mailer.deliver([letter("c@x.example")])] == ["sent"]
    assert office.taken == ["a@x.example", "c@x.example"]


async def test_a_slow_page_ends_before_the_lane_has_waited_too_long() -> None:
    async with mail_server() as (office, mailer):
        hurried = SmtpMailer(mailer._server, "b@x.example", "x", page=0)
        outcomes = await hurried.deliver([letter("a@x.example"), letter("b@x.example")])
    assert [outcome.kind for outcome in outcomes] == ["sent"]
    assert office.taken == ["a@x.example"]


async def test_a_server_that_does_not_answer_puts_the_letter_off() -> None:
    writers: list[asyncio.StreamWriter] = []
    silent = await asyncio.start_server(lambda _, writer: writers.append(writer), "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    mailer = SmtpMailer(Server("127.0.0.1", port, "none"), "b@x.example", "x", deadline=0.05)
    [outcome] = await mailer.deliver([letter("a@x.example")])
    for writer in writers:
        writer.close()
        await writer.wait_closed()
    silent.close()
    assert outcome.kind == "later"


async def test_without_a_server_all_letters_are_for_later() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        mailer = SmtpMailer(Server("127.0.0.1", port, "none"), "b@x.example", "x.example")
        outcomes = await mailer.deliver([letter("a@x.example"), letter("b@x.example")])
    assert [outcome.kind for outcome in outcomes] == ["later", "later"]
    assert outcomes[0].message


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example", Server("mail.example", 25, "none")),
        ("smtp://127.0.0.1:2525/", Server("127.0.0.1", 2525, "none")),
        ("smtps://me:s%40cret@mail.example", Server("mail.example", 465, "tls", "me", SecretStr("s@cret"))),
        ("smtp+starttls://me:x@mail.example:26", Server("mail.example", 26, "starttls", "me", SecretStr("x"))),
    ],
)
def test_the_mail_server_is_named_by_a_url(url: str, server: Server) -> None:
    assert parse_smtp_url(url) == server


@pytest.mark.parametrize(
    "url", ["mail.example:25", "http://mail.example", "smtp://", "smtp://me:se/cret@mail", "smtp://me:secret@mail:x"]
)
def test_a_wrong_url_is_explained_in_one_sentence_without_the_password(url: str) -> None:
    with pytest.raises(Refusal, match=r"^SMTP_URL must be smtp://host:port") as refusal:
        NotificationSettings.load({**ENVIRON, "SMTP_URL": url})
    assert "se/cret" not in str(refusal.value)
    assert "secret" not in str(refusal.value)


def test_settings_never_show_the_password() -> None:
    settings = NotificationSettings.load({**ENVIRON, "SMTP_URL": "smtps://me:secret@mail.example"})
    assert settings.smtp.password == SecretStr("secret")
    assert "secret" not in repr(settings) + repr(settings.smtp)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SMTP_URL", ""),
        ("NUMBERBANK_SUPPORT_EMAIL", "nobody"),
        ("NUMBERBANK_MAIL_FROM", "a:b@c.example"),
        ("NUMBERBANK_DIGEST_PERIOD", "ten minutes"),
    ],
)
def test_a_wrong_setting_is_named(variable: str, value: str) -> None:
    with pytest.raises(Refusal, match=f"^{variable} "):
        NotificationSettings.load({**ENVIRON, variable: value})
