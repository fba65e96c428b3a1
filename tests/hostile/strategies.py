"""Hostile records for every topic: what Hypothesis draws is a recipe, which a number makes into one record.

A recipe begins with a golden example of the contract and spoils it: as a tree of fields, as a text, as bytes, on its
way. Not all are spoiled for good; what the contract can still read must be answered like any other.
"""

import gzip
import json
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from contracts.message import CONTENT_TYPE
from services.chassis.records import Headers
from tests.hostile.record import INPUTS, Hostile

EXAMPLES = Path(__file__).parents[2] / "contracts" / "examples"
STRUCTURED: Headers = (("content-type", CONTENT_TYPE.encode()),)
Event = dict[str, Any]
Recipe = Callable[[int], Hostile]

SUBJECTS = ("+6531580001", "+6531580002", "+4930123456", "+12025550123", "S-hostile-1", "S-hostile-2", "R-hostile-1")

NASTY: tuple[Any, ...] = (
    None, True, False, 0, -1, -0.0, 0.5, 1e308, 2**31, 2**53 + 1, 2**63, 2**64, -(2**63) - 1, 10**40, 10**400,
    float("nan"), float("inf"), "", " ", "\0", "a\0b", "\ud800", "\udfff\ud800", "\u202e", "\ufeff", "\r\nBcc: x@y.z",
    "x" * 129, "x" * 501, "x" * 70_000, "e\u0301" * 100, "\U0001f4de" * 128, "null", "NaN", "../../x", "$where",
    "$set.a.b", "{{7*7}}", "%s%n", "=cmd()", "<script>", "'; drop", [], {}, [[]], [None], ["+6531580001"] * 1001,
    {"$gt": ""}, {"": {"": ""}}, {"a.b": 1, "$c": 2}, "2026-02-30T00:00:00Z", "0000-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999-23:59", "2026-01-01T00:00:00", "2026-01-01T00:00:60Z", "2026-01-01T00:00:00.1234567+01:00",
    "+0000000", "+999999999999999", "+65 3158 0001", "006531580001", "+\u0666\u0665\u0663\u0661", "+6531580001\n",
    "=1+1@b.example", "\u00e4@\u00f6.example", "a@b", "a@b.example,c@d.example", "customer", "partner", "did", "locked",
)  # fmt: skip

TEXTS: dict[str, Callable[[bytes], bytes]] = {
    "cut in the middle": lambda text: text[: len(text) // 2],
    "cut before its end": lambda text: text[:-1],
    "with a tail": lambda text: text + b"}",
    "twice": lambda text: text + text,
    "after a byte order mark": lambda text: b"\xef\xbb\xbf" + text,
    "in UTF-16": lambda text: text.decode("ascii").encode("utf-16"),
    "in a list": lambda text: b"[" + text + b"]",
    "as a text of JSON": lambda text: json.dumps(text.decode("ascii")).encode(),
    "compressed": lambda text: gzip.compress(text, mtime=0),
    "with a NUL behind it": lambda text: text + b"\0",
    "in blank lines": lambda text: b"\r\n\t " + text + b"\n\n",
    "in single quotes": lambda text: text.replace(b'"', b"'"),
    "with the id named twice": lambda text: b'{"id": "first", ' + text[1:],
    "with data named twice": lambda text: text[:-1] + b', "data": {}}',
    "with a comment": lambda text: b"/* hello */" + text,
    "with a control character": lambda text: text.replace(b"/hostile", b"/hos\x01tile"),
    "with bytes that are no UTF-8": lambda text: text.replace(b"/hostile", b"/hos\xff\xfetile"),
    "with half a surrogate": lambda text: text.replace(b"/hostile", b"/hostile\\udc00"),
    "deep in lists": lambda text: b"[" * 3_000 + text + b"]" * 3_000,
    "with deep data": lambda text: text[:-1] + b', "more": ' + b'{"a":' * 200 + b"1" + b"}" * 200 + b"}",
    "with a huge number": lambda text: text[:-1] + b', "more": ' + b"9" * 5_000 + b"}",
}

ODD_HEADERS: tuple[Headers, ...] = (
    (("content-type", None),),
    (("content-type", b"text/plain"),),
    (("content-type", b"application/json"), ("content-type", b"application/avro")),
    (("x-null", None), ("x", b"\xff\x00"), ("", b"no name"), ("\u00e4", b"1")),
    (("nb-writer", b"a/b"), ("nb-seq", b"1.0")),
    (("nb-writer", None), ("nb-seq", b"1")),
    (("nb-reason", b"forged"), ("nb-code", b"forged"), ("nb-topic", b"forged"), ("nb-offset", b"-1")),
    (("nb-forwarded", b"0/0"),),
    (("nb-written", b"999999999999999"),),
    (("nb-closes", b"0/0"), ("nb-status", b"discarded")),
    (("ce_specversion", b"1.0"),),
    (("ce_id", b"\xff"), ("content-type", b"application/json")),
    tuple((f"x-{n}", b"y" * 50) for n in range(100)),
)


def _paths(tree: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [here] if here else []
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for name, inside in items:
        found += _paths(inside, (*here, name))
    return found


@cache
def _example(type: str) -> tuple[str, tuple[tuple[Any, ...], ...]]:
    """Give a golden example as text, and where it may be spoiled."""
    text = (EXAMPLES / f"{type}.json").read_text()
    return text, tuple(path for path in _paths(json.loads(text)) if path[0] not in ("id", "source"))


def _spoiled(event: Event, path: tuple[Any, ...], value: Any, drop: bool) -> Event:
    whole = json.loads(json.dumps(event))
    inside: Any = whole
    for name in path[:-1]:
        inside = inside[name]
    if drop:
        del inside[path[-1]]
    else:
        inside[path[-1]] = value
    return dict(whole)


def _types(topic: str) -> list[str]:
    return [message.model_fields["type"].annotation.__args__[0] for message in INPUTS[topic].messages]  # type: ignore[union-attr]


TYPES = {topic: st.sampled_from(_types(topic)) for topic in INPUTS}
_few = st.sampled_from((0, 0, 1, 1, 1, 2, 3))
_subjects = st.sampled_from(("", *SUBJECTS))
_texts = st.sampled_from((None,) * len(TEXTS) + tuple(TEXTS))
_headers = st.sampled_from((STRUCTURED,) * len(ODD_HEADERS) + ODD_HEADERS)
_broken = st.sampled_from((None, None, "ce_id", "ce_type", "ce_subject", "ce_time", "content-type"))
_keys = st.sampled_from(("subject", "subject", "subject", "none", "another", "bytes"))
_partitions = st.none() | st.integers(0, 63)
_some = st.none() | st.binary(max_size=20)
_garbage = st.none() | st.binary(max_size=60) | st.text(max_size=20).map(lambda text: json.dumps(text).encode())
_any = st.integers(0, 10_000)
_nasty = st.sampled_from(NASTY)


@st.composite
def _events(draw: st.DrawFn, topic: str) -> tuple[Event, str]:
    """Draw a golden example, with up to three of its fields spoiled."""
    type = draw(TYPES[topic])
    text, paths = _example(type)
    event, what = {**json.loads(text), "source": "/hostile", "id": "hostile"}, [type]
    if subject := draw(_subjects):
        event["subject"] = subject
    for _ in range(draw(_few)):
        path, value, drop = paths[draw(_any) % len(paths)], draw(_nasty), draw(st.booleans())
        with suppress(LookupError, TypeError):  # of a field that an earlier one has replaced
            event = _spoiled(event, path, value, drop)
            what.append(f"{'.'.join(map(str, path))} {'dropped' if drop else f'= {str(value)[:20]!a}'}")
    return event, ", ".join(what)


@st.composite
def _structured(draw: st.DrawFn, topic: str) -> Recipe:
    event, what = draw(_events(topic))
    how, headers = draw(_texts), draw(_headers)
    key, partition = draw(_keys), draw(_partitions)

    def record(number: int) -> Hostile:
        text = json.dumps(event | {"id": f"hostile-{number}"}).encode()
        value = TEXTS[how](text) if how else text
        return Hostile(topic, _key(key, event), value, headers, partition, f"{what} {how or ''}")

    return record


@st.composite
def _binary(draw: st.DrawFn, topic: str) -> Recipe:
    event, what = draw(_events(topic))
    broken, text = draw(_broken), draw(_some)
    key, partition = draw(_keys), draw(_partitions)

    def record(number: int) -> Hostile:
        attributes = {name: value for name, value in event.items() if name != "data" and isinstance(value, str)}
        attributes |= {"id": f"hostile-{number}"}
        headers = {f"ce_{name}": value.encode("utf-8", "surrogatepass") for name, value in attributes.items()}
        spoiled: dict[str, bytes | None] = {**headers, "content-type": b"application/json"}
        if broken:
            spoiled[broken] = text
        value = json.dumps(event.get("data")).encode()
        return Hostile(topic, _key(key, event), value, tuple(spoiled.items()), partition, f"{what} in binary mode")

    return record


@st.composite
def _bytes(draw: st.DrawFn, topic: str) -> Recipe:
    value, key, headers, partition = draw(_garbage), draw(_some), draw(_headers), draw(_partitions)
    return lambda number: Hostile(topic, key, value, headers, partition, "bytes")


def _key(kind: str, event: Event) -> bytes | None:
    subject = event.get("subject")
    keys = {"none": None, "another": b"+4900000000", "bytes": b"\xff\x00\xfe"}
    return str(subject).encode("utf-8", "replace") if kind == "subject" else keys[kind]


@st.composite
def recipes(draw: st.DrawFn) -> Recipe:
    """Draw how to make one hostile record."""
    return draw(draw(_kinds)(draw(_topics)))  # type: ignore[no-any-return]


_topics = st.sampled_from(sorted(INPUTS))
_kinds = st.sampled_from((_structured, _structured, _structured, _binary, _bytes))
