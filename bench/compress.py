"""`python -m bench.compress HOW FILE REMOTE`: streams a file to a remote, compressed in one of several ways."""

import os
import sys
from unittest.mock import patch

from django_rclone import process
from django_rclone.command import Command
from django_rclone.rclone.remote import Remote
from django_rclone.streams import Compressor, Digest, Meter

WAYS = {
    "in our process, its own threads": "threads",
    "in our process, no threads": "alone",
    "an external zstd -3": "process",
    f"an external zstd -3 -T{os.cpu_count()}": "processes",
}


def main(how: str, file: str, remote: str) -> None:
    """Streams the file."""
    with patch("os.cpu_count", return_value=1 if how == "alone" else os.cpu_count()):
        step = {
            "threads": lambda: Compressor("zstd", 3),
            "alone": lambda: Compressor("zstd", 3),
            "process": lambda: Command(("zstd", "-q", "-3", "-T1", "--check")),
            "processes": lambda: Command(("zstd", "-q", "-3", f"-T{os.cpu_count()}", "--check")),
        }[how]()
    process.pipe(Command(("cat", file)), Meter(), step, Digest(), Remote(remote).write("object.zst"))


if __name__ == "__main__":
    main(*sys.argv[1:])
