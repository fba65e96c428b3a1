"""Dead letters in the hands of a person: what is edited, and whether the contract can read it then.

What is edited is the whole event in structured mode, however it came.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from contracts.message import CONTENT_TYPE
from contracts.topics import TOPICS
from services.chassis.reading import Reading, Skipped, Unreadable
from services.chassis.records import Record
from services.chassis.service import Input
from services.chassis.work import Taken, Work
from services.ops.dead_letters import DeadLetter, Draft
from services.ops.envelopes import read_envelope
from services.ops.faults import WrongUsage

_BINARY = "ce_"


def editable(letter: DeadLetter) -> str:
    """Give what a person edits: the event, readable, or the text that it is. Raises `WrongUsage`."""
    event = read_envelope(letter.value, letter.headers)
    if event is not None and letter.size is None:
        return json.dumps(event, indent=2, ensure_ascii=False).encode(errors="backslashreplace").decode() + "\n"
    try:
        return (letter.value or b"").decode()
    except UnicodeDecodeError:
        raise WrongUsage(f"{letter.origin} holds bytes that are no text; give it whole with --value FILE.") from None


def changed(letter: DeadLetter, sets: Iterable[str], unsets: Iterable[str]) -> Draft:
    """Give a letter with fields set (`FIELD=VALUE`) and taken out. Raises `WrongUsage`."""
    event: Any = _tree(letter)
    for text in sets:
        path, equals, value = text.partition("=")
        if not equals or not path:
            raise WrongUsage(f"--set {text} must be FIELD=VALUE, such as data.remark='not needed'.")
        inside, name = _inside(event, path, make=True)
        if isinstance(inside, list) and name == len(inside):
            inside.append(_value(value))
        else:
            inside[name] = _value(value)
    for path in unsets:
        inside, name = _inside(event, path, make=False)
        del inside[name]
    return replaced(letter, json.dumps(event).encode())


def replaced(letter: DeadLetter, value: bytes) -> Draft:
    """Give a letter with another value, under the key that its subject asks for."""
    event = read_envelope(value)
    if event is None:
        return Draft(letter.key, value, letter.headers)
    subject = event.get("subject")
    key = subject.encode(errors="replace") if isinstance(subject, str) else letter.key
    kept = tuple(pair for pair in letter.headers if not pair[0].startswith(_BINARY) and pair[0] != "content-type")
    return Draft(key, value, (("content-type", CONTENT_TYPE.encode()), *kept))


def still_wrong(letter: DeadLetter, draft: Draft) -> str:
    """Say what the reader of its topic would still not take, nothing if it would."""
    topic = next((topic for topic in TOPICS if topic.name == letter.origin.topic), None)
    if topic is None:
        return f"There is no topic {letter.origin.topic} to put it back into."
    headers = tuple(pair for pair in draft.headers if not pair[0].startswith("nb-"))
    found = Reading(Input(topic, _unhandled)).read(Record(*letter.origin, 0, draft.key, draft.value, headers))
    if isinstance(found, Unreadable):
        return found.reason
    return f"type: {found.type!r} is not known here." if isinstance(found, Skipped) else ""


async def _unhandled(work: Work, batch: Sequence[Taken]) -> None:
    raise NotImplementedError("what is edited here is only read")


def _tree(letter: DeadLetter) -> Any:
    if letter.size is not None:
        raise WrongUsage(f"Of {letter.origin} only a part is kept; give it whole with --value FILE.")
    event = read_envelope(letter.value, letter.headers)
    if event is not None:
        return event
    try:
        tree = json.loads(letter.value or b"")
    except (ValueError, RecursionError):
        tree = None
    if not isinstance(tree, dict):
        raise WrongUsage(f"{letter.origin} is no JSON object; give it whole with --value FILE.")
    return tree


def _inside(tree: Any, path: str, *, make: bool) -> tuple[Any, Any]:
    """Give what a field lies in, and its name or place there. Raises `WrongUsage`."""
    *outer, last = path.split(".")
    inside = tree
    for part in outer:
        if make and isinstance(inside, dict):
            inside.setdefault(part, {})
        inside = _step(inside, part, path)
    if isinstance(inside, list) and last.isdecimal() and int(last) <= len(inside) - (not make):
        return inside, int(last)
    if isinstance(inside, dict) and (make or last in inside):
        return inside, last
    raise WrongUsage(f"There is no field {path}.")


def _step(inside: Any, part: str, path: str) -> Any:
    if isinstance(inside, dict) and part in inside:
        return inside[part]
    if isinstance(inside, list) and part.isdecimal() and int(part) < len(inside):
        return inside[int(part)]
    raise WrongUsage(f"There is no field {path}.")


def _value(text: str) -> Any:
    """Read JSON where it is JSON; anything else is text."""
    try:
        return json.loads(text)
    except ValueError:
        return text
