"""The mails, as they come into the Maildir of the stack."""

import email
import email.policy
from pathlib import Path
from typing import NamedTuple


class Mail(NamedTuple):
    """A mail as somebody has got it."""

    to: str
    subject: str
    date: str
    message_id: str


class Postbox:
    """All mails so far."""

    def __init__(self, maildir: Path) -> None:
        self.mails: list[Mail] = []
        self._folder = maildir / "new"
        self._seen: set[str] = set()

    def look(self) -> list[Mail]:
        """Give the mails that have come since the last look."""
        files = [file for file in self._folder.glob("*") if file.name not in self._seen]
        fresh = [_read(file) for file in sorted(files, key=lambda file: file.stat().st_mtime_ns)]
        self._seen.update(file.name for file in files)
        self.mails += fresh
        return fresh


def _read(file: Path) -> Mail:
    message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    return Mail(*(str(message.get(name, "")).strip() for name in ("X-RcptTo", "Subject", "Date", "Message-ID")))
