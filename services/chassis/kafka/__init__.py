"""Kafka as the road needs it: a FastStream batch subscriber to take, a producer of its own to publish."""

from services.chassis.kafka.member import KafkaBroker

__all__ = ["KafkaBroker"]
