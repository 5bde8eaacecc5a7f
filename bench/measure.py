"""Cost of a command, together with all that it starts."""

import os
import resource
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_SAMPLE_EVERY = 0.05  # seconds
_CLIENTS = ("pg_dump", "pg_restore", "psql")


@dataclass(frozen=True, slots=True)
class Memory:
    """Memory of a tree of processes at one moment, in bytes."""

    pss: int = 0
    """Shared pages counted once."""
    rss: int = 0
    """Shared pages counted for each process."""
    parts: Mapping[str, int] | None = None
    """PSS by program."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Cost of a command. ``cpu`` in seconds; ``written``: bytes that it caused to be written to disks."""

    seconds: float
    cpu: float
    written: int
    peak: Memory


def cost(command: Sequence[str | Path], env: Mapping[str, str] | None = None, *, memory: bool = False) -> Cost:
    """Runs a command to its end. ``memory``: look at its processes all the time, which takes some time itself.

    Raises RuntimeError with what it said if it fails.
    """
    # In memory: what is written to disk is what we count.
    with os.fdopen(os.memfd_create("said"), "w+b") as said:
        wrote = _written()
        cpu = _cpu()
        began = time.monotonic()
        process = subprocess.Popen(
            command, env={**os.environ, **(env or {})}, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said
        )
        peak = _watch(process.pid) if memory else Memory()
        code = process.wait()
        seconds = time.monotonic() - began
        if code:
            said.seek(0)
            raise RuntimeError(f"{command} ended with {code}: {said.read().decode()}")
        return Cost(seconds, _cpu() - cpu, _written() - wrote, peak)


def _watch(pid: int) -> Memory:
    peak = Memory()
    while os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        now = held(tree(pid))
        if now.pss > peak.pss:
            peak = now
        time.sleep(_SAMPLE_EVERY)
    return peak


def tree(root: int) -> set[int]:
    """Returns a process and all that came of it."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                # proc(5): the fourth field of stat; the name before it may hold blanks, hence the bracket.
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue  # it has just ended
    found = {root}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def held(pids: set[int]) -> Memory:
    """Returns what these processes hold now."""
    pss = rss = 0
    parts: dict[str, int] = {}
    for pid in pids:
        try:
            name = _name(pid)
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue  # it has just ended
        sizes = {line.split(":")[0]: int(line.split()[1]) * 1024 for line in lines if line.endswith("kB")}
        pss += sizes.get("Pss", 0)
        rss += sizes.get("Rss", 0)
        parts[name] = parts.get(name, 0) + sizes.get("Pss", 0)
    return Memory(pss, rss, parts)


def _name(pid: int) -> str:
    name = Path(f"/proc/{pid}/comm").read_text().strip()
    if name.startswith("ld-"):  # the tests' client programs are started by a loader of their own
        words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
        return next((Path(word).name for word in words if Path(word).name in _CLIENTS), name)
    return name


def _written() -> int:
    """Returns what this process and all its children that have ended wrote to disks.

    The kernel adds a child's account to its parent's when the parent collects its exit code.
    """
    lines = Path("/proc/self/io").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("write_bytes:"))


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
