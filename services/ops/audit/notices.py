"""Rules for what people are told: of holds that there were, once each, and in one mail for each addressee."""

from typing import Any

from services.lifecycle_timer.domain import ENDED_BY_TIME
from services.ops.audit.change import Change
from services.ops.audit.findings import Findings
from services.ops.dead_letters import Place

Ending = tuple[str, int, str]  # number, version that placed the hold, its end


class Notices:
    """What `lifecycle.events` tells of the numbers of some partitions, until it is met in their history."""

    def __init__(self, ids: set[str], findings: Findings) -> None:
        self._ids, self._findings = ids, findings
        self._told: dict[tuple[Ending, str], tuple[str, Place]] = {}
        self._unfounded: dict[str, dict[tuple[Ending, str], Place]] = {"hold.expiring": {}, "hold.expired": {}}

    def tell(self, envelope: dict[str, Any], place: Place, value: bytes = b"") -> None:
        """Take a notice. Raises `KeyError` or `TypeError` when it is none."""
        data, kind, id = envelope["data"], envelope["type"], envelope["id"]
        if kind not in self._unfounded:
            return
        self._findings.counts["notices"] += 1
        key = ((data["number"], data["placed"], data["until"]), kind)
        first = self._told.setdefault(key, (id, place))
        if first[0] != id:
            message = f"{kind} until {data['until']} is told under two ids"
            self._findings.add("told once", data["number"], message, first[1], place)
        self._ids.add(id)
        self._unfounded[kind][key] = first[1]

    def follow(self, before: Change | None, after: Change) -> None:
        """Note that there was a hold, or that one has ended."""
        expiring, expired = self._unfounded["hold.expiring"], self._unfounded["hold.expired"]
        if expiring and after.hold is not None:
            expiring.pop(((after.number, after.hold["placed"], after.hold["until"]), "hold.expiring"), None)
        if expired and after.reason in ENDED_BY_TIME and before is not None and before.hold is not None:
            expired.pop(((after.number, before.hold["placed"], before.hold["until"]), "hold.expired"), None)

    def judge(self) -> None:
        """Find what was told of nothing."""
        for kind, unfounded in self._unfounded.items():
            wrong = "a hold that there never was" if kind == "hold.expiring" else "an end that inventory never told"
            for ((number, placed, until), _), place in unfounded.items():
                self._findings.add("told of holds", number, f"{kind} of version {placed} until {until}: {wrong}", place)


class Mails:
    """What `notification.events` tells of mails."""

    def __init__(self, notices: set[str] | None, findings: Findings) -> None:
        self._notices, self._findings = notices, findings  # ids of all notices; None: not all are held
        self._mails: dict[str, tuple[str, Place]] = {}
        self._told: dict[tuple[str, str, str], tuple[str, Place]] = {}

    def tell(self, envelope: dict[str, Any], place: Place, value: bytes = b"") -> None:
        """Take what became of a mail. Raises `KeyError` or `TypeError` when it says nothing of that."""
        data, org, message_id = envelope["data"], envelope["subject"], envelope["data"]["message_id"]
        for notice in data["notices"]:
            if self._notices is not None and notice not in self._notices:
                self._findings.add("told of holds", org, f"a mail tells of {notice}, which is no notice", place)
        if message_id is None:
            return
        self._findings.counts["mails"] += 1
        id, first = self._mails.setdefault(message_id, (envelope["id"], place))
        if id != envelope["id"]:
            self._findings.add("mailed once", org, f"{message_id} is told of twice", first, place)
        for notice in data["notices"]:
            mail, first = self._told.setdefault((notice, org, data["recipient"]), (message_id, place))
            if mail != message_id:
                message = f"{data['recipient']} got notice {notice} as {mail} and as {message_id}"
                self._findings.add("mailed once", org, message, first, place)
