"""What a race runs on: real Kafka and MongoDB, with topics made anew and a database of its own for each round."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from urllib.parse import urlsplit

from contracts.topics import EVERY_TOPIC
from services.ops.connection import admin
from services.ops.stack import Stack
from services.ops.topics import create_topics
from tests.bench.load import PARTITIONS
from tests.bench.processes import cpu_seconds
from tests.bench.sizes import Sizes

_databases = count(1)


@dataclass(frozen=True)
class Ground:
    """Empty topics and an empty database. `env`: how a process finds them."""

    env: Mapping[str, str]
    kafka: str = field(init=False)
    mongo: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "kafka", self.env["KAFKA_BOOTSTRAP_SERVERS"])
        object.__setattr__(self, "mongo", self.env["MONGODB_URL"])


@dataclass(frozen=True)
class Track:
    """What a race is given."""

    stack: Stack
    environ: Mapping[str, str]
    sizes: Sizes
    say: Callable[[str], None]

    @property
    def mongod(self) -> int | None:
        """The process of the database, if it is one of ours."""
        return None if self.stack.mongo is None else self.stack.mongo.pid

    @property
    def mongod_cpu(self) -> float:
        """Seconds of processor that the database has used; NaN where nobody tells."""
        return float("nan") if self.mongod is None else cpu_seconds(self.mongod)

    async def cleared(self, database: str = "") -> Ground:
        """Make all topics anew, and name a database: one that nobody has used, unless it is named."""
        servers, names = self.stack.env["KAFKA_BOOTSTRAP_SERVERS"], {topic.name for topic in EVERY_TOPIC}
        async with admin(servers) as client:
            if there := set(await client.list_topics()) & names:
                await client.delete_topics(list(there))
            while names & set(await client.list_topics()):  # the broker hears of it later, and of the new ones too
                await asyncio.sleep(0.05)
        await create_topics(servers, PARTITIONS)
        async with admin(servers) as client:
            while names - set(await client.list_topics()):
                await asyncio.sleep(0.05)
        url = (
            urlsplit(self.stack.env["MONGODB_URL"])
            ._replace(path=f"/{database or f'bench_{next(_databases)}'}")
            .geturl()
        )
        return Ground({**self.environ, **self.stack.env, "NUMBERBANK_LOG_LEVEL": "WARNING", "MONGODB_URL": url})
