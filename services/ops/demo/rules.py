"""Checks of what must hold for every number, whatever the story."""

from collections import Counter
from collections.abc import Iterator, Sequence

from contracts.message import Topic
from contracts.topics import (
    BILLING_EVENTS,
    DEAD_LETTERS,
    INVENTORY_COMMANDS,
    INVENTORY_EVENTS,
    LIFECYCLE_EVENTS,
    NOTIFICATION_EVENTS,
    PROVISIONING_EVENTS,
    TOPICS,
)
from services.ops.demo.books import Books, Finding
from services.ops.demo.cast import PARTNER_SUPPORT, SUPPORT
from services.ops.demo.ledger import Heard


def commands_answered(books: Books) -> Finding:
    """Every command has one answer."""
    return _answered("every command was answered exactly once", "commands", INVENTORY_COMMANDS, INVENTORY_EVENTS, books)


def billing_answered(books: Books) -> Finding:
    """Every billing event has one answer."""
    check = "every word of billing was answered exactly once"
    return _answered(check, "billing events", BILLING_EVENTS, PROVISIONING_EVENTS, books)


def _answered(check: str, what: str, asked: Topic, answered: Topic, books: Books) -> Finding:
    questions = books.ledger.once(asked)
    counts = Counter(len(books.answers(each, answered)) for each in questions)
    wrong = next((each for each in questions if len(books.answers(each, answered)) != 1), None)
    if wrong is not None:
        found = len(books.answers(wrong, answered))
        return Finding(check, False, f"{wrong.type} {wrong.id} of {wrong.subject} has {found} answers")
    return Finding(check, bool(questions), f"{len(questions)} {what}, {counts[1]} answers")


def versions_contiguous(books: Books) -> Finding:
    """Versions of a number grow by one."""
    check = "the versions of each number follow each other without a gap"
    for number, changes in books.histories.items():
        versions = [change.data["version"] for change in changes]
        if versions != list(range(1, len(versions) + 1)):
            return Finding(check, False, f"{number} has {versions}")
    total = sum(map(len, books.histories.values()))
    return Finding(check, total > 0, f"{len(books.histories)} numbers, {total} changes, versions 1 to "
                   f"{max(map(len, books.histories.values()), default=0)}")  # fmt: skip


def lent_once(books: Books) -> Finding:
    """A number is assigned only when nobody has it."""
    check = "no number was lent to two at once"
    lent = 0
    for number, changes in books.histories.items():
        owner = None
        for change in changes:
            data = change.data
            if change.type == "number.assigned":
                if owner is not None:
                    return Finding(check, False, f"{number} went to {data['subscription']} while {owner} had it")
                lent += 1
            owner = data["subscription"]
    return Finding(check, lent > 0, f"{lent} times a number was lent, each time nobody had it")


def announced_once(books: Books) -> Finding:
    """Who holds a number hears of its end before, once."""
    check = "each hold that ended by itself was announced before, once"
    told = _notices(books)
    for rest in books.rests:
        key = (rest.held.subject, rest.hold["placed"], rest.hold["until"])
        expiring, expired = told.get((*key, "hold.expiring"), []), told.get((*key, "hold.expired"), [])
        if (len(expiring), len(expired)) != (1, 1) or expiring[0].offset > expired[0].offset:
            return Finding(check, False, f"{key[0]} until {key[2]}: announced {len(expiring)} and ended {len(expired)} "
                           "times")  # fmt: skip
    late = sum(not rest.on_time for rest in books.rests)
    evidence = f"{len(books.rests)} holds ended, {len(books.rests)} announced; {late} not at their very end"
    return Finding(check, bool(books.rests) and not late, evidence)


def _notices(books: Books) -> dict[tuple[object, ...], list[Heard]]:
    told: dict[tuple[object, ...], list[Heard]] = {}
    for each in books.ledger.once(LIFECYCLE_EVENTS):
        key = (each.subject, each.data.get("placed"), each.data.get("until"), each.type)
        told.setdefault(key, []).append(each)
    return told


def mailed_once(books: Books) -> Finding:
    """What was sent has arrived, once."""
    check = "each mail arrived once, and nobody was forgotten"
    sent = [each for each in books.ledger.once(NOTIFICATION_EVENTS) if each.type == "notification.sent"]
    said, arrived = Counter(each.data["message_id"] for each in sent), Counter(mail.message_id for mail in books.mails)
    if said != arrived or set(said.values()) - {1}:
        odd = next(iter((said - arrived) + (arrived - said)), None) or next(iter(said))
        return Finding(check, False, f"{odd}: sent {said[odd]} times, arrived {arrived[odd]} times")
    told = Counter((notice, each.data["recipient"]) for each in sent for notice in each.data["notices"])
    forgotten = next((pair for pair in _to_be_told(books) if told[pair] != 1), None)
    if forgotten is not None:
        return Finding(check, False, f"{forgotten[1]} was told {told[forgotten]} times of notice {forgotten[0]}")
    evidence = f"{len(arrived)} mails under {len(arrived)} Message-IDs tell of {len(told)} notices"
    return Finding(check, bool(arrived), evidence)


def _to_be_told(books: Books) -> Iterator[tuple[str, str]]:
    for each in books.ledger.once(LIFECYCLE_EVENTS):
        holder = each.data.get("holder")
        if each.data.get("cause") == "locked":
            yield from ((each.id, address) for address in (SUPPORT, PARTNER_SUPPORT))
        elif each.type == "hold.expiring" and holder:
            role = "owner" if holder["kind"] == "partner" else "billing"
            yield each.id, f"{role}@{holder['org']}.example"


def nothing_twice(books: Books) -> Finding:
    """A killed service goes on where it was."""
    check = "the service killed with -9 lost nothing and did nothing twice"
    crash = books.crash
    if crash is None:
        return Finding(check, False, "no service was killed and started again")
    waited = [each for each in books.ledger.once(INVENTORY_COMMANDS) if crash.killed <= each.timestamp <= crash.back]
    lost = [each for each in waited if len(books.answers(each, INVENTORY_EVENTS)) != 1]
    repeats = sum(len(books.ledger.every(topic)) - len(books.ledger.once(topic)) for topic in TOPICS)
    twice = _decided_twice(books.ledger.once(INVENTORY_EVENTS))
    gone = f"{crash.service} was gone from {crash.killed_at:%d %b} to {crash.back_at:%d %b}"
    answered = f"of {len(waited)} commands of that time {len(waited) - len(lost)} were answered once"
    again = f"{repeats} repeated under the same id" if repeats else "no record repeated"
    evidence = f"{gone}; {answered}; {len(twice)} decided twice, {again}"
    return Finding(check, bool(waited) and not lost and not twice, evidence)


def _decided_twice(events: Sequence[Heard]) -> list[object]:
    versions = Counter((each.subject, each.data["version"]) for each in events if each.type.startswith("number."))
    return [version for version, count in versions.items() if count > 1]


def no_dead_letters(books: Books) -> Finding:
    """Everything could be read."""
    letters = [each for topic in DEAD_LETTERS for each in books.ledger.every(topic)]
    records = sum(len(books.ledger.every(topic)) for topic in TOPICS)
    evidence = f"{len(letters)} in {len(DEAD_LETTERS)} topics, of {records} records"
    return Finding("there are no dead letters", not letters, evidence + (f"; {letters[0].topic}" if letters else ""))


RULES = (
    commands_answered, billing_answered, versions_contiguous, lent_once, announced_once, mailed_once, nothing_twice,
    no_dead_letters,
)  # fmt: skip
