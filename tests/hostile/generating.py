"""The records of a run: those of the corpus, and ten thousand that Hypothesis draws, the same for the same seed."""

import json
import os
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from services.chassis.records import Headers
from tests.hostile.record import INPUTS, Hostile
from tests.hostile.strategies import Recipe, recipes

CORPUS = Path(__file__).parent / "corpus"
MANY, TOGETHER = 10_000, 20
SEED = int(os.environ.get("HOSTILE_SEED", "1"))


def generated(many: int = MANY) -> list[Hostile]:
    """Draw hostile records, twenty at a time: the rest of what Hypothesis does costs more than the drawing."""
    records: list[Hostile] = []

    @seed(SEED)
    @settings(
        max_examples=many // TOGETHER, phases=(Phase.generate,), database=None, deadline=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(st.lists(recipes(), min_size=TOGETHER, max_size=TOGETHER))
    def draw(several: list[Recipe]) -> None:
        records.extend(recipe(len(records) + number) for number, recipe in enumerate(several))

    while len(records) < many:
        draw()
    return records[:many]


def corpus() -> Iterator[Hostile]:
    """Give the committed records: each file once for each of its topics."""
    for number, path in enumerate(sorted(CORPUS.glob("*.json"))):
        told = json.loads(path.read_text())
        for topic in told.get("topics", sorted(INPUTS)):
            key = told.get("key")
            yield Hostile(
                topic,
                None if key is None else key.encode(),
                _value(told, f"corpus-{number}-{topic}"),
                _headers(told.get("headers", [])),
                told.get("partition"),
                path.stem,
            )


def _value(told: dict[str, Any], id: str) -> bytes | None:
    if "event" in told:
        return json.dumps({"specversion": "1.0", "id": id, "source": "/hostile", **told["event"]}).encode()
    if "base64" in told:
        return b64decode(told["base64"])
    text = told.get("text")
    return None if text is None else (text * told.get("times", 1)).encode()


def _headers(pairs: list[list[str | None]]) -> Headers:
    return tuple((name or "", None if text is None else text.encode()) for name, text in pairs)
