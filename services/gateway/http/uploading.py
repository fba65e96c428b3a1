"""Files of numbers that come over HTTP: taken whole into a temporary file, then read as any other."""

import hashlib
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, BinaryIO, NamedTuple, cast

import orjson
from starlette.requests import Request
from starlette.responses import Response

from services.chassis.errors import WrongSetting
from services.chassis.threads import in_thread
from services.gateway.bulk.files.reading import FORMATS, Reading
from services.gateway.bulk.showing import shown_plan
from services.gateway.bulk.submitting import Order, PlanChanged
from services.gateway.domain import Token, fingerprint
from services.gateway.domain.cell import common_data
from services.gateway.domain.job import Job, WrongMove
from services.gateway.domain.row import WrongFile
from services.gateway.domain.verb import VERBS, Verb, WrongData
from services.gateway.http.answers import said
from services.gateway.http.conditions import IDEMPOTENCY_KEY, key_of
from services.gateway.http.desk import Desk
from services.gateway.http.making import MADE, made
from services.gateway.http.offer import Body, Offer, Parameter
from services.gateway.http.problems import Kind, Problem, invalid
from services.gateway.http.reading import flag, must_be_of, only, parts_in_time, queried, type_of
from services.gateway.http.shapes import JobShown, PlanShown
from services.gateway.http.streaming import Slots
from services.gateway.repeats import Repeat

AT_ONCE = 4  # files of a process
TYPES = {
    "text/csv": "csv",
    "application/jsonl": "jsonl",
    "application/x-ndjson": "jsonl",
    "application/vnd.apache.parquet": "parquet",
    "application/octet-stream": None,  # then `format` says it
}
WRONG_FILE = Kind(422, "wrong_file", "The file cannot be meant as a whole")
WRONG_MOVE = Kind(409, "wrong_state", "The job does not allow this now")
PLAN_CHANGED = Kind(409, "plan_changed", "The rows would come out otherwise now")
_VERB: Parameter = {
    "name": "verb", "in": "query", "required": True, "schema": {"type": "string", "enum": list(VERBS)},
    "description": "what is done to each number",
}  # fmt: skip
_DATA: Parameter = {
    "name": "data", "in": "query", "style": "form", "explode": True,
    "schema": {"type": "array", "items": {"type": "string", "pattern": "^[^=]+=.*$"}},
    "description": "FIELD=VALUE for all rows, before what the file says; repeated", "example": ["remark=for the fair"],
}  # fmt: skip
_FORMAT: Parameter = {
    "name": "format", "in": "query", "schema": {"type": "string", "enum": list(FORMATS)},
    "description": "of the file, where its Content-Type does not say it",
}  # fmt: skip
_FILE: Parameter = {
    "name": "file", "in": "query", "schema": {"type": "string", "minLength": 1, "maxLength": 200},
    "description": "a name for people to know it by", "example": "numbers.csv",
}  # fmt: skip
_DRY_RUN: Parameter = {
    "name": "dry_run", "in": "query", "schema": {"type": "boolean", "default": False},
    "description": "tell what would become of the rows, and send nothing",
}  # fmt: skip
_PLAN: Parameter = {
    "name": "plan", "in": "query", "schema": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
    "description": "hash of a dry run: only if all comes out as it has shown",
}  # fmt: skip
_FORCE: Parameter = {
    "name": "force", "in": "query", "schema": {"type": "boolean", "default": False},
    "description": "recover also what was ported out or returned to the vendor",
}  # fmt: skip
PARAMETERS = (_VERB, _DATA, _FORMAT, _FILE, _DRY_RUN, _PLAN, _FORCE)
_NAMES = [each["name"] for each in PARAMETERS]


class Wish(NamedTuple):
    """What is to be done with a file."""

    verb: Verb
    common: Mapping[str, Any]
    format: str
    file: str
    dry_run: bool
    plan: str | None
    force: bool

    def asked(self, sha256: str) -> str:
        """Give what tells this from another wish, with a file of this hash."""
        common = orjson.dumps(self.common, option=orjson.OPT_SORT_KEYS).decode()
        return fingerprint("jobs", self.verb.name, common, self.format, str(self.plan), str(self.force), sha256)


class Uploading:
    """Takes files, and makes jobs of them."""

    def __init__(self, desk: Desk) -> None:
        self._desk, self._slots = desk, Slots(AT_ONCE, AT_ONCE, "uploads", desk.figures.streams)

    async def submit(self, request: Request, token: Token) -> Response:
        """Answer with the job, or with what it would come to."""
        if token.org is not None:
            raise self._desk.admission.refused(token, "Files of numbers are for operators; ask one of them.")
        must_be_of(request, TYPES)
        wish = wish_in(request)
        key = None if wish.dry_run else key_of(request, token)
        with self._slots.taken(token.id):
            async with _taken(request) as (file, sha256):
                repeat = None if key is None else Repeat(key, wish.asked(sha256))
                return await self._done(wish, file, token.name, repeat)

    async def _done(self, wish: Wish, file: BinaryIO, who: str, repeat: Repeat | None) -> Response:
        order = Order(wish.verb, wish.file, who, wish.common, wish.plan, force=wish.force, repeat=repeat)

        async def submitted() -> Job:
            reading = await _begun(wish, file)
            return await self._desk.clerk.submit(order, reading, lambda: reading.sha256)

        try:
            if not wish.dry_run:
                return await made(self._desk, repeat, submitted)
            reading = await _begun(wish, file)
            return said(shown_plan(await self._desk.clerk.preview(order, reading), reading.ignored))
        except PlanChanged as error:
            raise Problem(PLAN_CHANGED, f"{error}") from None
        except WrongMove as error:  # somebody has cancelled it meanwhile
            raise Problem(WRONG_MOVE, f"{error}") from None
        except WrongFile as error:
            raise Problem(WRONG_FILE, f"{error}") from None
        except WrongSetting as error:
            raise invalid("Content-Type", f"{error}".removesuffix(".")) from None

    def offers(self) -> tuple[Offer, ...]:
        """Give what may be asked."""
        return (
            Offer(
                "POST", "/jobs", self.submit, "bulk", "Submit a file of numbers", {201: JobShown, 200: PlanShown},
                (*PARAMETERS, IDEMPOTENCY_KEY),
                Body(None, "number,remark\n+6531580001,for the fair\n", tuple(TYPES)), (409,), headers={201: MADE},
                about="Columns are `number` and the fields of the command, nested ones with a dot (`holder.org`). Rows "
                "that cannot be meant are refused one by one; the job runs when all are there. Under a key that was "
                "sent before the answer is its job as it is now; dry runs have no key.",
            ),
        )  # fmt: skip


def wish_in(request: Request) -> Wish:
    """Give what a request asks for. Raises `Problem`."""
    asked = queried(request, _NAMES)
    name, plan = only(asked, "verb"), only(asked, "plan")
    if name is None or name not in VERBS:
        raise invalid("verb", f"must be one of {', '.join(VERBS)}")
    named = only(asked, "format")
    format = TYPES.get(type_of(request)) if named is None else named
    if format not in FORMATS:
        raise invalid("format", f"must be one of {', '.join(FORMATS)}")
    verb, file = VERBS[name], (only(asked, "file") or "over HTTP")[:200]
    dry_run, force = flag(asked, "dry_run"), flag(asked, "force")
    return Wish(verb, _common(verb, asked.get("data", [])), format, file, dry_run, plan, force)


def _common(verb: Verb, pairs: list[str]) -> dict[str, Any]:
    given = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise invalid("data", "must be FIELD=VALUE, such as remark=for the fair")
        given[name] = value
    try:
        return common_data(verb, given)
    except WrongData as error:
        raise invalid("data", f"{error}".removesuffix(".")) from None


async def _begun(wish: Wish, file: BinaryIO) -> Reading:
    return await in_thread(Reading, file, wish.format, wish.verb, wish.common)


@asynccontextmanager
async def _taken(request: Request) -> AsyncIterator[tuple[BinaryIO, str]]:
    """Have the body as a file, and its SHA-256. Raises `Problem` for one that is too large or too slow."""
    with tempfile.TemporaryFile() as file:
        digest = hashlib.sha256()

        def take(part: bytes) -> None:
            digest.update(part)
            file.write(part)

        async for part in parts_in_time(request):
            await in_thread(take, part)
        file.seek(0)
        yield cast(BinaryIO, file), digest.hexdigest()
