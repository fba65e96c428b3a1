"""Memory of an export does not grow with what is exported."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from services.gateway.domain import entry_of
from services.gateway.export.formats import FORMATS
from services.gateway.store import SETS
from tests.integration.test_finding import Stock, stock
from tests.unit.gateway.stock import drawn, taken

__all__ = ["stock"]
FEW, MANY = 10_000, 60_000
PROGRAM = r"""
import json, re, sys
from pathlib import Path
from services.ops.cli import outcome_of
code = outcome_of(["export", *sys.argv[1:]])
used = int(re.search(r"VmHWM:\s*(\d+)", Path("/proc/self/status").read_text())[1]) / 1024
print(json.dumps({"code": code, "mib": used}))
"""


@pytest.fixture
async def large(stock: Stock, monkeypatch: pytest.MonkeyPatch) -> Stock:
    """Give a stock of two countries, one with few numbers and one with many."""
    monkeypatch.setenv("MONGODB_URL", stock.url)
    entry = entry_of(taken(drawn(Random(1), "+6531580001")).message.data)
    catalogue = stock.store._collection(SETS["a"].catalogue)
    await catalogue.drop_indexes()
    for country, many in (("DE", FEW), ("FR", MANY)):
        numbers = (f"+{'49' if country == 'DE' else '33'}{at:010}" for at in range(many))
        await catalogue.insert_many([entry | {"_id": each, "country": country} for each in numbers])
    return stock


def peak(kind: str, country: str, output: Path) -> float:
    """Export in a process of its own; give its peak memory in MiB."""
    arguments = ["--country", country, "--format", kind, "--output", str(output)]
    done = subprocess.run([sys.executable, "-c", PROGRAM, *arguments], capture_output=True, text=True, check=True)
    used = json.loads(done.stdout)
    assert used["code"] == 0, done.stderr
    return float(used["mib"])


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from /proc")
async def test_sixty_thousand_numbers_need_as_much_memory_as_ten_thousand(large: Stock, tmp_path: Path) -> None:
    for kind in FORMATS:
        few = await asyncio.to_thread(peak, kind, "DE", tmp_path / f"few.{kind}")
        many = await asyncio.to_thread(peak, kind, "FR", tmp_path / f"many.{kind}")
        # Parquet's groups of 16,384 rows fill up only with many.
        assert many - few < 30, kind
