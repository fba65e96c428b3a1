"""Doubles of broker and store, for tests that need speed. They pass the same suite as the real ones.

`cluster` has the topics' logs, `group` hands partitions out to the members, `broker` is one member; `database` has
the documents, `store` and `transaction` are how a service sees them. All of them talk over a `wire`, which is kind
unless a test brings another.
"""

from services.chassis.memory.broker import MemoryBroker
from services.chassis.memory.cluster import MemoryCluster
from services.chassis.memory.database import MemoryDatabase
from services.chassis.memory.store import MemoryStore
from services.chassis.memory.transaction import MemoryTransaction
from services.chassis.memory.wire import Wire

__all__ = ["MemoryBroker", "MemoryCluster", "MemoryDatabase", "MemoryStore", "MemoryTransaction", "Wire"]
