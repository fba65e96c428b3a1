"""Who needs which rights. Nothing is listed by hand but what the command line does."""

from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

from contracts.message import Topic
from contracts.topics import DEAD_LETTERS, EVERY_TOPIC, SERVICES, TOPICS, dead_letters
from services.chassis.fence import FENCES
from services.chassis.service import Service
from services.gateway.bulk.jobs import EXPIRING as JOBS
from services.gateway.store import POINTER, SETS
from services.gateway.tokens import NAMES, TOKENS
from services.inventory.store import NUMBERS
from services.lifecycle_timer.store import TIMERS
from services.ops.declared import declared
from services.provisioning.store import SUBSCRIPTIONS

OWNED = ("find", "insert", "update", "remove", "createCollection")
JOBS_MADE = ("find", "insert", "update", "remove")  # a file is submitted by whoever reads it
OURS = {*SERVICES, "ops", "audit", "anybody"}  # as contracts name them; all others are outsiders


class Grant(NamedTuple):
    """What a user may do with a topic, a group or, `prefixed`, all groups whose names begin so."""

    kind: Literal["topic", "group"]
    name: str
    operations: tuple[str, ...]
    prefixed: bool = False


class Privilege(NamedTuple):
    """What a user may do with a collection."""

    collection: str
    actions: tuple[str, ...]


class User(NamedTuple):
    """A user of Kafka, and of MongoDB where there are privileges."""

    name: str
    purpose: str
    grants: tuple[Grant, ...]
    privileges: tuple[Privilege, ...] = ()


def users() -> list[User]:
    """Give all users that a system with closed doors has, besides its administrators."""
    return [*map(_service, map(declared, SERVICES)), _deployer(), _operator(), _auditor(), *_outsiders()]


def _service(service: Service) -> User:
    reads = [source.topic for source in service.inputs]
    looks = [topic for source in service.inputs for topic in (*source.after, *source.level_with)]
    # A record that arrives in the wrong partition is sent to the right one.
    forwards = [topic for topic in reads if topic.homed]
    writes = [*service.writes, *forwards, *(dead_letters(topic, service.name) for topic in reads)]
    grants = _topics({"Read": reads, "Describe": [t for t in looks if t not in reads], "Write": writes})
    groups = (Grant("group", name, ("Read",)) for name in (service.name, service.rebuilt_by) if name)
    return User(service.name, f"the service {service.name}", (*grants, *groups), tuple(_owned(service)))


def _owned(service: Service) -> Iterator[Privilege]:
    for name in dict.fromkeys((*service.collections, *service.expiring, FENCES, "topics")):
        indexed = name in service.expiring or service.collections.get(name)
        more = ("createIndex",) * bool(indexed) + ("dropCollection",) * (name in service.renewed)
        yield Privilege(f"{service.name}.{name}", (*OWNED, *more))


def _deployer() -> User:
    grants = _topics({"Create": EVERY_TOPIC, "DescribeConfigs": EVERY_TOPIC, "Describe": EVERY_TOPIC})
    return User("deployer", "`numberbank topics`, when a version is rolled out", grants)


def _operator() -> User:
    # A dead letter is put back where it came from, and closed by a mark beside it.
    repaired = [topic for topic in TOPICS if any(name in SERVICES for name in topic.read_by)]
    topics, looked_at = _looking({"Write": [*repaired, *DEAD_LETTERS]})
    tokens = (
        Privilege(f"gateway.{TOKENS}", ("find", "insert", "update")),
        Privilege(f"gateway.{NAMES}", ("find", "insert")),
    )
    jobs = (Privilege(f"gateway.{name}", JOBS_MADE) for name in JOBS)
    return User("operator", "people at the command line", topics, (*looked_at, *tokens, *jobs))


def _auditor() -> User:
    return User("auditor", "`numberbank audit`, `lag`, `timers`, `tail`, `topics list`; changes nothing", *_looking({}))


def _looking(more: Mapping[str, list[Topic]]) -> tuple[tuple[Grant, ...], tuple[Privilege, ...]]:
    topics = _topics({"Read": EVERY_TOPIC, "DescribeConfigs": EVERY_TOPIC, **more})
    groups = (Grant("group", name, ("Describe",)) for name in SERVICES)
    looked_at = [f"inventory.{NUMBERS}", f"provisioning.{SUBSCRIPTIONS}", f"lifecycle-timer.{TIMERS}"]
    looked_at += [f"gateway.{name}" for views in SETS.values() for name in views.collections]
    looked_at.append(f"gateway.{POINTER}")
    fences = [f"{name}.{FENCES}" for name in SERVICES]
    return (*topics, *groups), tuple(Privilege(name, ("find",)) for name in (*looked_at, *fences))


def _outsiders() -> Iterator[User]:
    named = dict.fromkeys(name for topic in TOPICS for name in (*topic.written_by, *topic.read_by) if name not in OURS)
    for name in named:
        reads = [topic for topic in TOPICS if name in topic.read_by]
        grants = _topics({"Read": reads, "Write": [topic for topic in TOPICS if name in topic.written_by]})
        user = name.replace(" ", "-")
        groups = (Grant("group", user, ("Read",), prefixed=True),) if reads else ()
        yield User(user, f"{name}, as contracts/topics.py names them", (*grants, *groups))


def _topics(wanted: Mapping[str, "list[Topic] | tuple[Topic, ...]"]) -> tuple[Grant, ...]:
    """Give one grant for each topic, from topics by operation."""
    operations: dict[str, list[str]] = {}
    for operation, topics in wanted.items():
        for topic in dict.fromkeys(topic.name for topic in topics):
            operations.setdefault(topic, []).append(operation)
    return tuple(Grant("topic", name, tuple(several)) for name, several in operations.items())
