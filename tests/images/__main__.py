"""Prepares images: `python -m tests.images [postgres:17 …]`, by default all that have a stand-in."""

import sys

from tests.images.catalogue import CATALOGUE
from tests.images.engine import EngineError
from tests.images.resolve import image


def main(names: list[str]) -> int:
    """Prepares the named images. Returns the exit code: 2 for a name that is not in the catalogue."""
    if unknown := [name for name in names if name not in CATALOGUE]:
        print(f"Unknown: {', '.join(unknown)}. Known: {', '.join(CATALOGUE)}.", file=sys.stderr)
        return 2
    try:
        for name in names or [name for name, entry in CATALOGUE.items() if entry.dockerfile]:
            image(*name.split(":"))
    except EngineError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
