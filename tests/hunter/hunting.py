"""A hunt: examples of the machine for so many minutes, or until one fails."""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from hypothesis import HealthCheck, Phase, Verbosity, seed, settings
from hypothesis.internal.conjecture import engine
from hypothesis.stateful import run_state_machine_as_test

from tests.hunter.client import Worker
from tests.hunter.example import Hunt
from tests.hunter.machine import Machine
from tests.hunter.model import Fault
from tests.hunter.stores import Servers
from tests.support.servers.storage import serve_s3

STEPS = 25
EXAMPLES = 10
"""In a row from one seed: then the clock is looked at, and the next seed taken."""


@dataclass(frozen=True, slots=True)
class Catch:
    """Finding of a hunt: the fault, the steps of the smallest example, and what it took."""

    fault: BaseException
    told: list[str]
    seed: int
    steps: int
    seconds: float

    @property
    def kind(self) -> str:
        return self.fault.kind if isinstance(self.fault, Fault) else type(self.fault).__name__

    def __str__(self) -> str:
        first = f"HUNT_SEED={self.seed} finds this after {self.steps} commands, {self.seconds:.0f} s:"
        return "\n".join([first, *(f"  {line}" for line in self.told), f"  {self.fault}"])


@dataclass(frozen=True, slots=True)
class Bag:
    """Result of a hunt."""

    examples: int
    commands: int
    done: int
    """Number of them that ended with exit code 0."""
    seconds: float
    catch: Catch | None
    passed_by: Mapping[str, int]

    def __str__(self) -> str:
        rate = self.commands / self.seconds if self.seconds else 0
        done = (
            f"{self.examples} examples, {self.commands} commands, {self.done} of them with exit code 0, in "
            f"{self.seconds:.0f} s ({rate:.1f} a second)"
        )
        if self.passed_by:
            done += f"\nNot hunted for: {dict(self.passed_by)}"
        return f"{self.catch}\n{done}" if self.catch else done


def hunt(
    seconds: float,
    start: int,
    *,
    mutation: str = "",
    only: frozenset[str] = frozenset(),
    shrink: float = 60,
    enough: int = 0,
) -> Bag:
    """Hunts for so long, or for so many commands, from a seed on; stops at the first fault, and makes it small.

    ``only`` names the kinds of faults that are hunted for; an example in which another is met ends there.
    """
    with prepared(mutation) as running:
        Machine.hunt = running
        running.only, running.enough = only, enough
        running.until = time.monotonic() + seconds
        engine.MAX_SHRINKING_SECONDS = round(shrink)
        number = start
        while not running.over:
            try:
                _chunk(number, shrink > 0)
            except BaseExceptionGroup as several:
                return _bag(running, several.exceptions[0], number)
            except Exception as fault:
                return _bag(running, fault, number)
            number += 1
        return _bag(running, None, number)


def _chunk(number: int, shrinking: bool) -> None:
    phases = (Phase.generate, Phase.shrink) if shrinking else (Phase.generate,)
    run_state_machine_as_test(
        seed(number)(Machine),
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            phases=phases,
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False,
            print_blob=False,
            verbosity=Verbosity.quiet,
        ),
    )


def _bag(running: Hunt, fault: BaseException | None, number: int) -> Bag:
    catch = None
    if fault is not None:
        steps, seconds = running.found_after or (running.steps, time.monotonic() - running.began)
        catch = Catch(fault, running.told, number, steps, seconds)
    return Bag(
        running.examples, running.steps, running.done, time.monotonic() - running.began, catch, running.passed_by
    )


@contextmanager
def prepared(mutation: str = "") -> Iterator[Hunt]:
    """Gives what examples need: a folder, an S3 server, and a worker that has this fault."""
    with tempfile.TemporaryDirectory(prefix="hunter-") as name:
        base = Path(name).resolve()
        (base / "worlds").mkdir()
        with serve_s3(base) as s3, ExitStack() as stack:
            worker = Worker(base, mutation)
            stack.callback(worker.close)
            yield Hunt(base / "worlds", s3, worker, Servers(stack))


def random_seed() -> int:
    """Returns a seed for a hunt of which nobody has said where to begin."""
    return random.SystemRandom().randrange(1_000_000)
