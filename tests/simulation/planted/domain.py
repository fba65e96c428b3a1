"""Faults of the services: in what they decide, remember, and tell."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from contracts.policy import Policy
from services.chassis.memory.database import stored
from services.chassis.work import derived_id
from services.gateway.store import Catalogue
from services.inventory import store as numbers
from services.inventory.domain import DECISIONS, changes
from services.inventory.domain.claims import hold_not_due, stale_hold
from services.inventory.domain.undoing import changed_since, undo_window_over
from services.inventory.store import Numbers
from services.lifecycle_timer import handlers, notices
from services.lifecycle_timer.store import TIMERS, Timers, timer_document
from services.notification.delivery import Delivery
from services.notification.letters import Letters
from services.notification.mailer import Outcome
from services.provisioning.domain import progress
from tests.simulation.planted.planting import Planted, replaced, together

ENTRY = 24  # bytes of one answered command


def _forgetful(set_item: Any) -> Any:
    def joins(self: Numbers, number: str, after: Any) -> None:
        if number not in self._numbers:
            self._answered[number] = self._answered[number][-ENTRY:]
        set_item(self, number, after)

    return joins


def _without(check: Callable[..., Any]) -> Callable[[Any], Any]:
    return lambda decision: decision._replace(checks=tuple(each for each in decision.checks if each is not check))


def _moving(decision: Any) -> Any:
    def update(number: Any, data: Any, terms: Any) -> Any:
        return changes.update(number, data, terms)._replace(since=terms.at)

    return decision._replace(change=update)


def _placed_anew(decision: Any) -> Any:
    def restore(number: Any, data: Any, terms: Any) -> Any:
        after = changes.restore(number, data, terms)
        return after._replace(hold=after.hold and after.hold._replace(placed=after.version))

    return decision._replace(change=restore)


def _outside(_: Any) -> Any:
    async def save(self: Timers, work: Any) -> None:
        database = work._transaction._database
        name = f"lifecycle-timer.{TIMERS}"
        for number in self._touched:
            timer = self._timers.get(number)
            document = None if timer is None else stored(timer_document(timer, self._lane))
            database.write({(name, number): document})

    return save


def _before_sending(due: Any) -> Any:
    async def recorded(self: Delivery, reader: Any, partition: int, at: Any) -> Any:
        unsent: list[Any] = []
        silent = Delivery(_Silent(unsent), self.letters, self.postmark, self.clock)
        steps = await due(silent, reader, partition, at)
        if unsent:
            send = lambda: asyncio.ensure_future(self.mailer.deliver(unsent))  # noqa: E731
            asyncio.get_running_loop().call_later(0.5, send)
        return steps

    return recorded


class _Silent:
    """Takes letters and says that they are sent."""

    def __init__(self, letters: list[Any]) -> None:
        self._letters = letters

    async def deliver(self, letters: Any) -> Any:
        self._letters += letters
        return [Outcome("sent")] * len(letters)


def _always_new(write: Any) -> Any:
    def written(self: Letters, mail: Any, at: Any) -> Any:
        letter = write(self, mail, at)
        letter.replace_header("Message-ID", f"<{derived_id(mail.message_id, mail.attempts, at)}@bank.example>")
        return letter

    return written


def _without_until(_: Any) -> Any:
    return lambda ending, kind: derived_id("lifecycle", ending.number, ending.placed, kind)


def _without_placed(_: Any) -> Any:
    return lambda ending, kind: derived_id("lifecycle", ending.number, kind)


def _a_day_longer(period_of: Any) -> Any:
    return lambda self, cause, traits: period_of(self, cause, traits) + timedelta(days=1)


def _all_at_once(_: Any) -> Any:
    return lambda request: [step for step in request.steps if step.outcome is None and not step.sent]


def _with_old_terms(follow: Any) -> Any:
    def followed(self: Catalogue, event: Any) -> bool:
        before, followed = self._now.get(event.subject), follow(self, event)
        if before is not None:
            self._now[event.subject]["terms"] = before["terms"]
        return bool(followed)

    return followed


def _last_changes_only(save: Any) -> Any:
    async def saved(self: Catalogue, work: Any) -> None:
        self._changes = list({change["number"]: change for change in self._changes}.values())
        await save(self, work)

    return saved


def _of_notices(make: Callable[[Any], Any]) -> Any:
    return together(replaced(notices, "notice_id", make), replaced(handlers, "notice_id", make))


DOMAIN = (
    Planted("ids of commands are not remembered", replaced(numbers, "was_answered", lambda _: lambda *given: False)),
    Planted("a stranger that joins loses its answered ids", replaced(Numbers, "__setitem__", _forgetful)),
    Planted("a hold lasts a day too long", replaced(Policy, "period_of", _a_day_longer)),
    Planted("a hold ends for a request that meant another", replaced(DECISIONS, "number.expire", _without(stale_hold))),
    Planted("a hold ends before its time", replaced(DECISIONS, "number.expire", _without(hold_not_due))),
    Planted("an update moves `since`", replaced(DECISIONS, "number.update", _moving)),
    Planted("a restored hold is placed anew", replaced(DECISIONS, "number.restore", _placed_anew)),
    Planted("what happened long ago is undone", replaced(DECISIONS, "number.restore", _without(undo_window_over))),
    Planted("what others have gone on from is undone", replaced(DECISIONS, "number.restore", _without(changed_since))),
    Planted("a swap takes the old number before the new one is confirmed", replaced(progress, "_ready", _all_at_once)),
    Planted("a timer is re-armed outside the transaction", replaced(Timers, "save", _outside)),
    Planted("the id of a notice lacks the end of the hold", _of_notices(_without_until)),
    Planted("the id of a notice lacks hold and end", _of_notices(_without_placed)),
    Planted("a mail is recorded as sent before it is", replaced(Delivery, "due", _before_sending)),
    Planted("a mail gets a new Message-ID each time", replaced(Letters, "write", _always_new)),
    Planted("the history has only what batches ended with", replaced(Catalogue, "save", _last_changes_only)),
    Planted("a number is found by what it was", replaced(Catalogue, "follow", _with_old_terms)),
)  # fmt: skip
