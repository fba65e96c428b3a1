"""Kafka as the road needs it: a FastStream batch subscriber to take, a producer of its own to publish.

And as those need it who wait at an edge: `Sender` writes single records, `Follower` reads outside of any group.
"""

from services.chassis.kafka.follower import Follower
from services.chassis.kafka.member import KafkaBroker
from services.chassis.kafka.sender import Sender

__all__ = ["Follower", "KafkaBroker", "Sender"]
