"""Thread that collects the output of a program."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django_rclone.process.child import GRACE, start


@contextmanager
def collected_output(on_data: Callable[[], None] = lambda: None) -> Iterator[tuple[int, Callable[[], bytes]]]:
    """Yields a descriptor for a program to write to, and a function that returns its output after it has ended.

    ``on_data`` is called whenever data arrives. The program is started inside the block and the reading thread at its
    end, so that this process never forks while it has threads.
    """
    read, write = os.pipe()
    output = bytearray()

    def collect() -> None:
        with os.fdopen(read, "rb") as stream:
            while data := stream.read(1 << 16):
                output.extend(data)
                on_data()

    def output_at_end() -> bytes:
        collector.join(GRACE)
        return bytes(output)

    collector = threading.Thread(target=collect, name="output", daemon=True)
    try:
        yield write, output_at_end
        start(collector)
    except BaseException:
        os.close(read)
        raise
    finally:
        os.close(write)
