"""What became of commands, for those who did not wait."""

from starlette.requests import Request
from starlette.responses import Response

from services.gateway.domain import Outcome, Token, is_command_of, spot_of
from services.gateway.http.answers import said
from services.gateway.http.desk import Desk
from services.gateway.http.offer import Offer, Parameter
from services.gateway.http.problems import NOT_FOUND, Problem
from services.gateway.http.reading import queried
from services.gateway.http.shapes import CommandShown

_ID: Parameter = {
    "name": "id", "in": "path", "required": True, "description": "as Location told it", "schema": {"type": "string"},
    "example": "gw-7d1f0c0a-93a4-8a51-8c6a-52f3d1b6e0aa",
}  # fmt: skip


class AskedFor:
    """Tells what became of commands."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def show(self, request: Request, token: Token) -> Response:
        """Answer with what became of a command. An org hears of the commands of its own token only."""
        queried(request, ())
        id = request.path_params["id"]
        own = is_command_of(token.id, id)
        outcome = (await self._desk.commands.outcomes.get([id])).get(id) if own or token.asker.may_manage else None
        if outcome is not None:
            return said(_shown(outcome).model_dump())
        if own:
            return said(CommandShown(id=id, status="pending").model_dump())
        if token.asker.may_manage and (spot := spot_of(id)) is not None:
            raise Problem(NOT_FOUND, f"{id} is of a row of a job: /v1/jobs/{spot.job}/result has what became of it.")
        raise Problem(NOT_FOUND, f"There is no command {id!r} of this token; Location names those that there are.")

    def offers(self) -> tuple[Offer, ...]:
        """Give what may be asked."""
        return (
            Offer(
                "GET", "/commands/{id}", self.show, "read", "Show a command", {200: CommandShown}, (_ID,),
                problems=(404,),
                about="Known for three days. A command that was never sent is pending for ever.",
            ),
        )  # fmt: skip


def _shown(outcome: Outcome) -> CommandShown:
    return CommandShown(
        id=outcome.command, status="accepted" if outcome.accepted else "rejected", number=outcome.number,
        event=outcome.type, version=outcome.version, state=outcome.state, code=outcome.code, message=outcome.message,
    )  # fmt: skip
