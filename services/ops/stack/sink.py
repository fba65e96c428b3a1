"""A real SMTP server that keeps every mail in a Maildir and delivers none; a process of its own.

Run as `python -m services.ops.stack.sink --port PORT --maildir FOLDER --refuse FILE`.

The refuse file is read again for every recipient; it may be absent. Each line is `ADDRESS CODE [TEXT]`, the
first that fits counts, `*` fits every address: `* 451 try later`, `bob@example.org 550`.
"""

import argparse
import asyncio
import mailbox
import signal
from dataclasses import dataclass
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from services.ops.stack.ports import HOST


@dataclass(frozen=True)
class Sink:
    """What the SMTP server does with recipients and mails; the method names are aiosmtpd's."""

    maildir: mailbox.Maildir
    refuse: Path

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take the recipient unless the refuse file says otherwise."""
        answer = refusal(self.refuse, address)
        if answer is not None:
            return answer
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Store the mail, then say so: what was answered with 250 survives a kill of this process."""
        self.maildir.add(stored(envelope))
        return "250 OK"


def refusal(rules: Path, address: str) -> str | None:
    """Return the SMTP answer with which `address` is refused, or None if it is welcome."""
    lines = rules.read_text().splitlines() if rules.exists() else []
    for pattern, code, *text in (line.split(maxsplit=2) for line in lines if line.strip()):
        if pattern == "*" or pattern.lower() == address.lower():
            return f"{code} {text[0] if text else 'refused by the test'}"
    return None


def stored(envelope: Envelope) -> bytes:
    """Return the mail as received, with the envelope in front as X-MailFrom and X-RcptTo."""
    content = envelope.original_content or b""
    head = f"X-MailFrom: {envelope.mail_from}\nX-RcptTo: {', '.join(envelope.rcpt_tos)}\n"
    return head.encode() + content.replace(b"\r\n", b"\n")


async def serve(port: int, sink: Sink) -> None:
    """Serve until SIGTERM."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    server = await loop.create_server(lambda: SMTP(sink, enable_SMTPUTF8=True, loop=loop), HOST, port)
    async with server:
        await ended.wait()


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m services.ops.stack.sink", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--maildir", type=Path, required=True)
    parser.add_argument("--refuse", type=Path, required=True)
    given = parser.parse_args()
    asyncio.run(serve(given.port, Sink(mailbox.Maildir(given.maildir), given.refuse)))


if __name__ == "__main__":
    main()
