"""How many numbers there are of each sort. Each lane counts its own, so that none waits for another."""

from collections import Counter
from typing import Any

from services.chassis.ports import Document
from services.chassis.work import Work
from services.gateway.domain import Sort


async def count(work: Work, collection: str, steps: Counter[Sort]) -> None:
    """Add the steps, up or down, to the counts of this lane."""
    ids = {counted_id(work.partition, sort): sort for sort, step in steps.items() if step}
    found = await work.get(collection, ids.keys())
    counted = {id: found.get(id, {"n": 0})["n"] + steps[sort] for id, sort in ids.items()}
    await work.put(collection, [counted_document(id, ids[id], n) for id, n in counted.items() if n])
    await work.remove(collection, [id for id, n in counted.items() if not n])


def counted_id(lane: int, sort: Sort) -> str:
    """Name the count of a sort in a lane."""
    return "\x1f".join(map(str, (lane, *sort)))


def counted_document(id: str, sort: Sort, n: int) -> Document:
    """Give how many numbers of a sort there are in a lane."""
    fields: dict[str, Any] = sort._asdict()
    return {"_id": id, **fields, "n": n}
