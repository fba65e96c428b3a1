"""The system on one screen: every topic, who writes it, who reads it, how long it is kept.

Topics are created from here, never by a broker or a client. Source: CONTRACT and DESIGN.
"""

from datetime import timedelta

from contracts import billing, inventory, lifecycle, notification, provisioning
from contracts.message import Topic

BILLING_EVENTS = Topic(
    "billing.events", key="subscription", written_by=("billing systems",), read_by=("provisioning",),
    messages=billing.EVENTS, kind="facts", keep=timedelta(days=30),
    summary="what happens to subscriptions",
)  # fmt: skip
BILLING_ACCOUNTS = Topic(
    "billing.accounts", key="org", written_by=("billing systems",), read_by=("notification",),
    messages=(billing.AccountUpdated,), kind="facts", compacted=True,
    summary="who the organisations are and how to reach them",
)  # fmt: skip
INVENTORY_COMMANDS = Topic(
    "inventory.commands", key="number", written_by=("anybody",), read_by=("inventory",),
    messages=inventory.COMMANDS, kind="commands", keep=timedelta(days=30),
    summary="the one door to the state of a number",
)  # fmt: skip
INVENTORY_EVENTS = Topic(
    "inventory.events", key="number", written_by=("inventory",),
    read_by=("lifecycle-timer", "provisioning", "gateway", "ops", "anybody"),
    messages=inventory.EVENTS, kind="events",
    summary="the whole number after each change, and refusals",
)  # fmt: skip
LIFECYCLE_EVENTS = Topic(
    "lifecycle.events", key="number", written_by=("lifecycle-timer",),
    read_by=("notification", "lifecycle-timer", "downstream notifiers"),
    messages=lifecycle.EVENTS, kind="events", keep=timedelta(days=30),
    summary="holds that end soon, and that have ended",
)  # fmt: skip
PROVISIONING_COMMANDS = Topic(
    "provisioning.commands", key="number", written_by=("ops",), read_by=("provisioning",),
    messages=provisioning.COMMANDS, kind="commands", keep=timedelta(days=7),
    summary="requests of people that need billing's knowledge",
)  # fmt: skip
PROVISIONING_EVENTS = Topic(
    "provisioning.events", key="subscription / number", written_by=("provisioning",),
    read_by=("billing systems", "ops"),
    messages=provisioning.EVENTS, kind="events",
    summary="what became of each request, number by number",
)  # fmt: skip
NOTIFICATION_EVENTS = Topic(
    "notification.events", key="org", written_by=("notification",), read_by=("ops", "audit"),
    messages=notification.EVENTS, kind="events", keep=timedelta(days=90),
    summary="mails sent, and mails that could not be",
)  # fmt: skip

TOPICS = (
    BILLING_EVENTS, BILLING_ACCOUNTS, INVENTORY_COMMANDS, INVENTORY_EVENTS, LIFECYCLE_EVENTS,
    PROVISIONING_COMMANDS, PROVISIONING_EVENTS, NOTIFICATION_EVENTS,
)  # fmt: skip

SERVICES = ("inventory", "provisioning", "lifecycle-timer", "notification", "gateway")


def dead_letters(topic: Topic, service: str) -> Topic:
    """Give the topic where `service` puts what it could not use of `topic`."""
    return Topic(
        f"{topic.name}.{service}.dlq", key="as the record", written_by=(service,), read_by=("ops",),
        messages=(), kind="events", keep=timedelta(days=90), summary="dead letters",
    )  # fmt: skip


DEAD_LETTERS = tuple(dead_letters(topic, name) for topic in TOPICS for name in topic.read_by if name in SERVICES)
EVERY_TOPIC = TOPICS + DEAD_LETTERS
