from __future__ import annotations

import io

from django_rclone.process.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_at_a_terminal_is_one_line_that_is_cleared_in_the_end() -> None:
    clock, stream = iter([0.0, 10.0, 10.0, 20.0, 20.0]), Terminal()
    progress = Progress("dump", lambda: 5_000_000, 20_000_000, stream=stream, clock=lambda: next(clock))
    progress.tick()
    line = "dump: 5.0 MB, 500.0 kB/s, 25 % of about 20.0 MB, 30.0 s left"
    assert stream.getvalue() == "\r" + line
    progress.close()
    assert stream.getvalue().endswith("\r" + " " * len(line) + "\r")


def test_progress_elsewhere_is_a_line_now_and_then() -> None:
    now, stream = [0.0], io.StringIO()
    progress = Progress("dump", lambda: 1000, stream=stream, clock=lambda: now[0])
    for now[0] in (1.0, 29.0, 31.0, 40.0, 61.5):
        progress.tick()
    progress.close()
    assert stream.getvalue() == "dump: 1.0 kB, 32 B/s\ndump: 1.0 kB, 16 B/s\n"
