"""`numberbank topics`: from `contracts/topics.py` to Kafka, and how it stands there."""

import asyncio

import click

from contracts.message import Topic
from contracts.topics import EVERY_TOPIC
from services.ops.options import type_of
from services.ops.printing import line, say, table
from services.ops.reading import known_topic
from services.ops.settings import ClientSettings
from services.ops.topics import Standing, config_of, create_topics, list_topics

_json = click.option("--json", "as_json", is_flag=True, help="one object a line on standard output")
_names = click.argument("names", nargs=-1, metavar="[TOPIC...]")


@click.group(epilog="Example: numberbank topics create", short_help="Create the topics, and see how they stand.")
def topics() -> None:
    """Create the topics, and see how they stand."""


@topics.command(epilog="Example: numberbank topics create --partitions 64 --replication 3")
@click.option("--partitions", type=click.IntRange(1, 10_000), help="of each topic; else NUMBERBANK_PARTITIONS, else 8")
@click.option("--replication", type=click.IntRange(1, 99), help="copies; else NUMBERBANK_REPLICATION, else 1")
@_json
def create(partitions: int | None, replication: int | None, as_json: bool) -> None:
    """Create the topics that are missing.

    It may be repeated, and never changes nor destroys what exists: where that differs, it says so.
    """
    settings = ClientSettings.load()
    _tell(
        asyncio.run(
            create_topics(settings.kafka, partitions or settings.partitions, replication or settings.replication)
        ),
        as_json,
    )


@topics.command("list", epilog="Example: numberbank topics list --json")
@_json
def list_(as_json: bool) -> None:
    """List the topics of the contract and how they stand in Kafka."""
    _tell(asyncio.run(list_topics(ClientSettings.load().kafka)), as_json)


@topics.command(epilog="Example: numberbank topics describe inventory.events")
@_names
@_json
def describe(names: tuple[str, ...], as_json: bool) -> None:
    """Describe topics: key, writers, readers, messages, how long records are kept. Without TOPIC all."""
    wanted = {known_topic(name) for name in names} or {topic.name for topic in EVERY_TOPIC}
    chosen = [topic for topic in EVERY_TOPIC if topic.name in wanted]
    for topic, standing in zip(
        chosen, asyncio.run(list_topics(ClientSettings.load().kafka, topics=chosen)), strict=True
    ):
        facts = _described(topic, standing)
        if as_json:
            line(facts)
        else:
            rows = [
                (name.replace("_", " "), ", ".join(value) if isinstance(value, list) else value)
                for name, value in facts.items()
                if name not in ("topic", "config")
            ]
            table(("topic", topic.name), [*rows, *config_of(topic).items()])


def _described(topic: Topic, standing: Standing) -> dict[str, object]:
    return {
        "topic": topic.name,
        "summary": topic.summary,
        "key": topic.key,
        "written_by": list(topic.written_by),
        "read_by": list(topic.read_by),
        "messages": [type_of(message) for message in topic.messages],
        "keep": _kept(topic),
        "config": config_of(topic),
        "partitions": standing.partitions,
        "outcome": standing.outcome,
        "differences": list(standing.differences),
    }


def _kept(topic: Topic) -> str:
    if topic.compacted:
        return "the newest of each key"
    return "for ever" if topic.keep is None else f"{topic.keep.days} days"


def _tell(standings: list[Standing], as_json: bool) -> None:
    if as_json:
        for each in standings:
            line(
                {
                    "topic": each.name,
                    "outcome": each.outcome,
                    "partitions": each.partitions,
                    "differences": list(each.differences),
                }
            )
    else:
        table(("topic", "outcome", "partitions"), [each[:3] for each in standings])
    for each in standings:
        for difference in each.differences:
            say(f"{each.name}: {difference} It was left as it is.")
