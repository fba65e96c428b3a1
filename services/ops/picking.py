"""Which dead letters a person means."""

from collections.abc import Callable

from services.ops.dead_letters import DeadLetter, named
from services.ops.faults import WrongUsage


def to_close(
    read: Callable[[], list[DeadLetter]],
    names: tuple[str, ...],
    every: bool,
    topic: str | None,
    service: str | None,
    code: str | None,
) -> list[DeadLetter]:
    """Give the open ones that are meant. Raises `WrongUsage`."""
    if every == bool(names):
        raise WrongUsage("Name dead letters as TOPIC/PARTITION/OFFSET, or say --all.")
    found = chosen_of(read(), topic, service, code, None if names else "open")
    chosen = those_named(found, names) if names else found
    for letter in chosen:
        if letter.status != "open":
            raise WrongUsage(f"{letter.origin} is closed already: it was {letter.status}.")
    return chosen


def chosen_of(
    letters: list[DeadLetter], topic: str | None, service: str | None, code: str | None, status: str | None
) -> list[DeadLetter]:
    """Give those of a topic, service, code and status; None: of any."""
    dashed = service.replace("_", "-") if service else None
    return [
        letter
        for letter in letters
        if topic in (None, letter.origin.topic, letter.place.topic)
        and dashed in (None, letter.service)
        and code in (None, letter.code)
        and status in (None, letter.status)
    ]


def those_named(letters: list[DeadLetter], names: tuple[str, ...]) -> list[DeadLetter]:
    """Give those that are named, each once. Raises `WrongUsage`."""
    if len(names) == 3 and names[1].isdecimal() and names[2].isdecimal():
        names = ("/".join(names),)
    if not names:
        raise WrongUsage("Name a dead letter as TOPIC/PARTITION/OFFSET; numberbank dlq list shows them.")
    found: list[DeadLetter] = []
    for name in names:
        meant = named(letters, name)
        if not meant:
            raise WrongUsage(f"There is no dead letter {name}; numberbank dlq list shows them.")
        if len(meant) > 1:
            raise WrongUsage(f"{name} was given up by several services: {', '.join(str(one.place) for one in meant)}.")
        found += [letter for letter in meant if letter not in found]
    return found
