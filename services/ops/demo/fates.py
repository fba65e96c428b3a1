"""Checks of what became of the numbers that play in the story."""

from itertools import pairwise

from contracts.fields import parse_instant
from contracts.topics import (
    BILLING_EVENTS,
    INVENTORY_EVENTS,
    LIFECYCLE_EVENTS,
    NOTIFICATION_EVENTS,
    PROVISIONING_EVENTS,
)
from services.ops.demo.books import Books, Finding
from services.ops.demo.cast import (
    BY_HAND,
    GOLDEN,
    LOCKED,
    NORMAL,
    PAID_HOLD,
    PARTNER_SUPPORT,
    PORTED_IN,
    RACED,
    SUPPORT,
    SWAPPED_IN,
    SWAPPED_OUT,
    UNPAID,
)
from services.ops.demo.sentences import spoken

NOT_YET = "it has not happened"


def reserved_by_hand(books: Books) -> Finding:
    """A reservation by hand ends by itself."""
    rest = books.rest(BY_HAND, "manual")
    ok = rest is not None and rest.days == 28 and rest.on_time
    evidence = f"{spoken(BY_HAND)} was held for {rest.days:g} days, to {rest.until:%d %b}" if rest else NOT_YET
    return Finding("a number reserved by hand came back by itself", ok, evidence)


def one_winner(books: Books) -> Finding:
    """One of two callers gets a number."""
    callers = list(books.asked(RACED, "number.reserve"))
    answers = [answer for caller in callers for answer in books.answers(caller, INVENTORY_EVENTS)]
    won = [each for each in answers if each.type == "number.reserved"]
    lost = [each for each in answers if each.type == "command.rejected"]
    ok = (len(callers), len(won), len(lost)) == (2, 1, 1)
    evidence = "; ".join(
        f"{each.envelope.get('actor')}: {each.data.get('code') or 'reserved'}" for each in (*won, *lost)
    )
    return Finding("of two callers for one number exactly one got it", ok, evidence or NOT_YET)


def golden_reserved_first(books: Books) -> Finding:
    """A golden number is not given to whoever comes."""
    refused = [
        number["code"]
        for each in books.ledger.once(PROVISIONING_EVENTS)
        for number in each.data["numbers"]
        if number["number"] == GOLDEN and number["outcome"] == "rejected"
    ]
    states = [change.data["state"] for change in books.histories.get(GOLDEN, ())]
    ok = refused == ["golden_must_be_reserved_first"] and states == ["available", "reserved", "assigned"]
    evidence = f"{spoken(GOLDEN)}: refused as {', '.join(refused) or 'never'}; then {', '.join(states)}"
    return Finding("the golden number was refused until somebody had reserved it", ok, evidence)


def lock_told(books: Books) -> Finding:
    """Support hears of a lock before its end and after."""
    rest = books.rest(LOCKED, "locked")
    told = sorted(
        (each.data["template"], each.data["recipient"])
        for each in books.ledger.once(NOTIFICATION_EVENTS)
        if each.type == "notification.sent" and LOCKED in each.data["numbers"]
    )
    wanted = sorted((word, to) for word in ("lock_expired", "lock_expiring") for to in (SUPPORT, PARTNER_SUPPORT))
    ok = rest is not None and rest.on_time and told == wanted
    evidence = f"{spoken(LOCKED)}: {len(told)} mails to {len({to for _, to in told})} addresses" + (
        f", locked for {rest.days:g} days" if rest else ""
    )
    return Finding("the lock was announced to support, and ended", ok, evidence)


def swapped_back(books: Books) -> Finding:
    """What was swapped out rests for a day."""
    rest = books.rest(SWAPPED_OUT, "swapped_out")
    owner = next((each for each in books.histories.get(SWAPPED_IN, ()) if each.type == "number.assigned"), None)
    ok = rest is not None and rest.days == 1 and rest.on_time and owner is not None
    evidence = f"{spoken(SWAPPED_OUT)} rested for {rest.days:g} day, to {rest.until:%d %b}" if rest else NOT_YET
    return Finding("the swapped number was replaced, and came back after its day", ok, evidence)


def ported_longer(books: Books) -> Finding:
    """A ported-in number rests longer."""
    rests = [books.rest(number, "subscription_terminated") for number in (NORMAL, PORTED_IN)]
    days = [rest.days for rest in rests if rest is not None and rest.on_time]
    evidence = f"{days[0]:g} days and {days[1]:g} days, begun with the same event" if len(days) == 2 else NOT_YET
    return Finding("the ported-in number rested longer than the normal one", days == [28, 56], evidence)


def paid_after_all(books: Books) -> Finding:
    """Who pays in time gets the number back."""
    check = "who paid after all got the same number back"
    fact = next((each for each in books.ledger.once(BILLING_EVENTS) if each.type == "subscription.reactivated"), None)
    answer = next(iter(books.answers(fact, PROVISIONING_EVENTS)), None) if fact else None
    if fact is None or answer is None:
        return Finding(check, False, NOT_YET)
    outcome = answer.data["numbers"][0]
    rest = books.rest(UNPAID, "subscription_expired")
    # A machine that is slower than the story: the time to pay was over, and then no is the right answer.
    over = rest is not None and rest.until <= parse_instant(answer.envelope["time"])
    ok = outcome["outcome"] == "assigned" or (over and outcome["code"] == "no_longer_held")
    late = ": too late, its time was over" if over else ""
    return Finding(check, ok, f"{spoken(UNPAID)} was held for {fact.subject}, then {outcome['outcome']}{late}")


def paid_hold(books: Books) -> Finding:
    """A DID Reservation makes a hold longer while it is paid."""
    changes = books.histories.get(PAID_HOLD, [])
    ends = [parse_instant(each.data["hold"]["until"]) for each in changes if each.data["hold"]]
    rest = books.rest(PAID_HOLD, "manual")
    kinds = [each.type.removeprefix("number.") for each in changes]
    wanted = ["imported", *["reservation_extended"] * 2, "reservation_extension_ended", "released"]
    grown = len(ends) == 4 and all(early < late for early, late in pairwise(ends[:3])) and ends[3] == ends[0]
    ok = grown and kinds == wanted and rest is not None and rest.on_time
    evidence = f"{spoken(PAID_HOLD)} was held until " + ", ".join(f"{end:%d %b %Y}" for end in ends)
    return Finding("a paid hold grew twice, and fell back when it was ended early", ok, evidence if ends else NOT_YET)


def all_warned(books: Books) -> Finding:
    """People hear of an end as long before as policy says."""
    left = [int(each.data["days_left"]) for each in books.ledger.once(LIFECYCLE_EVENTS) if each.type == "hold.expiring"]
    evidence = f"{len(left)} announcements, {min(left, default=0)} to {max(left, default=0)} days ahead"
    return Finding("nobody was told earlier than a week before", bool(left) and max(left) <= 7, evidence)


FATES = (
    reserved_by_hand, one_winner, golden_reserved_first, lock_told, ported_longer, swapped_back, paid_after_all,
    paid_hold, all_warned,
)  # fmt: skip
