"""Which commands are remembered, and for how long."""

import pytest

from services.inventory.answered import KEPT, LONGEST, MOST, digest_of, newest, was_answered, with_answer
from tests.unit.inventory.builders import REAL


def digest(n):
    return digest_of("/test", f"c-{n}")


def remembered(*numbers, at=REAL):
    answered = b""
    for n in numbers:
        answered = with_answer(answered, digest(n), at)
    return answered


def test_a_command_is_its_source_and_its_id():
    assert digest_of("/a", "b") == digest_of("/a", "b")
    assert len({digest_of("/a", "b"), digest_of("/a", "c"), digest_of("/b", "b"), digest_of("/ab", "")}) == 4


def test_nothing_was_answered_in_the_beginning():
    assert not was_answered(b"", digest(1), REAL)


def test_the_last_128_are_remembered():
    answered = remembered(*range(129))

    assert len(answered) == MOST * 24
    assert not was_answered(answered, digest(0), REAL)
    assert all(was_answered(answered, digest(n), REAL) for n in range(1, 129))


@pytest.mark.parametrize(("passed", "known"), [(0, True), (LONGEST - 1, True), (LONGEST, False)])
def test_a_command_is_remembered_for_24_hours(passed, known):
    assert was_answered(remembered(1), digest(1), REAL + passed) is known


def test_what_is_too_old_is_forgotten_when_something_new_comes():
    answered = with_answer(remembered(1, 2), digest(3), REAL + KEPT)

    assert answered == remembered(3, at=REAL + KEPT)


def test_what_was_forwarded_late_is_known_although_others_have_moved_on():
    answered = with_answer(remembered(1), digest(2), REAL + 2 * LONGEST)

    assert was_answered(answered, digest(1), REAL + 5)


def test_a_command_that_comes_again_after_a_day_is_remembered_from_then():
    answered = with_answer(remembered(1), digest(2), REAL + LONGEST - 1)
    answered = with_answer(answered, digest(1), REAL + LONGEST)

    assert was_answered(answered, digest(1), REAL + 2 * LONGEST - 1)


def test_the_same_bytes_across_two_entries_are_not_an_entry():
    answered = remembered(*range(5))
    for one in range(4):
        across = answered[one * 24 + 8 : one * 24 + 24]
        assert across in answered
        assert not was_answered(answered, across, REAL)


def test_an_entry_is_found_before_the_same_bytes_across_two():
    twin = digest(2)[4:] + digest(3)[:4]
    answered = remembered(1)
    answered = with_answer(answered, twin, REAL)
    answered += b"\0" * 4 + twin + b"\0" * 4  # twice 24 bytes with the twin out of place
    answered = answered[: len(answered) // 24 * 24]

    assert was_answered(answered, twin, REAL)


def test_a_record_without_a_time_is_remembered_too():
    assert was_answered(remembered(1, at=-1), digest(1), -1)


def test_the_newest_is_the_last_one():
    assert newest(with_answer(remembered(1), digest(2), REAL + 5)) == REAL + 5


def test_the_newest_is_not_the_last_where_that_was_forwarded_late():
    assert newest(with_answer(remembered(1), digest(2), REAL - 5_000)) == REAL
