"""Numbers added by hand: a few in one request, each accepted or rejected by itself."""

from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any

import orjson
from pydantic import Field, StringConstraints
from starlette.requests import Request
from starlette.responses import Response

from contracts.inventory import Add
from contracts.writing import canonical, written_in
from services.gateway.domain import Outcome, Token, is_for_operators
from services.gateway.http.actions import data_in
from services.gateway.http.answers import said
from services.gateway.http.conditions import IDEMPOTENCY_KEY, PREFER, TRACE, patience, repeat_of, traceparent
from services.gateway.http.desk import Desk
from services.gateway.http.examples import ADD
from services.gateway.http.offer import Body, Offer
from services.gateway.http.problems import invalid
from services.gateway.http.reading import body_of, queried
from services.gateway.http.shapes import Added, AddedNumbers
from services.gateway.repeats import Command

BY_HAND = 50  # numbers of one request
COMMAND = "number.add"
_Written = Annotated[str, StringConstraints(min_length=1, max_length=4096)]


class AddNumbers(Add):
    """Numbers that join the bank, and what they have in common."""

    numbers: _Written | Annotated[tuple[_Written, ...], Field(min_length=1)] = Field(
        description="as people write them; a list, or one text with commas between"
    )


class Adding:
    """Asks inventory to take numbers in."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def add(self, request: Request, token: Token) -> Response:
        """Answer with a verdict for each number, in the order of the request."""
        queried(request, ())
        if is_for_operators(COMMAND, token.asker):
            raise self._desk.admission.refused(token, f"{COMMAND} is for operators; ask one of them.")
        data, seconds = data_in(AddNumbers, await body_of(request)), patience(request)
        given = data.pop("numbers")
        written = written_in([given] if isinstance(given, str) else given)
        if not 1 <= len(written) <= BY_HAND:
            raise invalid("numbers", f"must be 1 to {BY_HAND} numbers, not {len(written)}; import has no such limit")
        verdicts = _verdicts(written)
        numbers = [each.number for each in verdicts if each.number is not None and each.code is None]
        repeat = repeat_of(request, token, COMMAND, orjson.dumps([written, data], option=orjson.OPT_SORT_KEYS).decode())
        commands = partial(self._commands, numbers, data, token, traceparent(request))
        done = await self._desk.commands.ask(commands, repeat, seconds)
        by_number = {each.number: (each.id, done.outcomes.get(each.id)) for each in done.commands}
        results = [_judged(each, *by_number.get(each.number or "", ("", None))) for each in verdicts]
        headers = {"Idempotency-Replayed": "true"} if done.replayed else {}
        return said({"results": [each.model_dump() for each in results]}, headers=headers)

    async def _commands(
        self, numbers: Sequence[str], data: dict[str, Any], token: Token, trace: str | None
    ) -> Sequence[Command]:
        return [self._desk.commands.written(token, COMMAND, number, data, trace) for number in numbers]

    def offers(self) -> tuple[Offer, ...]:
        """Give what may be asked."""
        return (
            Offer(
                "POST", "/numbers", self.add, "manage", "Add numbers", {200: AddedNumbers},
                (PREFER, IDEMPOTENCY_KEY, TRACE),
                body=Body(AddNumbers, ADD), headers={200: ("Idempotency-Replayed",)},
                about=f"At most {BY_HAND}; each is accepted, or rejected with the reason.",
            ),
        )  # fmt: skip


def _verdicts(written: Sequence[str]) -> list[Added]:
    """Say what can be said without asking: what is no number, and what was written before."""
    verdicts: list[Added] = []
    seen: set[str] = set()
    for text in written:
        try:
            number = canonical(text)
        except ValueError as error:
            verdicts.append(Added(written=text, outcome="rejected", code="malformed_number", message=f"{error}"))
            continue
        again = number in seen
        verdicts.append(
            Added(written=text, number=number, outcome="rejected", code="duplicate", message=f"{number} stands above.")
            if again
            else Added(written=text, number=number, outcome="unanswered")
        )
        seen.add(number)
    return verdicts


def _judged(verdict: Added, command: str, outcome: Outcome | None) -> Added:
    if verdict.code is not None:
        return verdict
    if outcome is None:
        return verdict.model_copy(update={"command": command})
    accepted = "accepted" if outcome.accepted else "rejected"
    told = {"outcome": accepted, "code": outcome.code, "message": outcome.message, "version": outcome.version}
    return verdict.model_copy(update={"command": command, **told})
