"""Prepares images, and the client programs in them. Usage: ``python -m tests.support.images [postgres:17 …]``"""

import sys

from tests.support.images.catalogue import CATALOGUE
from tests.support.images.clients import PROGRAMS, client_dir
from tests.support.images.engine import EngineError
from tests.support.images.resolve import image


def main(names: list[str]) -> int:
    """Prepares the named images. Returns the exit code: 2 for a name that is not in the catalogue."""
    if unknown := [name for name in names if name not in CATALOGUE]:
        print(f"Unknown: {', '.join(unknown)}. Known: {', '.join(CATALOGUE)}.", file=sys.stderr)
        return 2
    try:
        for name in names or [name for name, entry in CATALOGUE.items() if entry.dockerfile]:
            kind, version = name.split(":")
            image(kind, version)
            if kind in PROGRAMS:
                print(f"test clients {name} = {client_dir(kind, version)}", file=sys.stderr)
    except EngineError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
