"""A bank whose clock runs: ten simulated minutes in each real second."""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

from services.ops.stack import Stack
from tests.contract.stranger import Heard, Stranger
from tests.contract.trade import ADD, fresh, holder, later
from tests.integration.bank import Bank, Running

RATE = 600
POLICY = """
notice = "7d"
swap_same_sku = true
[period.manual]
normal = "28d"
ported_in = "28d"
[period.subscription_expired]
normal = "56d"
ported_in = "84d"
[period.subscription_terminated]
normal = "28d"
ported_in = "56d"
[period.swapped_out]
normal = "1d"
ported_in = "28d"
[period.removed]
normal = "1d"
ported_in = "28d"
[period.locked]
normal = "28d"
ported_in = "28d"
[period.number_sold]
normal = "11d"
ported_in = "12d"
[[override]]
country = "SG"
sku = "sg-short"
notice = "2d"
[override.period.manual]
normal = "3d"
ported_in = "4d"
[[override]]
number_type = "toll_free"
[override.period.locked]
normal = "5d"
ported_in = "5d"
"""


@dataclass
class Moving:
    """Servers, the process of the four services, and a stranger who knows what time it is there."""

    stack: Stack
    harness: Bank
    stranger: Stranger
    process: Running | None = None
    start: datetime = field(default_factory=lambda: datetime(2026, 3, 1, tzinfo=UTC))
    began: float = 0.0

    async def go(self, **later: float) -> None:
        """Start the services so long after the time that it is now."""
        self.start = self._present() + timedelta(**later) if self.began else self.start
        self.began = time.time()
        policy = self.harness.folder / "policy.toml"
        policy.write_text(POLICY)
        self.process = await self.harness.run(
            "inventory", "provisioning", "lifecycle-timer", "notification",
            NUMBERBANK_CLOCK=f"{self.start:%Y-%m-%dT%H:%M:%SZ}@{RATE}", NUMBERBANK_CLOCK_SINCE=repr(self.began),
            NUMBERBANK_POLICY=str(policy), NUMBERBANK_STRICT_NUMBERS="1",
        ).until_ready()  # fmt: skip

    async def rest(self, **later: float) -> None:
        """Stop the services, and start them so much later."""
        assert self.process
        assert await self.process.stop() == 0
        await self.go(**later)

    def _present(self) -> datetime:
        return self.start + timedelta(seconds=(time.time() - self.began) * RATE)

    def after(self, **after: float) -> str:
        """Give a time so long after now, in whole seconds."""
        return later(self._present().replace(microsecond=0).isoformat(), **after)

    async def held(self, until: str | None, org: str | None = "acme", kind: str = "customer", **more: Any) -> str:
        """Import a fresh number that is reserved for an org, or locked, until then; give the number."""
        number = fresh()
        ends = {"until": until, "cause": "manual" if org else "locked"}
        data = ADD | {"state": "reserved" if org else "locked", "since": self.after(days=-90), "hold": ends} | more
        if org:
            data["holder"] = holder(org, kind)
        answer = await self.stranger.command("number.import", number, data)
        assert answer["type"] == "number.imported", answer
        return number

    def said(self, number: str, kind: str = "") -> list[Heard]:
        """Give what lifecycle-timer has said of a number."""
        events = self.stranger.heard["lifecycle.events"]
        return [one for one in events if one.key == number.encode() and one.event["type"].startswith(kind)]

    async def expiring(self, number: str, **data: Any) -> dict[str, Any]:
        """Give the first announcement that has this data."""

        def look() -> Heard | None:
            return next((one for one in self.said(number, "hold.expiring") if data.items() <= one.data.items()), None)

        return dict((await self.stranger.until(look)).event)

    async def expired(self, number: str) -> dict[str, Any]:
        return dict((await self.stranger.until(lambda: self.said(number, "hold.expired")))[0].event)

    async def told(self, notice: str, type: str, recipient: str | None = None) -> dict[str, Any]:
        """Give what became of a notice, when it is this."""

        def look() -> Heard | None:
            for one in self.stranger.heard["notification.events"]:
                right = one.event["type"] == type and notice in one.data["notices"]
                if right and recipient in (None, one.data["recipient"]):
                    return one
            return None

        return dict((await self.stranger.until(look)).event)

    def mails(self, message_id: str) -> list[EmailMessage]:
        """Give the mails that bear this Message-ID."""
        return [mail for mail in self.stack.mail.messages() if mail["message-id"] == message_id]
