"""How a fault is planted: a part of ours is replaced by a faulty one, and put back."""

from collections.abc import Callable, Iterator, MutableMapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any, NamedTuple


class Planted(NamedTuple):
    """A fault: what is wrong, in words, and how to switch it on. `elsewhere`: what finds it, if seeds do not."""

    name: str
    switch_on: Callable[[], AbstractContextManager[None]]
    elsewhere: str = ""


def replaced(owner: Any, name: str, make: Callable[[Any], Any]) -> Callable[[], AbstractContextManager[None]]:
    """Give a switch that replaces an attribute, or the item of a mapping, by what `make` makes of it."""

    @contextmanager
    def switch_on() -> Iterator[None]:
        right = _read(owner, name)
        _write(owner, name, make(right))
        try:
            yield
        finally:
            _write(owner, name, right)

    return switch_on


def together(*switches: Callable[[], AbstractContextManager[None]]) -> Callable[[], AbstractContextManager[None]]:
    """Give a switch for several replacements that are one fault."""

    @contextmanager
    def switch_on() -> Iterator[None]:
        first, *others = switches
        with first():
            if others:
                with together(*others)():
                    yield
            else:
                yield

    return switch_on


def _read(owner: Any, name: str) -> Any:
    if isinstance(owner, MutableMapping):
        return owner[name]
    return vars(owner)[name]


def _write(owner: Any, name: str, value: Any) -> None:
    if isinstance(owner, MutableMapping):
        owner[name] = value
    else:
        setattr(owner, name, value)
