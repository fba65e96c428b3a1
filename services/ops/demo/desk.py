"""The number desk, visited when the year is over: what a person types, and what comes back.

Each command is a real process and each request goes over HTTP; nothing is shown that was not answered.
"""

import asyncio
import json
import shlex
import sys
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from services.ops.demo.books import Finding

PATIENCE = 30.0  # real seconds for one of them
SHOWN = 4  # numbers of a search


class DeskFailure(Exception):
    """Something was not answered as it should be; the message says what came instead."""


class Desk:
    """A desk over the services that run. `tell` writes a line for people; `folder` takes what is exported."""

    def __init__(self, env: Mapping[str, str], url: str, folder: Path, tell: Callable[[str], None]) -> None:
        self._env, self._url, self._folder, self._tell = dict(env), url, folder, tell
        self._token = ""

    async def visit(self, known: int) -> list[Finding]:
        """Search, export, and change a number; give what is proven by it. `known`: numbers that events told of."""
        self._tell("\nAt the number desk:")
        findings: list[Finding] = []
        steps: tuple[tuple[str, Callable[[], Awaitable[str]]], ...] = (
            ("a search counts all numbers that there are", partial(self._search, known)),
            ("an export has each number once", partial(self._export, known)),
            ("a change over HTTP is found by the search that follows", self._change),
        )
        for check, step in steps:
            try:
                findings.append(Finding(check, True, await step()))
            except (DeskFailure, OSError, ValueError, KeyError) as failure:
                findings.append(Finding(check, False, str(failure) or repr(failure)))
        return findings

    async def _search(self, known: int) -> str:
        *numbers, last = await self._types("find", "--state", "available", "--pattern", "+65", "--limit", str(SHOWN))
        for each in numbers:
            self._tell(f"  {each['number']}  {each['state']} since {each['since']}, {each['vendor']}, {each['sku']}")
        [counted] = await self._types("find", "--facets", "--limit", "1", quiet=1)
        facets = counted["summary"]["facets"]
        self._tell("  " + ", ".join(f"{state} {many}" for state, many in facets["state"].items()))
        if counted["summary"]["total"] != known:
            raise DeskFailure(f"counted {counted['summary']['total']} of {known}")
        return f"{known} numbers; {last['summary']['numbers']} available ones shown"

    async def _export(self, known: int) -> str:
        file = self._folder / "numbers.csv"
        await self._types("export", "--format", "csv", "--output", str(file))
        rows = [row.partition(",")[0] for row in file.read_text().splitlines()[1:]]
        self._tell(f"  {len(rows)} rows, {file.stat().st_size:,} bytes")
        if len(rows) != known or len(set(rows)) != known:
            raise DeskFailure(f"{len(rows)} rows of {known} numbers, {len(set(rows))} of them different")
        return f"{known} rows, each of another number"

    async def _change(self) -> str:
        [made] = await self._types("token", "create", "demo", "--scope", "read,manage")
        self._token = made["token"]
        found = await self._asks("GET", "/v1/numbers?state=available&limit=1")
        number = found["numbers"][0]["number"]
        wish = {"holder": {"org": "acme"}, "remark": "by way of the desk"}
        reserved = await self._asks("POST", f"/v1/numbers/{number}/reserve", wish)
        whose, until = reserved["holder"]["org"], reserved["hold"]["until"]
        self._tell(f"  {number}  {reserved['state']} for {whose}, until {until}")
        [again] = (await self._asks("GET", f"/v1/numbers?pattern=%2B{number[1:]}"))["numbers"]
        if again["version"] < reserved["version"]:  # a later one is right too: days pass quickly here
            raise DeskFailure(f"{number} was reserved, and the search that followed found it {again['state']}")
        return f"{number} reserved as version {reserved['version']}, and found as version {again['version']}"

    async def _types(self, *arguments: str, quiet: int = 0) -> list[Any]:
        """Run a command as a person would; give what it says to programs, without the first `quiet` objects."""
        self._tell(f"$ numberbank {shlex.join(arguments)}")
        command = [sys.executable, "-m", "services.ops", *arguments, "--json"]
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(*command, env=self._env, stdout=pipe, stderr=pipe)
        try:
            async with asyncio.timeout(PATIENCE):
                said, complained = await process.communicate()
        except TimeoutError:
            process.kill()
            raise DeskFailure(f"numberbank {arguments[0]} has not ended within {PATIENCE:.0f} s") from None
        if process.returncode:
            raise DeskFailure(complained.decode().strip())
        return [json.loads(line) for line in said.splitlines()][quiet:]

    async def _asks(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Ask over HTTP, as a program would."""
        shown = ["curl", *(["-X", method] if body else []), f"$DESK{path}", *(["-d", json.dumps(body)] if body else [])]
        self._tell(f"$ {_quoted(shown)}")
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        return await asyncio.to_thread(
            _answered, urllib.request.Request(self._url + path, data, headers, method=method)
        )


def _quoted(words: Sequence[str]) -> str:
    return " ".join(f'"{word}"' if word.startswith("$") else shlex.quote(word) for word in words)


def _answered(request: urllib.request.Request) -> Any:
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise DeskFailure(f"{error.code} {error.read().decode(errors='replace')[:300]}") from None
