"""Whatever is asked of a number, in whatever order, some things always hold."""

from datetime import timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from contracts import inventory
from contracts.transitions import UNDOABLE
from services.inventory.domain import Number, Rejected, decide
from services.inventory.events import number_data, rejection_data
from services.inventory.store import number_document, number_from
from tests.unit.inventory.builders import COMMANDS, NOW, NUMBER, command, terms

ORGS = st.builds(
    lambda org, kind: {"org": org, "kind": kind}, st.sampled_from("ab"), st.sampled_from(["customer", "partner"])
)
TIMES = st.integers(-40 * 24, 40 * 24).map(lambda hours: timedelta(hours=hours))
SUBSCRIPTIONS = st.sampled_from(["S-1", "S-2"])
HOLDS = {"reserved", "locked"}
HAS_HOLDER = {"reserved", "assigned"}
IMPORTED = st.sampled_from(["available", "reserved", "locked", "assigned", "deleted"])
CAUSES = st.sampled_from(["subscription_expired", "swapped_out", "manual", "bored"])


class Life(RuleBasedStateMachine):
    """One number, a clock that goes on, and commands that are sometimes allowed."""

    @initialize()
    def begins_unknown(self):
        self.number, self.now = Number(NUMBER), NOW
        self.event = ""
        self.undoes = None  # the number before its latest change, if that can be undone

    @rule(hours=st.integers(0, 40 * 24))
    def time_passes(self, hours):
        self.now += timedelta(hours=hours)

    @rule(name=st.sampled_from(COMMANDS), data=st.data())
    def something_is_asked(self, name, data):
        self._tell(name, **self._fields(name, data.draw))

    @rule()
    def the_hold_expires(self):
        if self.number.hold and self.number.hold.until:
            self.now = max(self.now, self.number.hold.until)
            self._tell("number.expire", placed=self.number.hold.placed)
            assert self.event == "number.released"

    @rule(hours=st.integers(0, 30), behind=st.sampled_from([0, 0, 1, 2]))
    def the_latest_change_is_undone(self, hours, behind):
        self.now += timedelta(hours=hours)
        possible, number = self.undoes, self.number
        self._tell("number.restore", version=max(0, number.version - behind))
        in_time = self.now - number.since <= timedelta(hours=24)
        assert (self.event == "number.restored") == (behind == 0 and possible is not None and in_time)

    def _fields(self, name, draw):
        at = self.now + draw(TIMES)
        placed = draw(st.integers(max(0, self.number.version - 3), self.number.version + 1))
        state = draw(IMPORTED)
        return {
            "number.import": {
                "state": state, "since": at, "holder": draw(ORGS) if state in HAS_HOLDER else None,
                "subscription": draw(SUBSCRIPTIONS) if state == "assigned" else None,
                "hold": {"cause": "locked" if state == "locked" else draw(CAUSES)} if state in HOLDS else None,
            },
            "number.add": {"golden": draw(st.booleans()), "ported_in": draw(st.booleans())},
            "number.update": {"sku": draw(st.sampled_from(["x", "y"])), "golden": draw(st.sampled_from([True, None]))},
            "number.reserve": {"holder": draw(ORGS)},
            "number.extend": {"holder": draw(ORGS), "until": at, "did_reservation": draw(SUBSCRIPTIONS)},
            "number.end_extension": {"did_reservation": draw(SUBSCRIPTIONS), "effective_at": at},
            "number.assign": {
                "subscription": draw(SUBSCRIPTIONS), "holder": draw(st.none() | ORGS),
                "placed": draw(st.none() | st.just(placed)), "sku": draw(st.sampled_from([None, "x"])),
            },
            "number.transfer": {"subscription": draw(SUBSCRIPTIONS), "holder": draw(ORGS)},
            "number.unassign": {
                "subscription": draw(SUBSCRIPTIONS), "cause": draw(CAUSES),
                "effective_at": draw(st.none() | st.just(at)),
            },
            "number.lock": draw(st.sampled_from([{}, {"until": None}, {"until": at}])),
            "number.expire": {"placed": placed},
            "number.restore": {"version": placed},
        }.get(name, {})  # fmt: skip

    def _tell(self, name, **fields):
        before = self.number
        self.event, outcome = decide(before, name, command(name, **fields).data, terms(self.now))
        if isinstance(outcome, Rejected):
            assert self.event == "command.rejected"
            inventory.Rejection.model_validate(rejection_data(name, outcome, before))
            return
        undone, self.undoes = self.undoes, before if name in UNDOABLE else None
        self.number = outcome
        assert outcome.version == before.version + 1
        assert outcome.previous == before.state
        if outcome.state == before.state:
            assert outcome.since == before.since
            assert (outcome.hold is None) == (before.hold is None)
            assert not before.hold or outcome.standing_hold().placed == before.hold.placed
        elif name == "number.expire":
            assert before.hold is not None
            assert outcome.since == before.hold.until
            assert outcome.since <= self.now
        elif name == "number.restore":
            assert undone is not None
            kept = {"previous": before.state, "version": before.version + 1, "remark": outcome.remark, "reason": None}
            assert outcome == undone._replace(**kept, former=None)
        elif before.version:
            assert outcome.since >= before.since
            assert not outcome.hold or outcome.hold.placed == outcome.version

    @invariant()
    def what_a_number_has_follows_from_its_state(self):
        number = self.number
        assert (number.hold is not None) == (number.state in HOLDS)
        assert (number.holder is not None) == (number.state in HAS_HOLDER)
        assert (number.subscription is not None) == (number.state == "assigned")
        assert (number.state is None) == (number.version == 0)
        if number.hold:
            assert (number.hold.cause == "locked") == (number.state == "locked")
            assert number.hold.charged == (number.hold.did_reservation is not None)
            assert number.hold.until is None or number.hold.free_until is not None
            assert number.hold.charged or number.hold.until == number.hold.free_until

    @invariant()
    def it_can_be_said_and_stored(self):
        if self.number.version:
            inventory.Number.model_validate(_as_read(number_data(self.number)))
            assert number_from(number_document(self.number, b"")) == self.number


def _as_read(data):
    return data | {name: tuple(data[name]) for name in ("capabilities", "visible_to")}


Life.TestCase.settings = settings(
    max_examples=100, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestTheLifeOfANumber = Life.TestCase
