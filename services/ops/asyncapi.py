"""Writes the AsyncAPI documents of all services: `python -m services.ops.asyncapi [--check]`."""

import json
import sys
from importlib.metadata import version
from pathlib import Path

from contracts.topics import SERVICES
from services.chassis.asyncapi import document
from services.ops.declared import declared

FOLDER = Path(__file__).parents[2] / "contracts" / "asyncapi"


def written(name: str) -> str:
    """Give the document of a service as its file should be."""
    return json.dumps(document(declared(name), version("numberbank")), indent=1, ensure_ascii=False) + "\n"


def main(arguments: list[str]) -> int:
    """Write the documents, or check that they are up to date; give the exit code."""
    FOLDER.mkdir(exist_ok=True)
    stale = []
    for name in SERVICES:
        path, text = FOLDER / f"{name}.json", written(name)
        if not path.exists() or path.read_text() != text:
            stale.append(path.name)
            if "--check" not in arguments:
                path.write_text(text)
    if stale and "--check" in arguments:
        print(f"Out of date: {', '.join(stale)}; run `python -m services.ops.asyncapi`.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
