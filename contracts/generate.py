"""Writes the contracts down for people and for other languages: `README.md` and `schemas/`.

`python -m contracts.generate` writes them; with `--check` nothing is written, and what is out of date is said.
Written by hand are `examples/`, one for each message, and `decisions.md`.
"""

import argparse
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

from contracts.message import Message, Topic
from contracts.topics import DEAD_LETTERS, TOPICS

HERE = Path(__file__).parent
EXAMPLES, SCHEMAS = HERE / "examples", HERE / "schemas"
WIDTH = 110
DIALECT = "https://json-schema.org/draft/2020-12/schema"

HEAD = """# What Numberbank says and hears

<!-- Written by `python -m contracts.generate` from the models beside this file: change those, or decisions.md. -->

Every record on every topic is a CloudEvents 1.0 event in JSON, under its subject as the Kafka key. It is written in
structured mode and read in structured and in binary mode. Numbers are E.164: `+` and 7 to 15 digits. Times are RFC 3339
with an offset, and written in UTC with `Z` and at most three digits of fraction. Fields that a reader does not know it
ignores. Sameness is `(source, id)`.
"""


def type_of(message: type[Message]) -> str:
    """Give the CloudEvents type of a message. Example: `number.reserve`."""
    (name,) = get_args(message.model_fields["type"].annotation)
    return str(name)


def messages() -> Iterator[tuple[str, type[Message], Topic]]:
    """Give each message with its type and its topic."""
    for topic in TOPICS:
        for message in topic.messages:
            yield type_of(message), message, topic


def example_of(type: str) -> dict[str, Any]:
    """Give the golden example of a message. Raises `SystemExit` with a sentence if there is none."""
    path = EXAMPLES / f"{type}.json"
    if not path.is_file():
        raise SystemExit(f"{_shown(path)} is missing: write down what a {type} looks like.")
    return dict(json.loads(path.read_text()))


def schema_of(type: str, message: type[Message]) -> str:
    """Give the JSON Schema of a message as it is read."""
    schema = _without_stand_ins(message.model_json_schema(mode="validation"))
    return json.dumps({"$schema": DIALECT, **schema, "examples": [example_of(type)]}, indent=2) + "\n"


def _without_stand_ins(schema: Any) -> Any:
    """Drop the defaults that only stand for an absent field: the field itself would refuse them."""
    if isinstance(schema, list):
        return [_without_stand_ins(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    return {name: _without_stand_ins(part) for name, part in schema.items() if (name, part) != ("default", "")}


def page() -> str:
    """Give the page for people."""
    parts = [HEAD, *_envelope(), *_topics(), *_types(), *_decisions()]
    return "\n".join(parts)


def _envelope() -> Iterator[str]:
    yield "## Envelope\n\n| attribute | required | what it is |\n|---|---|---|"
    for name, field in Message.model_fields.items():
        yield f"| `{name}` | {'yes' if field.is_required() else ''} | {field.description} |"
    yield "| `data` | yes | a JSON object: below, for each message |\n"
    yield _fenced(json.dumps(example_of("number.reserve"), indent=2))


def _topics() -> Iterator[str]:
    yield "## Topics\n\n| topic | key and subject | written by | read by | kept |\n|---|---|---|---|---|"
    for topic in TOPICS:
        writers, readers = ", ".join(topic.written_by), ", ".join(topic.read_by)
        yield f"| [`{topic.name}`](#{_anchor(topic.name)}) | {topic.key} | {writers} | {readers} | {_kept(topic)} |"
    yield ""
    for topic in TOPICS:
        yield from _topic(topic)


def _topic(topic: Topic) -> Iterator[str]:
    yield f"## {topic.name}\n"
    yield f"{topic.summary[:1].upper()}{topic.summary[1:]}.\n"
    yield f"- key and subject: {topic.key}"
    yield f"- written by: {', '.join(topic.written_by)}"
    yield f"- read by: {', '.join(topic.read_by)}"
    yield f"- kept: {_kept(topic)}"
    dead = [letters.name for letters in DEAD_LETTERS if letters.name.startswith(f"{topic.name}.")]
    yield "- dead letters: " + (", ".join(f"`{name}`" for name in dead) or "none") + "\n"
    for message in topic.messages:
        type = type_of(message)
        yield f"### {type}\n\n{(message.__doc__ or '').strip()} {_links(type)} and its data:\n"
        yield _fenced(filled(example_of(type)["data"]))


def _types() -> Iterator[str]:
    yield "## Types\n\nWhat was once written can be read for ever: when an example changes, its former version moves to"
    yield "`examples/past/TYPE.N.json`, and the tests read it there and in the history.\n"
    yield "| type | topic | written down |\n|---|---|---|"
    for type, _, topic in sorted(messages(), key=lambda entry: entry[0]):
        yield f"| [`{type}`](#{_anchor(type)}) | `{topic.name}` | {_links(type)} |"
    yield ""


def _decisions() -> Iterator[str]:
    yield (HERE / "decisions.md").read_text().replace("# ", "## ", 1)


def filled(data: Mapping[str, Any]) -> str:
    """Give JSON in lines of at most `WIDTH`, each with as many fields as fit."""
    lines = [""]
    fields = [f"{json.dumps(name)}: {json.dumps(value)}" for name, value in data.items()]
    for text in (f"{field}," for field in fields):
        if lines[-1] and len(lines[-1]) + len(text) + 2 > WIDTH:
            lines.append("")
        lines[-1] += f" {text}" if lines[-1] else text
    return "{" + "\n ".join(lines).removesuffix(",") + "}"


def _fenced(text: str) -> str:
    return f"```json\n{text}\n```\n"


def _links(type: str) -> str:
    return f"[Schema](schemas/{type}.json), [example](examples/{type}.json)"


def _kept(topic: Topic) -> str:
    if topic.compacted:
        return "the newest of each key"
    return "for ever" if topic.keep is None else f"{topic.keep.days} days"


def _anchor(heading: str) -> str:
    return heading.replace(".", "")


def _shown(path: Path) -> str:
    return path.relative_to(HERE.parent).as_posix()


def documents() -> dict[Path, Callable[[], str]]:
    """Give what is to be written, and where."""
    schemas = {SCHEMAS / f"{type}.json": lambda t=type, m=message: schema_of(t, m) for type, message, _ in messages()}
    return {HERE / "README.md": page, **schemas}


def out_of_date() -> list[str]:
    """Give a sentence for each file that is not as it would be written."""
    wanted = documents()
    late = [path for path, content in wanted.items() if not path.is_file() or path.read_text() != content()]
    return [
        *(f"{_shown(path)} is out of date: run `python -m contracts.generate`." for path in late),
        *(f"{_shown(path)} is of no message: run `python -m contracts.generate`." for path in _leftovers(wanted)),
    ]


def write() -> None:
    """Write all documents, and remove schemas of messages that are no more."""
    wanted = {path: content() for path, content in documents().items()}
    SCHEMAS.mkdir(exist_ok=True)
    for path, content in wanted.items():
        path.write_text(content)
    for path in _leftovers(wanted):
        path.unlink()


def _leftovers(wanted: Mapping[Path, object]) -> list[Path]:
    return sorted(path for path in SCHEMAS.glob("*.json") if path not in wanted)


def main() -> None:
    """Run from the command line. Raises `SystemExit`."""
    parser = argparse.ArgumentParser(description="Write README.md and schemas/ of the contracts.")
    parser.add_argument("--check", action="store_true", help="write nothing; say what is out of date")
    if not parser.parse_args().check:
        write()
    elif sentences := out_of_date():
        raise SystemExit("\n".join(sentences))


if __name__ == "__main__":
    main()
