"""Changes of a number: each is a command of the contract, decided by inventory."""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple, get_args, get_type_hints

import orjson
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from contracts import inventory
from contracts.inventory import Ask, Asked, Number
from services.chassis.retry import Delays
from services.gateway.domain import Asker, Entry, Token, is_for_operators, objection
from services.gateway.http.answers import etag, said
from services.gateway.http.commanding import Asked as Done
from services.gateway.http.conditions import CONDITIONS, expected_version, patience, repeat_of, traceparent
from services.gateway.http.desk import Desk
from services.gateway.http.examples import EXAMPLES
from services.gateway.http.offer import NUMBER_IN_PATH, Body, Offer
from services.gateway.http.problems import INVALID, VERSION_MISMATCH, Problem, invalid, refused, unknown_number
from services.gateway.http.reading import JSON, body_of, number_in_path, queried, read, told_fields
from services.gateway.http.shapes import CommandShown
from services.gateway.showing import shown

LEVELLING = 2.0  # seconds that a later version is waited for, at most
LOOKS = 0.1, 0.5  # seconds between looks for it, growing from one to the other
AT_ONCE = 20  # requests that may wait so in a process: each look is a query
PATCH_TYPES = (JSON, "application/merge-patch+json")
ADDRESSES: dict[str, type[Asked]] = {
    "reserve": inventory.ReserveNumber,
    "extend": inventory.ExtendReservation,
    "end-extension": inventory.EndReservationExtension,
    "release": inventory.ReleaseNumber,
    "assign": inventory.AssignNumber,
    "transfer": inventory.TransferNumber,
    "unassign": inventory.UnassignNumber,
    "lock": inventory.LockNumber,
    "unlock": inventory.UnlockNumber,
    "delete": inventory.DeleteNumber,
    "recover": inventory.RecoverNumber,
    "restore": inventory.RestoreNumber,
}


class Action(NamedTuple):
    """What may be done: the type of the command, and the model of its data."""

    command: str
    data: type[Ask]


def action_of(message: type[Asked]) -> Action:
    """Read a command of the contract."""
    [command] = get_args(message.model_fields["type"].annotation)
    return Action(command, get_type_hints(message)["data"])


class Wish(NamedTuple):
    """One change that is asked for. `version`: that of If-Match; `trace`: the one that it belongs to."""

    action: Action
    number: str
    data: dict[str, Any]
    version: int | None
    trace: str | None


def data_in(model: type[BaseModel], body: bytes) -> dict[str, Any]:
    """Give the data of a command as it was said: what is absent stays so. Raises `Problem`."""
    asked = read(model, body)
    if "expected_version" in asked.model_fields_set:
        raise invalid("expected_version", 'is no field here; send it as If-Match, such as "7"')
    if not asked.model_fields_set:
        raise Problem(INVALID, f"The body is empty; there are {', '.join(told_fields(model))}.")
    return asked.model_dump(mode="json", exclude_unset=True)


def _is_behind(entry: Entry | None, version: int | None) -> bool:
    """Tell whether a catalogue has not come to the version that is asked for, if one is."""
    return version is not None and (entry is None or entry["version"] < version)


class Actions:
    """Asks inventory to change numbers."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._levelling = 0

    async def change(self, action: Action, types: Sequence[str], request: Request, token: Token) -> Response:
        """Answer with the number after the change, or why there is none, or where to ask later."""
        queried(request, ())
        number, asker = number_in_path(request), token.asker
        if is_for_operators(action.command, asker):
            raise self._desk.admission.refused(token, f"{action.command} is for operators; ask one of them.")
        version, seconds = expected_version(request), patience(request)
        data = data_in(action.data, await body_of(request, types))
        wish = Wish(action, number, data, version, traceparent(request))
        text = orjson.dumps(data, option=orjson.OPT_SORT_KEYS).decode()
        repeat = repeat_of(request, token, action.command, number, str(version), text)
        until = asyncio.get_running_loop().time() + min(seconds, LEVELLING)
        done = await self._desk.commands.ask(partial(self._checked, wish, token, until), repeat, seconds)
        return await self._answer(wish, token, done)

    async def _checked(self, wish: Wish, token: Token, until: float) -> Sequence[Any]:
        """Give the command, if the asker may give it. An org's is bound to the version that was looked at."""
        expected = wish.version
        if not token.asker.may_manage:
            entry = await self._level(wish, token.asker, until)
            if entry is None:
                raise unknown_number(wish.number)
            if why := objection(wish.action.command, token.asker, entry, wish.data):
                raise self._desk.admission.refused(token, why)
            if expected not in (None, entry["version"]):
                raise Problem(VERSION_MISMATCH, f"{wish.number} is at version {entry['version']}, not {expected}.")
            expected = entry["version"]
        data = wish.data if expected is None else wish.data | {"expected_version": expected}
        return [self._desk.commands.written(token, wish.action.command, wish.number, data, wish.trace)]

    async def _level(self, wish: Wish, asker: Asker, until: float) -> Entry | None:
        """Give the number as the asker sees it; where If-Match names a later version, wait a little for that.

        Who follows changes may hear of one before the catalogue here has it. What is not in the bank is waited for
        as long as what the asker may not see, so nobody can tell which.
        """
        now, delays = asyncio.get_running_loop().time, Delays(*LOOKS)
        entry = await self._desk.present.get(wish.number, asker)
        if self._levelling >= AT_ONCE:
            return entry
        self._levelling += 1
        try:
            while _is_behind(entry, wish.version) and now() < until and not self._desk.closing.is_set():
                await delays.wait()
                entry = await self._desk.present.get(wish.number, asker)
            return entry
        finally:
            self._levelling -= 1

    async def _answer(self, wish: Wish, token: Token, done: Done) -> Response:
        [command] = done.commands
        headers = {"Idempotency-Replayed": "true"} if done.replayed else {}
        outcome = done.outcomes.get(command.id)
        entry = None
        if outcome is not None and outcome.accepted:
            entry = await self._desk.historian.version(wish.number, outcome.version or 0)
        if outcome is None or (outcome.accepted and entry is None):  # the views are just made anew
            pending = CommandShown(id=command.id, status="pending", number=wish.number)
            headers["Location"] = f"/v1/commands/{command.id}"
            return said(pending.model_dump(), 202, headers)
        if entry is None:
            raise refused(outcome, if_match=wish.version is not None, headers=headers)
        headers["ETag"] = etag(outcome.version or 0)
        return said(token.asker.sees(shown(entry)), headers=headers)

    def offers(self) -> tuple[Offer, ...]:
        """Give what may be asked."""
        update = self._offer("PATCH", "/numbers/{number}", action_of(inventory.UpdateNumber), PATCH_TYPES)
        return update, *(
            self._offer("POST", f"/numbers/{{number}}/{address}", action_of(message), (JSON,))
            for address, message in ADDRESSES.items()
        )

    def _offer(self, method: str, path: str, action: Action, types: tuple[str, ...]) -> Offer:
        verb = action.command.removeprefix("number.").replace("_", " ")
        answered = ("Idempotency-Replayed",)
        return Offer(
            method, path, partial(self.change, action, types), "manage", f"{verb[:1].upper()}{verb[1:]} a number",
            {200: Number, 202: CommandShown}, (NUMBER_IN_PATH, *CONDITIONS),
            body=Body(action.data, EXAMPLES[action.command], types), problems=(404, 409, 412),
            about=action.data.__doc__ or "",
            headers={200: ("ETag", *answered), 202: ("Location", *answered)},
        )  # fmt: skip
