"""The mail server of the stack, and a look into what it got."""

import email
import email.policy
import smtplib
import sys
from email.message import EmailMessage
from pathlib import Path

from services.ops.stack.child import Child
from services.ops.stack.ports import HOST

ROOT = Path(__file__).parents[3]  # the folder that holds the package `services`


class Mail(Child):
    """A real SMTP server that keeps everything as a Maildir in its folder."""

    name = "mail"
    directory = "mail"

    @property
    def url(self) -> str:
        """Return the address of the server."""
        return f"smtp://{HOST}:{self.port}"

    @property
    def refuse_file(self) -> Path:
        """Rules for refused recipients; their form is told in `sink.py`."""
        return self.folder.with_name("refuse")

    def command(self) -> list[str]:
        """Return the command line."""
        for part in ("new", "cur", "tmp"):  # of a Maildir
            (self.folder / part).mkdir(exist_ok=True)
        sink = [sys.executable, "-m", "services.ops.stack.sink", "--port", str(self.port)]
        return [*sink, "--maildir", str(self.folder), "--refuse", str(self.refuse_file)]

    def environ(self) -> dict[str, str]:
        """Let it find this package, wherever it is started."""
        path = self.home.settings.environ.get("PYTHONPATH")
        return super().environ() | {"PYTHONPATH": f"{ROOT}:{path}" if path else str(ROOT)}

    def ready(self) -> bool:
        """Tell whether it answers."""
        try:
            with smtplib.SMTP(HOST, self.port, timeout=1) as client:
                return client.noop()[0] == 250
        except (OSError, smtplib.SMTPException):
            return False

    def refuse(self, address: str = "*", code: int = 451) -> None:
        """Refuse `address` (`*`: everybody) from now on: 4xx for the time being, 5xx for good."""
        rules = self.refuse_file.read_text() if self.refuse_file.exists() else ""
        fresh = self.refuse_file.with_suffix(".new")
        fresh.write_text(f"{rules}{address} {code}\n")
        fresh.replace(self.refuse_file)  # the server never reads half a rule

    def accept(self) -> None:
        """Take mail for everybody again."""
        self.refuse_file.unlink(missing_ok=True)

    def messages(self) -> list[EmailMessage]:
        """Return all mails so far, oldest first, with the headers X-MailFrom and X-RcptTo of the envelope."""
        files = sorted((self.folder / "new").glob("*"), key=lambda file: file.stat().st_mtime_ns)
        parsed = (email.message_from_bytes(file.read_bytes(), policy=email.policy.default) for file in files)
        return [message for message in parsed if isinstance(message, EmailMessage)]
