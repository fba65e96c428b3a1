"""What a lane decides about a batch: the pure middle of the road, as `tally`, `Work` and inventory's store have it."""

from tests.model.hearing import PLACES
from tests.model.world import (
    ADD,
    ANSWER,
    FORWARD,
    GARBAGE,
    LETTER,
    TIMED,
    Fence,
    Number,
    Outgoing,
    Record,
    Scenario,
    State,
    Transaction,
    put,
)


def decided(scenario: Scenario, state: State, lane: int, fence: Fence, part: tuple[int, int]) -> Transaction:
    """Fold the records of a part over the documents, as one snapshot shows them."""
    by = (fence.turn, fence.batch + 1)
    numbers, seen = dict(enumerate(state.numbers)), fence.seen
    out: list[Outgoing] = []
    for offset in range(*part):
        record = state.logs[lane][offset]
        if record.writer:
            if record.seq <= seen[record.writer - 1] and scenario.fault != "seq-not-kept":
                continue
            seen = put(seen, record.writer - 1, record.seq)
        command = scenario.commands[record.command]
        if command.kind == GARBAGE:
            out.append(Outgoing(LETTER, lane * PLACES + offset, by=by))
        elif command.home != lane and scenario.fault != "forwarded-executed-in-place":
            out.append(Outgoing(FORWARD, record.command, era=record.era))
        else:
            numbers[command.number], answer = _carried_out(scenario, numbers[command.number], record, by)
            out += answer
    changed = tuple((key, number) for key, number in numbers.items() if number != state.numbers[key])
    return Transaction(lane, fence, _advanced(fence, part[1], out, seen), changed)


def acted(fence: Fence, timers: frozenset[int]) -> Transaction:
    """Settle what is due: a batch that publishes and takes nothing."""
    by = (fence.turn, fence.batch + 1)
    out = [Outgoing(TIMED, timer, by=by) for timer in sorted(timers)]
    return Transaction(0, fence, _advanced(fence, fence.next, out, fence.seen), timers=timers)


def _advanced(fence: Fence, to: int, out: list[Outgoing], seen: tuple[tuple[int, int], ...]) -> Fence:
    return fence._replace(batch=fence.batch + 1, next=to, out=tuple(out), seen=seen)


def _carried_out(
    scenario: Scenario, number: Number, record: Record, by: tuple[int, int]
) -> tuple[Number, list[Outgoing]]:
    asked = (record.command, record.era)
    if asked in number.answered:
        return number, []
    answered = number.answered | {asked}
    if scenario.fault == "ids-not-remembered":
        answered = frozenset()
    adds = scenario.commands[record.command].kind == ADD
    if adds == bool(number.version):  # rejected: there already, or unknown
        return number._replace(answered=answered), [Outgoing(ANSWER, record.command, by=by)]
    if adds and scenario.fault == "strangers-left-behind":
        answered = frozenset({asked})
    version = number.version + 1
    return Number(version, answered), [Outgoing(ANSWER, record.command, version, by)]
