"""``python -m tests.hunter``: hunts for MINUTES (10) from HUNT_SEED on (random)."""

from __future__ import annotations

import os
import sys

from tests.hunter.hunting import hunt, random_seed


def main() -> int:
    """Returns 1 where something was found."""
    minutes = float(os.environ.get("MINUTES") or 10)
    seed = int(os.environ.get("HUNT_SEED") or random_seed())
    print(f"Hunting for {minutes:g} minutes: HUNT_SEED={seed}", flush=True)
    only = frozenset(os.environ.get("HUNT_FOR", "").replace(",", " ").split())
    bag = hunt(minutes * 60, seed, mutation=os.environ.get("HUNT_MUTATION", ""), only=only)
    print(bag)
    return 1 if bag.catch else 0


if __name__ == "__main__":
    sys.exit(main())
