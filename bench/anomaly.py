"""Prints how often the rule for unusual backups raises false alarms and misses losses: ``python -m bench.anomaly``.

The histories are simulated, with the same seeds every time, so that the numbers are the same on every machine.
"""

import math
import random
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from django_rclone import anomaly
from django_rclone.layout.manifest import Manifest, StoredObject

START = datetime(2026, 1, 1, 3, 15, tzinfo=UTC)
KB, MB, GB = 10**3, 10**6, 10**9

SHARES = {"order": 0.6, "article": 0.2, "user": 0.1, "comment": 0.08, "invoice": 0.02}
"""The tables of the simulated projects, and their shares of the rows."""


@dataclass(frozen=True, slots=True)
class Database:
    """A database on one day: the bytes of its rows in each table, and how it is backed up."""

    tables: Mapping[str, float]
    """Uncompressed bytes of each table."""
    row: float = 400
    """Bytes of a row."""
    ratio: float = 4
    """Compression ratio."""
    free: float = 0
    """Bytes of free pages in a SQLite file, with the rows that were in them."""
    compression: str = "zstd:3"
    raw: bool = True
    """Whether the size before compression is known: not if the dump program compresses."""
    count_error: float = 0
    """Standard deviation of the logarithm of each row count."""
    counted: bool = True
    """Whether the server knows its row counts: not after some upgrades."""
    server_version: str = "17.4"

    @property
    def bytes(self) -> float:
        return sum(self.tables.values())


Day = Callable[[int, Database, random.Random], Database]
"""Returns the database of a day from that of the day before."""


def of(size: float, **more: object) -> Database:
    """Returns a database of so many bytes before compression."""
    return Database({name: share * size for name, share in SHARES.items()}, **more)  # type: ignore[arg-type]


def grown(database: Database, factor: float) -> Database:
    return replace(database, tables={name: size * factor for name, size in database.tables.items()})


def steady(daily: float, noise: float = 0.01) -> Day:
    """Growth by a constant rate, with noise."""
    return lambda _day, before, chance: grown(before, 1 + daily + chance.gauss(0, noise))


def noisy(size: float, noise: float) -> Day:
    """No growth, but noise."""
    return lambda _day, _before, chance: grown(of(size), math.exp(chance.gauss(0, noise)))


def limited(daily: float, until: float) -> Day:
    """Growth at a high rate, until a size is reached."""
    return lambda _day, before, _chance: grown(before, 1 + (daily if before.bytes < until else 0.001))


def purged(table: str, every: int, daily: float, left: float) -> Day:
    """A table that grows by a share of the others every day and is purged every so many days."""

    def day(number: int, before: Database, chance: random.Random) -> Database:
        others = sum(size for name, size in before.tables.items() if name != table)
        size = before.tables.get(table, 0) * (left if number % every == 0 else 1)
        return replace(before, tables={**before.tables, table: size + others * daily * chance.uniform(0.8, 1.2)})

    return day


def weekly(_day: int, before: Database, chance: random.Random) -> Database:
    """Five days with many rows, and a clean-up on Saturday."""
    factor = {5: 0.65, 6: 1.0}.get(_day % 7, 1.09)
    return grown(before, factor * (1 + chance.gauss(0, 0.02)))


def queue(_day: int, before: Database, chance: random.Random) -> Database:
    """A table of waiting tasks: sometimes empty, sometimes with many."""
    return replace(before, tables={**before.tables, "task": chance.choice((0, 0, 40, 2e4, 2e5, 2e6))})


def imports(every: int, factor: float) -> Day:
    """An import every so many days."""
    return lambda day, before, chance: grown(before, factor if day % every == 0 else 1 + chance.gauss(0.001, 0.005))


def first_import(on: int, size: float) -> Day:
    """An empty project, until its data is imported."""
    return lambda day, before, chance: (
        of(size) if day == on else grown(before, 1 + abs(chance.gauss(0, 0.01))) if day > on else before
    )


def changed(on: int, change: Callable[[Database], Database]) -> Day:
    """A change of the backups themselves, not of the data."""
    return lambda day, before, chance: change(before) if day == on else grown(before, 1 + chance.gauss(0.001, 0.01))


def partitions(day: int, before: Database, _chance: random.Random) -> Database:
    """A table for each day, dropped after thirty."""
    kept = {name: size for name, size in before.tables.items() if name != f"event_{day - 30}"}
    return replace(before, tables={**kept, f"event_{day}": before.tables["order"] / 30})


def sale(day: int, before: Database, chance: random.Random) -> Database:
    """A site that doubles within ten days once a quarter."""
    return grown(before, (1.07 if day % 90 > 80 else 1.001) + chance.gauss(0, 0.01))


def upgraded(before: Database) -> Database:
    return replace(before, server_version="18.1", counted=False)


ORDINARY: Mapping[str, tuple[Database, Day]] = {
    "steady growth, 0.2 % a day": (of(200 * MB), steady(0.002)),
    "the same, dump program compresses": (of(200 * MB, raw=False), steady(0.002)),
    "growth of 5 % a day": (of(2 * MB), limited(0.05, 20 * GB)),
    "growth of 20 % a day": (of(2 * MB), limited(0.2, 20 * GB)),
    "growth of 15 % from one backup to the next, monthly ones": (of(20 * MB), limited(0.15, 20 * GB)),
    "no change at all": (of(200 * MB), steady(0, 0)),
    "noise of 10 % a day": (of(200 * MB), noisy(200 * MB, 0.1)),
    "row counts off by 30 %": (of(200 * MB, count_error=0.3), steady(0.002)),
    "small site, 100 kB, noise of 20 %": (of(100 * KB), noisy(100 * KB, 0.2)),
    "weekly clean-up by a third": (of(200 * MB), weekly),
    "log table of half the size, emptied every week": (of(200 * MB), purged("log", 7, 0.14, 0.02)),
    "log table of four fifths, emptied every week": (of(200 * MB), purged("log", 7, 0.6, 0.02)),
    "log table of four fifths, emptied every month": (of(200 * MB), purged("log", 30, 0.14, 0.02)),
    "log table of half the size, emptied every month": (of(200 * MB), purged("log", 30, 0.033, 0.02)),
    "sessions, half of the size, cleared every month": (of(200 * MB), purged("django_session", 30, 0.033, 0.001)),
    "queue between empty and 5,000 tasks": (of(20 * MB), queue),
    "import of half as much again, every 60 days": (of(20 * MB), imports(60, 1.5)),
    "import of twice as much again, every 120 days": (of(20 * MB), imports(120, 3)),
    "doubled in ten days, once a quarter": (of(200 * MB), sale),
    "partition for each day, dropped after 30": (of(200 * MB), partitions),
    "empty project, first import on the 4th day": (of(60 * KB), first_import(4, 8 * GB)),
    "empty project, first import on the 40th day": (of(60 * KB), first_import(40, 8 * GB)),
    "compression changed": (
        of(200 * MB, compression="gzip:6", ratio=3.4),
        changed(100, lambda before: replace(before, compression="zstd:19", ratio=6)),
    ),
    "server upgraded, row counts lost": (of(200 * MB), changed(100, upgraded)),
}
"""Events in a year of nightly backups that lose nothing: every alarm is a false one."""


def without(*tables: str) -> Callable[[Database], Database]:
    return lambda before: replace(
        before, tables={name: 0.0 if name in tables else size for name, size in before.tables.items()}
    )


def deleted(share: float) -> Callable[[Database], Database]:
    return lambda before: grown(before, 1 - share)


def deleted_in_file(share: float) -> Callable[[Database], Database]:
    return lambda before: replace(deleted(share)(before), free=before.bytes * share)


def encrypted(before: Database) -> Database:
    return replace(before, ratio=1.0)


LOSSES: Mapping[str, Callable[[Database], Database]] = {
    "all tables emptied": without(*SHARES),
    "the largest table emptied (60 % of the rows)": without("order"),
    "a table with 20 % of the rows emptied": without("article"),
    "a table with 2 % of the rows emptied": without("invoice"),
    "90 % of all rows deleted": deleted(0.9),
    "70 % of all rows deleted": deleted(0.7),
    "60 % of all rows deleted": deleted(0.6),
    "half of all rows deleted": deleted(0.5),
    "30 % of all rows deleted": deleted(0.3),
    "SQLite: 90 % of all rows deleted, file as large as before": deleted_in_file(0.9),
    "all values encrypted by an intruder": encrypted,
    "ten times as many rows (a loop that inserts)": lambda before: grown(before, 10),
}
"""Losses that an operator wants to know of with the next backup."""

BEFORE_LOSS: Mapping[str, tuple[Database, Day]] = {
    "steady": (of(200 * MB), steady(0.002)),
    "growing 2 % a day": (of(20 * MB), steady(0.02, 0.02)),
    "row counts off by 30 %": (of(200 * MB, count_error=0.3, raw=False), steady(0.002)),
    "weekly clean-up": (of(200 * MB), weekly),
}


Rule = Callable[[Manifest, Sequence[Manifest]], object]
"""Returns whether a backup is unusual, or what is unusual about it."""


def _of_size(exceeded: Callable[[float, Sequence[float]], bool]) -> Rule:
    """Returns a rule that judges only the size as stored, of comparable backups."""

    def rule(backup: Manifest, others: Sequence[Manifest]) -> bool:
        before = [other.bytes for other in others[-11:-1] if other.compression == backup.compression]
        return len(before) >= anomaly.FEWEST_BACKUPS and exceeded(backup.bytes, before)

    return rule


def _by_deviation(value: float, before: Sequence[float]) -> bool:
    return abs(value - statistics.mean(before)) > 3 * statistics.stdev(before)


def _by_median_deviation(value: float, before: Sequence[float]) -> bool:
    middle = statistics.median(before)
    deviation = statistics.median(abs(one - middle) for one in before)
    return abs(value - middle) > 3.5 / 0.6745 * deviation


def _by_factor(value: float, before: Sequence[float]) -> bool:
    middle = statistics.median(before)
    return not middle / 2 <= value <= middle * 2


RULES: Mapping[str, Rule] = {
    "the rule": anomaly.problem,
    "size: half or twice the median": _of_size(_by_factor),
    "size: mean and 3 standard deviations": _of_size(_by_deviation),
    "size: median and 3.5 deviations from it": _of_size(_by_median_deviation),
}
"""The rule, and others that it was chosen from. Source of the last: Iglewicz and Hoaglin, 1993."""


@dataclass(slots=True)
class Backups:
    """Backups of a simulated database."""

    chance: random.Random
    rule: Rule = anomaly.problem
    made: list[Manifest] = field(default_factory=list)

    def add(self, database: Database) -> object:
        """Backs a database up, and returns what is unusual about the backup."""
        backup = _manifest(len(self.made), database, self.chance)
        self.made.append(backup)
        return self.rule(backup, self.made[-anomaly.HISTORY - 5 :])


def _manifest(number: int, database: Database, chance: random.Random) -> Manifest:
    moment = START + timedelta(days=number)
    raw = database.bytes + database.free + 40 * KB
    stored = StoredObject(f"db/{number}", round(raw / database.ratio), "0" * 64, round(raw) if database.raw else None)
    rows = {
        name: round(size / database.row * math.exp(chance.gauss(0, database.count_error))) if database.counted else 0
        for name, size in database.tables.items()
    }
    return Manifest(
        id=f"{number:06}",
        point="",
        project="shop",
        database="default",
        engine="postgresql",
        name="shop",
        server_version=database.server_version,
        client="",
        format="sql",
        compression=database.compression,
        consistency="snapshot",
        objects=(stored,),
        started_at=moment,
        finished_at=moment,
        tables=rows,
    )


def false_alarms(start: Database, day: Day, seed: int, rule: Rule = anomaly.problem) -> Iterator[tuple[int, object]]:
    """Yields each alarm in a year of nightly backups: the day, and what is unusual."""
    backups, database = Backups(random.Random(seed), rule), start
    for number in range(365):
        if number:
            database = day(number, database, backups.chance)
        if problem := backups.add(database):
            yield number, problem


def is_found(
    start: Database, day: Day, loss: Callable[[Database], Database], seed: int, rule: Rule = anomaly.problem
) -> bool:
    """Returns whether the first backup after a loss raises an alarm."""
    backups, database = Backups(random.Random(seed), rule), start
    for number in range(30 + seed % 7):
        database = day(number, database, backups.chance)
        backups.add(database)
    return bool(backups.add(loss(database)))


def main() -> None:
    seeds = range(10)
    print(f"| false alarms in a year of ordinary nightly backups | {' | '.join(RULES)} |")
    print("| --- |" + " --- |" * len(RULES))
    for name, (start, day) in ORDINARY.items():
        counts = [sum(len(list(false_alarms(start, day, seed, rule))) for seed in seeds) for rule in RULES.values()]
        print(f"| {name} | {' | '.join(f'{count / len(seeds):.1f}' for count in counts)} |", flush=True)
    print(f"\n| losses found by the next backup, % | {' | '.join(RULES)} |")
    print("| --- |" + " --- |" * len(RULES))
    for name, loss in LOSSES.items():
        tries = [(start, day, seed) for start, day in BEFORE_LOSS.values() for seed in seeds]
        counts = [sum(is_found(start, day, loss, seed, rule) for start, day, seed in tries) for rule in RULES.values()]
        print(f"| {name} | {' | '.join(f'{100 * count / len(tries):.0f}' for count in counts)} |", flush=True)


if __name__ == "__main__":
    main()
