"""What the audit cannot know: how long each hold should last, what was due when, which letters went out."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from contracts.fields import parse_instant
from services.chassis.records import Record
from tests.simulation.clients import Said
from tests.simulation.world import World

DAYS = {  # by cause: normal, ported-in; written out again, so that a slip in the policy is seen
    "manual": (28, 28), "subscription_expired": (56, 84), "subscription_terminated": (28, 56), "swapped_out": (1, 28),
    "removed": (1, 28), "locked": (28, 28),
}  # fmt: skip
NOTICE = timedelta(days=7)
SKEW = timedelta(minutes=5)  # more than two clocks can be apart
ENDED = ("reservation_expired", "lock_expired")
SLIPS = ("number.released", "number.deleted", "number.unlocked", "number.locked")
MOVES = {"version", "previous", "remark", "reason"}  # with every change
Event = dict[str, Any]


class Heard:
    """All events, each once, in the order in which they were first written; `born`: the trade's time then."""

    def __init__(self, world: World) -> None:
        self.all: list[tuple[Event, Record, datetime]] = []
        seen: set[tuple[str, str]] = set()
        for record in world.order:
            event = _read(record)
            if event is not None and (record.topic, event["id"]) not in seen:
                seen.add((record.topic, event["id"]))
                self.all.append((event, record, world.born[record[:3]]))

    def on(self, topic: str, *types: str) -> Iterator[tuple[Event, datetime]]:
        """Give the events of a topic, of all types or some."""
        for event, record, born in self.all:
            if record.topic == topic and (not types or event["type"] in types):
                yield event, born


def _read(record: Record) -> Event | None:
    if record.value is None or record.topic.endswith(".dlq"):
        return None
    try:
        event = json.loads(record.value)
        return event if isinstance(event["id"], str) and isinstance(event["data"], dict) else None
    except (ValueError, TypeError, KeyError):
        return None


def judge(world: World, said: Sequence[Said]) -> None:
    """Apply all rules; what is found goes to the world."""
    heard = Heard(world)
    changes = [(event, born) for event, born in heard.on("inventory.events") if event["type"] != "command.rejected"]
    _every_word_is_answered(world, heard, said)
    _holds_last_as_long_as_they_should(world, changes, heard)
    _ends_are_announced(world, changes, heard)
    _what_is_restored_is_what_there_was(world, changes, heard)
    _swaps_wait_for_the_new_number(world, heard, said)
    _letters_are_told_of(world, heard)
    _defects(world)


def _every_word_is_answered(world: World, heard: Heard, said: Sequence[Said]) -> None:
    answered = {event.get("causationid") for topic in ("inventory.events", "provisioning.events")
                for event, _ in heard.on(topic)}  # fmt: skip
    for word in said:
        if word.id not in answered:
            world.found("answered", word.subject, f"{word.type} {word.id} has no answer")


def _holds_last_as_long_as_they_should(world: World, changes: Sequence[tuple[Event, datetime]], heard: Heard) -> None:
    asked = {event["id"]: event for event, _ in heard.on("inventory.commands")}
    before: dict[str, Mapping[str, Any]] = {}
    for event, _ in changes:
        number, last = event["data"], before.get(event["subject"])
        hold = number["hold"]
        if hold and hold["placed"] == number["version"] and event["type"] in ("number.reserved", "number.locked"):
            right = parse_instant(number["since"]) + timedelta(days=DAYS[hold["cause"]][number["ported_in"]])
            if {parse_instant(hold["until"]), parse_instant(hold["free_until"])} != {right}:
                world.found("period", event["subject"], f"{hold} since {number['since']} should last until {right}")
        if number["reason"] in ENDED and last and last["hold"]:
            command = asked.get(event["causationid"])
            if command and command["data"].get("placed") != last["hold"]["placed"]:
                world.found("stale", event["subject"], f"{command['data']} has ended hold {last['hold']}")
            if number["since"] != last["hold"]["until"]:
                world.found("end", event["subject"], f"is free since {number['since']}, not {last['hold']['until']}")
        before[event["subject"]] = number


def _ends_are_announced(world: World, changes: Sequence[tuple[Event, datetime]], heard: Heard) -> None:
    told: dict[tuple[str, int, str], dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    endings: dict[str, tuple[str, int, str]] = {}
    over = _when_holds_were_over(changes)
    for event, born in heard.on("lifecycle.events"):
        data = event["data"]
        ending = (data["number"], data["placed"], data["until"])
        told[ending][event["type"]].add(event["id"])
        if endings.setdefault(event["id"], ending) != ending:
            world.found("told", data["number"], f"notice {event['id']} tells of {endings[event['id']]} and {ending}")
        due = parse_instant(data["until"]) - NOTICE
        if born < due - SKEW:
            world.found("told", data["number"], f"{event['type']} of {ending} comes early, at {born}")
        if event["type"] == "hold.expiring" and ending in over and over[ending] + SKEW < due:
            world.found("told", data["number"], f"{ending} was over at {over[ending]}, before it was announced")
    last: dict[str, Mapping[str, Any]] = {}
    for event, _ in changes:
        number, before = event["data"], last.get(event["subject"])
        if number["reason"] in ENDED and before and before["hold"]:
            ending = (event["subject"], before["hold"]["placed"], before["hold"]["until"])
            for kind in ("hold.expiring", "hold.expired"):
                if len(told[ending][kind]) != 1:
                    world.found(
                        "told", event["subject"], f"{kind} of {ending} was told {len(told[ending][kind])} times"
                    )
        last[event["subject"]] = number


def _when_holds_were_over(changes: Sequence[tuple[Event, datetime]]) -> dict[tuple[str, int, str], datetime]:
    """Give when the bank said that an end is none any longer: the hold was given up, or lasts longer."""
    over: dict[tuple[str, int, str], datetime] = {}
    standing: dict[str, tuple[str, int, str]] = {}
    for event, born in changes:
        hold = event["data"]["hold"]
        ending = (event["subject"], hold["placed"], hold["until"]) if hold else None
        before = standing.pop(event["subject"], None)
        if before is not None and before != ending:
            over[before] = born
        if ending is not None:
            over.pop(ending, None)
            standing[event["subject"]] = ending
    return over


def _what_is_restored_is_what_there_was(world: World, changes: Sequence[tuple[Event, datetime]], heard: Heard) -> None:
    asked = {event["id"]: event["data"] for event, _ in heard.on("inventory.commands", "number.restore")}
    lives: dict[str, list[Event]] = defaultdict(list)
    for event, _ in changes:
        life = lives[event["subject"]]
        if event["type"] == "number.restored" and len(life) > 1:  # else the audit says so
            before, slip = life[-2]["data"], life[-1]
            number, age = event["data"], parse_instant(event["time"]) - parse_instant(slip["time"])
            undone = asked.get(event["causationid"], {}).get("version")
            moved = {name for name in before if number[name] != before[name]} - MOVES
            if moved:
                world.found("restored", event["subject"], f"{moved} of version {number['version']} are not restored")
            if undone != slip["data"]["version"] or slip["type"] not in SLIPS:
                world.found("restored", event["subject"], f"{slip['type']} {slip['data']['version']} is undone")
            if age > timedelta(days=1) + SKEW:
                world.found("restored", event["subject"], f"what happened {age} ago is undone")
        life.append(event)


def _swaps_wait_for_the_new_number(world: World, heard: Heard, said: Sequence[Said]) -> None:
    swaps = {word.id: word.data for word in said if word.type == "subscription.swapped"}
    commands: dict[str, str] = {}
    confirmed: set[tuple[str, str]] = set()
    for event, record, _ in heard.all:
        cause = event.get("causationid")
        if record.topic == "inventory.commands" and cause in swaps:
            commands[event["id"]] = cause
            needs = (cause, swaps[cause]["new"])
            if event["type"] == "number.unassign" and needs not in confirmed and _was_asked(heard, cause, needs[1]):
                world.found("swap", event["subject"], f"is taken before {needs[1]} was confirmed ({cause})")
        if record.topic == "inventory.events" and cause in commands and event["type"] == "number.assigned":
            confirmed.add((commands[cause], event["subject"]))


def _was_asked(heard: Heard, cause: str, number: str) -> bool:
    """Tell whether a swap had to ask for its new number at all: it may have had it already."""
    orders = heard.on("inventory.commands", "number.assign")
    return any(order.get("causationid") == cause and order["subject"] == number for order, _ in orders)


def _letters_are_told_of(world: World, heard: Heard) -> None:
    letters: dict[str, tuple[str, str]] = {}
    for letter in world.post.taken:
        if letters.setdefault(letter.message_id, (letter.to, letter.text)) != (letter.to, letter.text):
            world.found("mail", letter.to, f"{letter.message_id} was sent with two contents")
    sent = {event["data"]["message_id"] for event, _ in heard.on("notification.events", "notification.sent")}
    for message_id in sent - letters.keys():
        world.found("mail", message_id, "is said to be sent, and the mail server never got it")
    for message_id in letters.keys() - sent:
        world.found("mail", letters[message_id][0], f"{message_id} was sent, and nobody says so")
    named = {notice for event, _ in heard.on("notification.events") for notice in event["data"]["notices"]}
    for event, _ in heard.on("lifecycle.events"):
        if (event["type"] == "hold.expiring" or event["data"]["cause"] == "locked") and event["id"] not in named:
            world.found("mail", event["subject"], f"nobody was written of {event['type']} {event['id']}")


def _defects(world: World) -> None:
    for record in world.order:
        code = record.header("nb-code")
        if code in (b"internal_error", b"too_large", b"not_at_home"):
            world.found("defect", record.topic, (record.header("nb-reason") or b"").decode())
