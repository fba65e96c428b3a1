"""A service's AsyncAPI 3 document, made by FastStream from the same declaration that runs.

The road takes raw bytes, so the schemas of the messages are put beside them.
"""

from typing import Annotated, Any

from faststream.kafka import KafkaBroker
from faststream.specification import AsyncAPI
from pydantic import TypeAdapter, WithJsonSchema

from contracts.message import Topic
from services.chassis.service import Service


def document(service: Service, version: str) -> dict[str, Any]:
    """Give the document of a service as JSON values: a channel for each topic, real schemas throughout."""
    broker = KafkaBroker("localhost:9092", apply_types=False)
    for source in service.inputs:
        subscriber = broker.subscriber(source.topic.name, title=source.topic.name, description=source.topic.summary)
        subscriber(_taker(_payload(source.topic)))
    for topic in service.writes:
        broker.publisher(topic.name, title=f"{topic.name}.out", description=topic.summary, schema=_payload(topic))
    summary = (service.inputs[0].handle.__doc__ or "").strip().split("\n")[0]
    made: dict[str, Any] = (
        AsyncAPI(broker, title=f"Numberbank {service.name}", version=version, description=summary)
        .to_specification()
        .to_jsonable()
    )
    for section in (made, made["components"]):  # FastStream keeps its publishers in no order
        for name in section.keys() & {"channels", "operations", "messages", "schemas"}:
            section[name] = dict(sorted(section[name].items()))
    return made


def _payload(topic: Topic) -> Any:
    return Annotated[bytes, WithJsonSchema(schema_of(topic))]


def schema_of(topic: Topic) -> dict[str, Any]:
    """Give one self-contained JSON Schema of all messages of a topic."""
    return _resolved(TypeAdapter(topic.union()).json_schema())


def _resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """Put definitions where they are referred to; contracts have no cycles."""
    definitions = schema.pop("$defs", {})

    def resolve(part: Any) -> Any:
        if isinstance(part, dict):
            if "$ref" in part:
                name = part["$ref"].rsplit("/", 1)[-1]
                return resolve(definitions[name] | {k: v for k, v in part.items() if k != "$ref"})
            return {key: resolve(value) for key, value in part.items() if key != "discriminator"}
        return [resolve(value) for value in part] if isinstance(part, list) else part

    resolved: dict[str, Any] = resolve(schema)
    return resolved


def _taker(payload: Any) -> Any:
    async def take(record: Any) -> None:
        """Take a record; the road takes them in batches and validates each on its own."""

    take.__annotations__ = {"record": payload, "return": None}
    return take
