"""What readers hear, and what has to be true of it: every promise of the road is checked here."""

from tests.model.world import ANSWER, FORWARD, GARBAGE, LETTER, TIMED, Outgoing, Record, Scenario, State, put

PLACES = 100  # a dead letter's key: lane times this, and the offset


def delivered(scenario: Scenario, state: State, lane: int, what: Outgoing, seq: tuple[int, int]) -> State:
    """Publish one record of a lane: into another lane, or to who reads the events."""
    if what.kind == FORWARD:
        home = scenario.commands[what.key].home
        era = state.era if scenario.fault == "forwarded-counts-as-new" else what.era
        record = Record(what.key, era, lane + 1, seq)
        return state._replace(logs=put(state.logs, home, (*state.logs[home], record)))
    if what.kind == LETTER:
        return _heard_beside(state, what)
    known = what in state.others or any(what in heard for heard in state.answers)
    if seq <= state.seen[lane]:
        return state if known else _wrong(state, f"{_named(what)} is new, and a reader takes it for a repeat")
    if known:
        return _wrong(state, f"{_named(what)} is a repeat, and a reader takes it for new")
    state = state._replace(seen=put(state.seen, lane, seq))
    return _heard_beside(state, what) if what.kind == TIMED else _answered(scenario, state, what)


def _heard_beside(state: State, what: Outgoing) -> State:
    if any((what.kind, what.key) == (other.kind, other.key) and what != other for other in state.others):
        return _wrong(state, f"{_named(what)} was decided twice")
    return state._replace(others=state.others | {what})


def _answered(scenario: Scenario, state: State, what: Outgoing) -> State:
    number, home = scenario.commands[what.key].number, scenario.commands[what.key].home
    heard = state.answers[number]
    if any(what.key == answer.key for answer in heard):
        return _wrong(state, f"command {what.key} is answered twice")
    asked = dict.fromkeys(r.command for r in state.logs[home] if _is_of(scenario, r, number, home))
    if list(asked)[len(heard)] != what.key:
        return _wrong(state, f"command {what.key} is answered out of order")
    if what.version not in (0, 1 + max((answer.version for answer in heard), default=0)):
        return _wrong(state, f"versions of number {number} are not contiguous")
    return state._replace(answers=put(state.answers, number, (*heard, what)))


def _is_of(scenario: Scenario, record: Record, number: int, home: int) -> bool:
    command = scenario.commands[record.command]
    return (command.number, command.home) == (number, home) and command.kind != GARBAGE


def lost(scenario: Scenario, state: State) -> str:
    """Say what no document, topic or fence holds any more although a fence is past it."""
    safe = {(what.kind, what.key) for fence in state.fences for what in fence.out}
    safe |= {(what.kind, what.key) for what in state.others}
    safe |= {(ANSWER, answer.key) for heard in state.answers for answer in heard}
    for lane, fence in enumerate(state.fences):
        for offset, record in enumerate(state.logs[lane][: fence.next]):
            command = scenario.commands[record.command]
            if command.kind == GARBAGE:
                kept = (LETTER, lane * PLACES + offset) in safe
            elif command.home != lane and (ANSWER, record.command) not in safe:
                there = any(record.command == other.command for other in state.logs[command.home])
                kept = there or (FORWARD, record.command) in safe
            else:
                kept = (ANSWER, record.command) in safe
            if not kept:
                return f"command {record.command} is lost: lane {lane} is past it, and nothing holds its answer"
    for timer in set(range(scenario.timers)) - state.timers:
        if (TIMED, timer) not in safe:
            return f"timer {timer} is lost: it is settled, and nothing holds what it said"
    return ""


def all_heard(scenario: Scenario, state: State) -> bool:
    """Tell whether everything is read, answered once, and out of the fences."""
    heard = {*state.others, *(answer for answers in state.answers for answer in answers)}
    return (
        all(fence.next == len(log) for fence, log in zip(state.fences, state.logs, strict=True))
        and not state.timers
        and all(what in heard or what.kind == FORWARD for fence in state.fences for what in fence.out)
        and all(_arrived(scenario, state, lane) for lane in range(len(state.fences)))
        and sum(map(len, state.answers)) == sum(command.kind != GARBAGE for command in scenario.commands)
    )


def _arrived(scenario: Scenario, state: State, lane: int) -> bool:
    """Tell whether what a lane's fence forwards is in its topic."""
    fence = state.fences[lane]
    return all(
        any(
            (lane + 1, (fence.batch, place)) == (record.writer, record.seq)
            for record in state.logs[scenario.commands[what.key].home]
        )
        for place, what in enumerate(fence.out)
        if what.kind == FORWARD
    )


def _named(what: Outgoing) -> str:
    names = {ANSWER: "the answer to command", LETTER: "the dead letter of", TIMED: "the event of timer"}
    return f"{names[what.kind]} {what.key}"


def _wrong(state: State, sentence: str) -> State:
    return state._replace(wrong=sentence)
