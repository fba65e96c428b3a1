"""`numberbank billing`: says what billing systems say of subscriptions and accounts."""

import asyncio
from functools import partial
from typing import Any

import click

from contracts.billing import EVENTS, AccountUpdated
from contracts.topics import BILLING_ACCOUNTS, BILLING_EVENTS
from services.ops.asking import send
from services.ops.options import data_from, type_of
from services.ops.printing import line, say
from services.ops.settings import ClientSettings
from services.ops.verbs import Manner, Verb, asked, command, messages

VERBS = {
    "subscription.activated": ("activate", "S-1 --org acme --product did --number +6531580001,+6531580002"),
    "subscription.renewed": ("renew", "R-1 --paid-until 2026-06-01"),
    "subscription.changed": ("change", "S-1 --added +6531580003 --removed +6531580001"),
    "subscription.swapped": ("swap", "S-1 --old +6531580002 --new +6531580004"),
    "subscription.transferred": ("transfer", "S-1 --org beta"),
    "subscription.expired": ("expire", "S-1"),
    "subscription.terminated": ("terminate", "S-1"),
    "subscription.reactivated": ("reactivate", "S-1"),
}


@click.group(epilog="Example: numberbank billing expire S-1", short_help="Speak as a billing system does.")
def billing() -> None:
    """Speak as a billing system does: say what happened to a subscription, and wait until numbers have followed."""


def _act(verb: Verb, subscription: str, manner: Manner, **given: Any) -> int:
    settings = ClientSettings.load()
    sendings = messages(verb, [subscription], data_from(verb.fields, given), manner, settings)
    return asked(sendings, manner, settings)


def _account(verb: Verb, org: str, manner: Manner, **given: Any) -> int:
    """Nobody answers: it is done when Kafka has it."""
    settings = ClientSettings.load()
    sendings = messages(verb, [org], {"org": org} | data_from(verb.fields, given), manner, settings)
    asyncio.run(send(settings, sendings))
    if manner.json:
        from pydantic_core import from_json

        line(from_json(sendings[0].value))
    else:
        say(f"Kafka has the account of {org}.")
    return 0


def _command(verb: Verb, name: str) -> click.Command:
    return command(name, verb, click.Argument(["subscription"]), verb.fields, partial(_act, verb))


for _message in EVENTS:
    _name, _example = VERBS[type_of(_message)]
    _verb = Verb(_message, BILLING_EVENTS, f"numberbank billing {_name} {_example}")
    billing.add_command(_command(_verb, _name))

_updated = Verb(
    AccountUpdated,
    BILLING_ACCOUNTS,
    "numberbank billing account acme --kind customer --name 'Acme Ltd' --billing-email bills@acme.example",
)
billing.add_command(
    command(
        "account",
        _updated,
        click.Argument(["org"]),
        [field for field in _updated.fields if field.path != ("org",)],
        partial(_account, _updated),
    )
)
