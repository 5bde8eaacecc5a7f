"""``make hunt``: hunts for MINUTES (10), on all processors, from HUNT_SEED on (random).

Before that, each fault of mutations.py is put back and must be found. HUNT_WITHOUT leaves kinds of steps out, HUNT_FOR
names the only kinds of faults that count, HUNT_APP another folder of the packages.
"""

from __future__ import annotations

import os
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from tests.hunter.hunting import Bag, hunt, random_seed
from tests.hunter.mutations import MUTATIONS

APART = 1_000_000
"""Between the seeds of the processes: none comes to those of the next."""
MUTATION_MINUTES = 5.0


def main(arguments: list[str]) -> int:
    """Returns 1 where something was found, or a fault that was put back was not."""
    minutes = float(os.environ.get("MINUTES") or 10)
    seed = int(os.environ.get("HUNT_SEED") or random_seed())
    only = frozenset(os.environ.get("HUNT_FOR", "").replace(",", " ").split())
    print(f"HUNT_SEED={seed}", flush=True)
    missed = [] if only else [name for name in arguments or MUTATIONS if not _finds(name, seed, minutes)]
    if arguments:
        return 1 if missed else 0
    print(f"Hunting for {minutes:g} minutes", flush=True)
    bags = _hunt_everywhere(minutes * 60, seed, only)
    for bag in bags:
        print(bag)
    if missed:
        print(f"Put back and not found: {', '.join(missed)}")
    return 1 if missed or any(bag.catch for bag in bags) else 0


def _finds(mutation: str, seed: int, minutes: float) -> bool:
    bag = hunt(min(minutes, MUTATION_MINUTES) * 60, seed, mutation=mutation, shrink=0)
    found = f"found ({bag.catch.kind}) after {bag.catch.steps} commands" if bag.catch else "NOT FOUND"
    print(f"{mutation}: {found}, {bag.seconds:.0f} s", flush=True)
    return bag.catch is not None


def _hunt_everywhere(seconds: float, seed: int, only: frozenset[str]) -> list[Bag]:
    jobs = int(os.environ.get("HUNT_JOBS") or len(os.sched_getaffinity(0)))
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        running = [pool.submit(hunt, seconds, seed + APART * job, only=only) for job in range(jobs)]
        return [job.result() for job in running]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
