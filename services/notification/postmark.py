"""How notices become a mail with a Message-ID: the same for the same first notice, for ever."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.chassis.work import derived_id
from services.notification.domain import Digest, Mail, Notice

FALLBACK = "numberbank.invalid"  # for senders whose domain does not fit into a Message-ID


@dataclass(frozen=True)
class Postmark:
    """Makes mails of digests. `domain`: the right side of each Message-ID."""

    domain: str

    @classmethod
    def of(cls, sender: str) -> "Postmark":
        """Give the postmark of a sender's domain."""
        domain = sender.rpartition("@")[2]
        fits = len(domain) <= 80 and domain.replace("-", "").replace(".", "").isalnum() and domain.isascii()
        return cls(domain if fits else FALLBACK)

    def mail(self, digest: Digest, notices: Sequence[Notice], next_at: datetime) -> Mail:
        """Give a mail of some notices of a digest, to be sent at `next_at`."""
        id = derived_id("mail", digest.org, digest.template, digest.address, notices[0].id)
        return Mail(
            f"<{id}@{self.domain}>", digest.org, digest.template, digest.address, digest.name, tuple(notices), next_at
        )
