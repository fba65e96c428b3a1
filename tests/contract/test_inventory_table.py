"""Every command in every state: the event that follows, or the code of the refusal."""

from typing import Any

import pytest

from tests.contract.stranger import Stranger
from tests.contract.trade import ACME, ADD, NOW, STATES, ZENITH, bring, when

pytestmark = pytest.mark.asyncio(loop_scope="package")

DATA: dict[str, dict[str, Any]] = {
    "number.add": ADD,
    "number.import": ADD | {"state": "available", "since": NOW},
    "number.update": {"vendor": "v2"},
    "number.reserve": {"holder": ACME, "remark": "r"},
    "number.extend": {"did_reservation": "R-1", "holder": ACME, "until": when(days=60)},
    "number.end_extension": {"did_reservation": "R-1"},
    "number.release": {"remark": "r"},
    "number.assign": {"subscription": "S-2", "holder": ACME},
    "number.transfer": {"subscription": "S-1", "holder": ZENITH},
    "number.unassign": {"subscription": "S-1", "cause": "subscription_expired"},
    "number.lock": {"remark": "r"},
    "number.unlock": {"remark": "r"},
    "number.delete": {"reason": "ported_out", "remark": "r"},
    "number.recover": {"remark": "r"},
    "number.expire": {"placed": 2},
    "number.restore": {"version": 2, "remark": "r"},
}
FOLLOWS = {
    **{("number.update", state): ("number.updated", state) for state in STATES[:-1]},
    ("number.add", "none"): ("number.added", "available"),
    ("number.import", "none"): ("number.imported", "available"),
    ("number.reserve", "available"): ("number.reserved", "reserved"),
    ("number.extend", "reserved"): ("number.reservation_extended", "reserved"),
    ("number.release", "reserved"): ("number.released", "available"),
    ("number.assign", "available"): ("number.assigned", "assigned"),
    ("number.assign", "reserved"): ("number.assigned", "assigned"),
    ("number.transfer", "assigned"): ("number.transferred", "assigned"),
    ("number.unassign", "assigned"): ("number.reserved", "reserved"),
    ("number.lock", "available"): ("number.locked", "locked"),
    ("number.unlock", "locked"): ("number.unlocked", "available"),
    ("number.delete", "available"): ("number.deleted", "deleted"),
    ("number.delete", "locked"): ("number.deleted", "deleted"),
    ("number.recover", "deleted"): ("number.recovered", "available"),
    ("number.restore", "locked"): ("number.restored", "available"),
    ("number.restore", "deleted"): ("number.restored", "available"),
}
REFUSED = {
    **{(command, state): "already_exists" for command in ("number.add", "number.import") for state in STATES},
    **{(command, "none"): "unknown_number" for command in DATA},
    ("number.end_extension", "reserved"): "not_extended_by",
    ("number.expire", "reserved"): "hold_not_due",
    ("number.expire", "locked"): "hold_not_due",
}


@pytest.mark.parametrize("state", ["none", *STATES])
@pytest.mark.parametrize("command", DATA)
async def test_a_command_in_a_state_is_answered_by_its_event_or_its_code(
    bank: Stranger, command: str, state: str
) -> None:
    number = await bring(bank, state)
    answer = await bank.command(command, number, DATA[command])
    version = {"none": 0, "available": 1}.get(state, 2)
    if (command, state) in FOLLOWS:
        event, after = FOLLOWS[command, state]
        assert answer["type"] == event, answer
        assert (answer["data"]["state"], answer["data"]["version"]) == (after, version + 1)
        assert answer["data"]["previous"] == (None if state == "none" else state)
        return
    assert answer["type"] == "command.rejected", answer
    assert answer["data"].pop("message")
    assert answer["data"] == {
        "command": command,
        "code": REFUSED.get((command, state), "invalid_transition"),
        "state": None if state == "none" else state,
        "version": version or None,
    }


async def test_adding_a_deleted_number_anew_is_refused_with_what_would_be_right(bank: Stranger) -> None:
    number = await bring(bank, "deleted")
    assert "is deleted; use recover" in (await bank.command("number.add", number, ADD))["data"]["message"]


@pytest.mark.parametrize("state", ["locked", "deleted", "assigned", "reserved"])
async def test_a_refusal_s_message_is_a_sentence(bank: Stranger, state: str) -> None:
    number = await bring(bank, state)
    message = (await bank.command("number.assign", number, {"subscription": "S-9", "holder": ZENITH}))["data"][
        "message"
    ]
    assert " " in message
    assert message == message.strip()
