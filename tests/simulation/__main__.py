"""`python -m tests.simulation`: many seeds, one seed step by step, or the planted faults."""

import argparse
import sys
import time

from tests.simulation.running import run


def main() -> int:
    """Run what is asked for; 1 if anything was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=100, metavar="N", help="how many seeds (100)")
    parser.add_argument("--from", type=int, default=1, dest="first", metavar="N", help="the first seed (1)")
    parser.add_argument("--seed", type=int, metavar="N", help="this seed only")
    parser.add_argument("--trace", action="store_true", help="with --seed: a line for each step")
    parser.add_argument("--planted", action="store_true", help="switch planted faults on, and hunt each of them")
    asked = parser.parse_args()
    if asked.planted:
        from tests.simulation.planted.hunting import hunt_all

        return hunt_all()
    if asked.seed is not None:
        return one(asked.seed, asked.trace)
    return many(asked.first, asked.seeds)


def one(seed: int, traced: bool) -> int:
    """Run one seed, step by step if that is wanted."""
    outcome = run(seed, print if traced else None)
    for fault in outcome.faults:
        print(fault)
    print(f"seed {seed}: {outcome.steps} steps, {outcome.records} records, {outcome.seconds:.0f} virtual seconds, "
          f"{len(outcome.faults)} faults")  # fmt: skip
    return 1 if outcome.faults else 0


def many(first: int, seeds: int) -> int:
    """Run many seeds; show how far it is, and how to replay those that fail."""
    started, failed, steps, records = time.process_time(), 0, 0, 0
    for seed in range(first, first + seeds):
        outcome = run(seed)
        steps, records = steps + outcome.steps, records + outcome.records
        if outcome.faults:
            failed += 1
            print(f"seed {seed}: {len(outcome.faults)} faults, such as {outcome.faults[0]}")
            print(f"  replay: python -m tests.simulation --seed {seed} --trace")
        if (seed - first + 1) % 50 == 0:
            spent = time.process_time() - started
            print(f"{seed - first + 1} of {seeds} seeds, {failed} failed, {spent:.0f} s", file=sys.stderr)
    spent = time.process_time() - started
    print(f"{seeds} seeds, {failed} failed; {steps} steps, {records} records, {spent:.1f} s of processor time")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
