"""A mail server: it takes letters, sometimes without its answer being heard, sometimes not at all."""

import asyncio
from collections.abc import Sequence
from email.message import EmailMessage
from random import Random
from typing import NamedTuple

from services.notification.mailer import Outcome
from tests.simulation.loop import CURRENT
from tests.simulation.trace import Trace
from tests.simulation.wires import Weather


class Letter(NamedTuple):
    """A letter as it was taken."""

    message_id: str
    to: str
    text: str


class Post:
    """What every instance's mailer talks to. `moody`: how often something is wrong."""

    def __init__(self, weather: Weather, dice: Random, trace: Trace, moody: float) -> None:
        self.taken: list[Letter] = []
        self.moody = moody
        self._weather, self._dice, self._trace = weather, dice, trace

    async def deliver(self, letters: Sequence[EmailMessage]) -> Sequence[Outcome]:
        """Take letters in order; give fewer outcomes when the connection breaks."""
        outcomes: list[Outcome] = []
        for letter in letters:
            await asyncio.sleep(self._weather.delay * self._dice.random())
            mood = self._dice.random() / self.moody if self.moody else 1.0
            if mood < 0.3:
                outcomes.append(self._troubled("later", "the mail server is busy"))
                continue
            self._take(letter)
            await asyncio.sleep(self._weather.delay * self._dice.random())
            if mood < 0.6:
                outcomes.append(self._troubled("later", "the mail server's answer is lost"))
            elif mood < 1.0 and self.moody:
                self._trace.trouble(CURRENT.get().name, "the connection to the mail server breaks")
                break
            else:
                outcomes.append(Outcome("sent"))
        return outcomes

    def _take(self, letter: EmailMessage) -> None:
        text = letter.get_body(("plain",))
        content = letter["Subject"] + "\n" + (text.get_content() if text else "")
        self.taken.append(Letter(letter["Message-ID"], letter["To"], content))
        self._trace.say(CURRENT.get().name, f"mail: {letter['Message-ID']} to {letter['To']}")

    def _troubled(self, kind: str, what: str) -> Outcome:
        self._trace.trouble(CURRENT.get().name, what)
        return Outcome(kind, what)  # type: ignore[arg-type]
