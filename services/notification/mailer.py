"""How letters reach a mail server: over SMTP, one connection for a page of them."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Literal, NamedTuple, Protocol
from urllib.parse import unquote, urlsplit

import aiosmtplib
from pydantic import SecretStr

ENCRYPTION: dict[str, tuple[Literal["none", "starttls", "tls"], int]] = {  # by scheme, with the usual port
    "smtp": ("none", 25),
    "smtp+starttls": ("starttls", 587),
    "smtps": ("tls", 465),
}
TIMEOUT = 10.0  # seconds for one answer of the server
DEADLINE = 15.0  # seconds for one letter, and to connect
PAGE = 15.0  # seconds after which no further letter is begun: the lane has other things to do


class Outcome(NamedTuple):
    """What became of a letter. `later`: it may be taken another time; `refused`: never."""

    kind: Literal["sent", "later", "refused"]
    message: str = ""


class Mailer(Protocol):
    """Sends letters."""

    async def deliver(self, letters: Sequence[EmailMessage]) -> Sequence[Outcome]:
        """Send in order. Gives fewer outcomes than letters when it had to stop: the rest is untried."""


@dataclass(frozen=True)
class Server:
    """A mail server, and how to speak with it."""

    host: str
    port: int
    encryption: Literal["none", "starttls", "tls"]
    user: str | None = None
    password: SecretStr | None = None


def parse_smtp_url(text: object) -> Server:
    """Read `smtp://host:port`. Raises `ValueError` with what would be right, and without the password."""
    if isinstance(text, Server):
        return text
    try:
        url = urlsplit(str(text))
        host, port = url.hostname, url.port
    except ValueError:
        host, port = None, None
    if not host or url.scheme not in ENCRYPTION or url.path not in ("", "/") or url.query or url.fragment:
        raise ValueError(
            "must be smtp://host:port, smtp+starttls://user:password@host:port or smtps://user:password@host:port, "
            "with / @ : ? # in user and password written as %2F %40 %3A %3F %23"
        )
    encryption, usual = ENCRYPTION[url.scheme]
    user, password = (None if part is None else unquote(part) for part in (url.username, url.password))
    return Server(
        host, usual if port is None else port, encryption, user or None, SecretStr(password) if password else None
    )


class SmtpMailer:
    """Sends letters to one server from one sender; `name` is how it introduces itself."""

    def __init__(self, server: Server, sender: str, name: str, deadline: float = DEADLINE, page: float = PAGE) -> None:
        self._server, self._sender, self._name = server, sender, name
        self._deadline, self._page = deadline, page

    async def deliver(self, letters: Sequence[EmailMessage]) -> Sequence[Outcome]:
        """Send in order; without a server all are for later."""
        if not letters:
            return []
        client = self._client()
        try:
            async with asyncio.timeout(self._deadline):
                await client.connect()
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            return [Outcome("later", _said(error))] * len(letters)
        try:
            return await self._all(client, letters)
        finally:
            await _farewell(client)

    async def _all(self, client: aiosmtplib.SMTP, letters: Sequence[EmailMessage]) -> Sequence[Outcome]:
        outcomes: list[Outcome] = []
        now = asyncio.get_running_loop().time
        enough = now() + self._page
        for letter in letters:
            outcomes.append(await self._one(client, letter))
            if not client.is_connected or now() >= enough:
                break
        return outcomes

    async def _one(self, client: aiosmtplib.SMTP, letter: EmailMessage) -> Outcome:
        try:
            async with asyncio.timeout(self._deadline):
                await client.send_message(letter, sender=self._sender)
        except aiosmtplib.SMTPRecipientsRefused as error:
            return _judged(error.recipients[0])
        except aiosmtplib.SMTPDataError as error:
            return _judged(error)
        except (aiosmtplib.SMTPNotSupported, UnicodeError) as error:
            return Outcome("refused", _said(error))
        except aiosmtplib.SMTPResponseException as error:  # of us, not of the letter: sender, session
            return Outcome("later", _said(error))
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            client.close()  # the answer may still come: nothing else can be asked on this connection
            return Outcome("later", _said(error))
        return Outcome("sent")

    def _client(self) -> aiosmtplib.SMTP:
        server = self._server
        return aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            username=server.user,
            password=server.password.get_secret_value() if server.password else None,
            use_tls=server.encryption == "tls",
            start_tls=server.encryption == "starttls",
            local_hostname=self._name,
            timeout=TIMEOUT,
        )


async def _farewell(client: aiosmtplib.SMTP) -> None:
    with suppress(aiosmtplib.SMTPException, OSError, TimeoutError):
        if client.is_connected:
            await client.quit(timeout=1)
    client.close()


def _judged(error: aiosmtplib.SMTPResponseException) -> Outcome:
    return Outcome("refused" if 500 <= error.code < 600 else "later", _said(error))


def _said(error: Exception) -> str:
    """Give what a server or the network said, as one line."""
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):  # whose words may hold what it was sent
        return f"{error.code} the mail server refuses user and password"
    text = f"{error.code} {error.message}" if isinstance(error, aiosmtplib.SMTPResponseException) else str(error)
    line = " ".join(text.replace("\x00", " ").split())
    return line[:500] or type(error).__name__
