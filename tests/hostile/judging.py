"""What became of hostile and good records, judged from the topics alone."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from contracts.topics import DEAD_LETTERS, SERVICES
from services.chassis.batch import FORWARDED
from services.chassis.partitions import home
from tests.hostile.good import ANSWERS, Good
from tests.hostile.record import INPUTS, Fate, fate

Place = tuple[str, str, int, int]  # service, topic, partition, offset
Read = Callable[[str], Sequence[Any]]  # gives all records of a topic, partition by partition


def judge(read: Read, partitions: int, good: Sequence[Good]) -> None:
    """Check that nothing was lost: neither a good message, nor a record that nobody can read."""
    topics = {name: read(name) for name in {*INPUTS, *ANSWERS.values()}}
    letters: Counter[Place] = Counter()
    asked: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for name, topic in INPUTS.items():
        for record in topics[name]:
            headers = tuple(record.headers)
            what, message = fate(topic, record.key, record.value, headers)
            if message is not None and topic.homed and home(message.subject, partitions) != record.partition:
                what = Fate.LETTER if FORWARDED in dict(headers) else Fate.READ
            if what is Fate.LETTER:
                readers = set(topic.read_by) & set(SERVICES)
                letters.update((reader, name, record.partition, record.offset) for reader in readers)
            if what is Fate.ANSWERED and message is not None:
                asked[ANSWERS[name], message.subject, message.id].add(message.source)
    _same("dead letters", letters, Counter(map(_origin, (one for topic in DEAD_LETTERS for one in read(topic.name)))))
    answers = {name: [*_answers(topics[name])] for name in set(ANSWERS.values())}
    given = Counter((name, event["subject"], event["causationid"]) for name in answers for event in answers[name])
    _same("answers", Counter({key: len(sources) for key, sources in asked.items()}), given)
    _in_order(answers, good)


def _origin(letter: Any) -> Place:
    """Give where a dead letter was taken; its reason must be a sentence."""
    told = {name: (text or b"").decode() for name, text in letter.headers if name.startswith("nb-")}
    assert " " in told["nb-reason"], told
    assert told["nb-code"] not in ("internal_error", "too_large"), (told, letter.value)
    return told["nb-service"], told["nb-topic"], int(told["nb-partition"]), int(told["nb-offset"])


def _answers(records: Iterable[Any]) -> Iterable[dict[str, Any]]:
    """Give the answers of our services among what hostile clients have put beside them."""
    for record in records:
        headers = {name for name, _ in record.headers}
        if {"nb-writer", "nb-seq"} <= headers and record.value:
            try:
                event = json.loads(record.value)
            except (ValueError, RecursionError):  # a forger's
                continue
            if isinstance(event, dict) and event.get("source") in ("/inventory", "/provisioning"):
                yield event


def _in_order(answers: dict[str, list[dict[str, Any]]], good: Sequence[Good]) -> None:
    for topic, subject in {(ANSWERS[message.topic], message.subject) for message in good}:
        wanted = [(one.id, one.answer) for one in good if (ANSWERS[one.topic], one.subject) == (topic, subject)]
        ids = {id for id, _ in wanted}
        told = [event for event in answers[topic] if event["subject"] == subject and event["causationid"] in ids]
        assert [(event["causationid"], event["type"]) for event in told] == wanted
        if topic == "inventory.events":
            assert [event["data"]["version"] for event in told] == list(range(1, len(wanted) + 1))


def _same(what: str, wanted: Counter[Any], found: Counter[Any]) -> None:
    missing, more = wanted - found, found - wanted
    assert not missing, f"missing {what}: {[*missing.items()][:5]} of {len(missing)}"
    assert not more, f"{what} too many: {[*more.items()][:5]} of {len(more)}"
