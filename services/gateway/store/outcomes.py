"""What became of the commands of the gateway, kept for a few days."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from contracts.inventory import CommandRejected, NumberEvent
from services.chassis.ports import Document
from services.chassis.work import Taken, Work, derived_id
from services.gateway.domain import PREFIX, Outcome, outcome_of


async def keep(work: Work, collection: str, batch: Iterable[Taken]) -> None:
    """Write down the answers to commands of the gateway that are among these."""
    answers = ((message, at) for message, at in batch if isinstance(message, NumberEvent | CommandRejected))
    kept = [_document(message, at) for message, at in answers if _is_ours(message)]
    await work.put(collection, list({document["_id"]: document for document in kept}.values()))


def outcome_from(document: Document) -> Outcome:
    """Read an outcome."""
    return Outcome(document["_id"], *(document[name] for name in Outcome._fields[1:]))


def _document(event: Any, at: int) -> Document:
    command, *rest = outcome_of(event)
    # Real time, as the database has it that forgets them.
    seen = datetime.fromtimestamp(at / 1000, UTC)
    return {"_id": command, **dict(zip(Outcome._fields[1:], rest, strict=True)), "seen": seen}


def _is_ours(event: Any) -> bool:
    """Tell whether a command of the gateway was answered, and no other one with the same id."""
    if event.causationid is None or not event.causationid.startswith(PREFIX):
        return False
    told = (event.causationid, event.type, event.data.version or 0)
    return bool(event.id == derived_id("/inventory", event.subject, "/gateway", *told))
