"""A false clock for programs, which may also be faster than the true one, and which tests may set while they run.

Debian 13's libfaketime can do most of this. Debian 12's cannot: Python 3.13's `time.sleep` fails under it, or, with the
monotonic clock changed too, `Event.wait` never ends; and neither version can leave all waits alone.
"""

import hashlib
import struct
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from tests.support.images import cache

SOURCE = Path(__file__).with_suffix(".c")


@dataclass(frozen=True)
class FalseClock:
    """A clock for the programs that are given `env`, and those that these start with it.

    It goes on from `start`, which has a time zone, `speed` times as fast as the true one. Sleeps, timeouts and the
    monotonic clock go `waits` times as fast, by default as fast as the clock: `waits=1` leaves them alone. Programs
    that are linked statically, rclone among them, have the true time and wait as ever; so have servers. A deadline of
    60 s for one of them is over in 60 / `waits`.
    """

    folder: Path
    start: datetime
    speed: float = 1
    waits: float = 0
    _origin: float = field(default_factory=time.time, repr=False)

    def __post_init__(self) -> None:
        told = (self.start.timestamp(), self._origin, self.speed, self.waits or self.speed)
        self._file.write_bytes(struct.pack("4d", *told))

    @property
    def _file(self) -> Path:
        return self.folder / "false-clock"

    @property
    def env(self) -> Mapping[str, str]:
        """The variables that a program needs, besides a time zone."""
        return {"LD_PRELOAD": str(_library()), "TEST_CLOCK": str(self._file)}

    def now(self) -> datetime:
        """Time that the programs see, in UTC."""
        (offset,) = struct.unpack_from("d", self._file.read_bytes())
        return datetime.fromtimestamp(offset + self._elapsed(), UTC)

    def set(self, moment: datetime) -> None:
        """Changes the time that all the programs see, at once; no wait of theirs ends earlier or later."""
        with self._file.open("r+b", buffering=0) as file:
            file.write(struct.pack("d", moment.timestamp() - self._elapsed()))

    def _elapsed(self) -> float:
        return (time.time() - self._origin) * self.speed


def _library() -> Path:
    """The library, compiled once for each content of its source."""
    made = cache.folder("false-clock") / f"{hashlib.sha256(SOURCE.read_bytes()).hexdigest()[:12]}.so"
    with cache.lock("false-clock"):
        if not made.exists():
            half_made = made.with_suffix(".half-made")
            command = ["cc", "-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-Werror", "-o", str(half_made)]
            subprocess.run([*command, str(SOURCE), "-ldl", "-lm"], check=True)
            half_made.rename(made)
    return made
