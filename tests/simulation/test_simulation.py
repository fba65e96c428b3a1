"""A hundred runs under trouble; the nightly form has a thousand: `python -m tests.simulation --seeds 1000`."""

import os
import subprocess
import sys

import pytest

from tests.simulation.running import run

SEEDS = 100
AT_ONCE = 10


@pytest.mark.parametrize("first", range(1, SEEDS + 1, AT_ONCE))
def test_whatever_befalls_the_system_its_books_are_right(first: int) -> None:
    for seed in range(first, first + AT_ONCE):
        faults = [str(fault) for fault in run(seed).faults]
        assert not faults, f"replay: python -m tests.simulation --seed {seed} --trace"


def test_a_seed_gives_the_same_run_in_every_process() -> None:
    def traced(hash_seed: str) -> bytes:
        command = [sys.executable, "-m", "tests.simulation", "--seed", "7", "--trace"]
        done = subprocess.run(command, env={**os.environ, "PYTHONHASHSEED": hash_seed}, capture_output=True)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    first = traced("1")
    assert b"is killed" in first
    assert traced("2") == first
    assert traced("3") == first
