"""What became of the commands of the gateway, kept for a few days.

Of single commands there is a document each. Those of jobs come by the hundred: a lane keeps the answers to all rows of
a chunk in one document, for a document of two indexes costs MongoDB as much as the number itself has cost it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from contracts.inventory import CommandRejected, NumberEvent
from services.chassis.ports import Document
from services.chassis.work import Taken, Work, derived_id
from services.gateway.domain import PREFIX, Answer, Outcome, outcome_of, spot_of
from services.gateway.store.views import Views


async def keep(work: Work, views: Views, batch: Iterable[Taken]) -> None:
    """Write down the answers to commands of the gateway that are among these."""
    single, rows, seen = dict[str, Document](), defaultdict[str, list[Answer]](list), dict[str, datetime]()
    for outcome, at in _ours(batch):
        if (spot := spot_of(outcome.command)) is None:
            single[outcome.command] = _document(outcome, at)
        else:
            id = f"{spot.job}/{spot.chunk}/{work.partition}"
            rows[id].append(Answer.of(spot, outcome))
            seen[id] = at
    await work.put(views.outcomes, list(single.values()))
    await _add(work, views.answers, rows, seen)


def outcome_from(document: Document) -> Outcome:
    """Read an outcome."""
    return Outcome(document["_id"], *(document[name] for name in Outcome._fields[1:]))


def answers_from(document: Document) -> Iterator[Answer]:
    """Read answers."""
    return (Answer(*each) for each in document["answers"])


def answers_to(job: str, chunk: int) -> Document:
    """Give the filter of the documents in which lanes keep the answers to a chunk: `_id` is job/chunk/lane."""
    return {"_id": {"$gt": f"{job}/{chunk}/", "$lt": f"{job}/{chunk}0"}}  # a 0 comes right after a slash


async def _add(work: Work, collection: str, rows: Mapping[str, list[Answer]], seen: Mapping[str, datetime]) -> None:
    """Add answers to those of before; of several to one row the first counts, so that no document grows for ever."""
    before = await work.get(collection, rows.keys())
    kept = list[Document]()
    for id, answers in rows.items():
        by_place = {answer.at: list(answer) for answer in reversed(answers)}
        by_place |= {each[0]: each for each in before.get(id, {}).get("answers", ())}
        kept.append({"_id": id, "answers": sorted(by_place.values()), "seen": seen[id]})
    await work.put(collection, kept)


def _document(outcome: Outcome, seen: datetime) -> Document:
    command, *rest = outcome
    return {"_id": command, **dict(zip(Outcome._fields[1:], rest, strict=True)), "seen": seen}


def _ours(batch: Iterable[Taken]) -> Iterator[tuple[Outcome, datetime]]:
    """Give the outcomes of commands of the gateway, and not those of others with the same ids.

    And when each came: in real time, by which the database forgets them.
    """
    for message, at in batch:
        if isinstance(message, NumberEvent | CommandRejected) and _is_ours(message):
            yield outcome_of(message), datetime.fromtimestamp(at / 1000, UTC)


def _is_ours(event: Any) -> bool:
    if event.causationid is None or not event.causationid.startswith(PREFIX):
        return False
    told = (event.causationid, event.type, event.data.version or 0)
    return bool(event.id == derived_id("/inventory", event.subject, "/gateway", *told))
