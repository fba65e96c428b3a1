"""A mail server that repeats the password it was sent: nobody else does."""

import asyncio
from email.message import EmailMessage
from urllib.parse import quote

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from services.notification.mailer import SmtpMailer, parse_smtp_url
from services.ops.stack.ports import HOST, free_port

SECRET = "s3cret/@:"


def tell(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: LoginPassword) -> AuthResult:
    return AuthResult(success=False, handled=False, message=f"535 5.7.8 {data.password.decode()} is not the password")


async def test_what_a_mail_server_says_of_a_password_is_not_passed_on() -> None:
    loop, port = asyncio.get_running_loop(), free_port()
    server = await loop.create_server(
        lambda: SMTP(None, authenticator=tell, auth_require_tls=False, loop=loop), HOST, port
    )
    mailer = SmtpMailer(parse_smtp_url(f"smtp://bank:{quote(SECRET, safe='')}@{HOST}:{port}"), "b@x.example", "x")
    async with server:
        [outcome] = await mailer.deliver([EmailMessage()])
    assert outcome.kind == "later"
    assert outcome.message == "535 the mail server refuses user and password"
