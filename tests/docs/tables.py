"""The tables that the documentation shares with the code, made from the code."""

import ast
import inspect
import re
import signal
from argparse import Action
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from django.core.management import load_command_class
from django.core.management.base import BaseCommand

from django_rclone import checks, conf, exceptions
from django_rclone.catalog import Backup, BackupState, undocumented
from django_rclone.db import registry
from django_rclone.exceptions import DjangoRcloneError
from django_rclone.rclone import backend_options
from django_rclone.rclone import options as rclone_options
from django_rclone.retention import Policy, decide
from django_rclone_sidecar import cli
from django_rclone_sidecar.environment import variables
from django_rclone_sidecar.monitoring import metrics
from tests.docs import architecture

ROOT = Path(__file__).parents[2]
COMMANDS_WITH_OPTIONS = tuple(name for name in cli.COMMANDS if name not in ("serve", "healthcheck", "manage"))
COMMANDS = (
    *("dbbackup", "dbrestore", "mediabackup", "mediarestore", "listbackups", "backupverify", "backupprune"),
    "backuptarget",
)

_TABLE = re.compile(r"(<!-- table: (?P<name>[\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
_CHECK = re.compile(r"\b([EW]\d{3}) ((?:[^,.]|[.]\d)+)")


def pages() -> list[Path]:
    """Returns the files that may hold generated tables."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def rewritten(text: str) -> str:
    """Returns a page with its generated tables as the code has them now."""
    return _TABLE.sub(lambda found: f"{found[1]}\n{TABLES[found['name']]()}\n\n{found[3]}", text)


def names(text: str) -> list[str]:
    """Returns which tables a page holds."""
    return [found["name"] for found in _TABLE.finditer(text)]


def settings() -> str:
    """The keys of DJANGO_RCLONE."""
    rows = [(f"`{name}`", f"`{_literal(entry.default)}`", entry.meaning) for name, entry in conf.SETTINGS.items()]
    return table(("key", "default", "meaning"), rows)


def exit_codes() -> str:
    """Returns the exit codes of the commands."""
    meanings = {0: "Done."}
    classes = [DjangoRcloneError, *DjangoRcloneError.__subclasses__()]
    for kind in classes:
        if kind is not exceptions.Interrupted and kind.__module__ == exceptions.__name__:
            meanings.setdefault(kind.exit_code, _summary(kind))
    signals = {128 + number: number.name for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)}
    rows = [(f"`{code}`", meaning) for code, meaning in sorted(meanings.items())]
    numbers, words = ", ".join(f"`{code}`" for code in signals), ", ".join(signals.values())
    rows.append((numbers, f"Interrupted by a signal ({words}). The run cleaned up first."))
    return table(("code", "meaning"), rows)


def system_checks() -> str:
    """The ids that `manage.py check` can answer with."""
    described = dict(_described_checks())
    if described.keys() != (used := _used_checks()):
        raise ValueError(f"checks.py documents {sorted(described)} and uses {sorted(used)}")
    rows = [(f"`{checks.TAG}.{number}`", described[number]) for number in sorted(described)]
    return table(("id", "meaning"), rows)


def _described_checks() -> Iterator[tuple[str, str]]:
    for function in vars(checks).values():
        if inspect.isfunction(function) and function.__name__.startswith("check_"):
            for number, meaning in _CHECK.findall(inspect.cleandoc(function.__doc__ or "").replace("\n", " ")):
                yield number, f"{meaning[0].upper()}{meaning[1:].strip()}."


def _used_checks() -> set[str]:
    """Returns the numbers in the ids that the module's code makes."""
    tree = ast.parse(inspect.getsource(checks))
    ids = (word.value for word in ast.walk(tree) if isinstance(word, ast.keyword) and word.arg == "id")
    texts = (part.value for value in ids for part in ast.walk(value) if isinstance(part, ast.Constant))
    return {str(text).removeprefix(".") for text in texts}


def options(name: str) -> str:
    """The options of one command, beside those that every command of Django has."""
    common = {action.dest for action in BaseCommand().create_parser("", "")._actions}
    parser = load_command_class("django_rclone", name).create_parser("manage.py", name)
    rows = [(_spelled(action), str(action.help)) for action in parser._actions if action.dest not in common]
    return table(("option", "meaning"), rows)


def _spelled(action: Action) -> str:
    named = action.metavar or (action.dest.upper() if action.nargs is None else "")
    value = f" {named}" if named else ""
    return ", ".join(f"`{option}{value}`" for option in action.option_strings)


def environment() -> str:
    """The variables of the sidecar."""
    rows = [
        (f"`{name}`", entry.meaning, entry.form, f"`{entry.default}`" if entry.default else entry.unset)
        for name, entry in variables.VARIABLES.items()
    ]
    return table(("variable", "meaning", "takes", "without it"), rows)


def commands() -> str:
    """Returns the verbs of the sidecar's program."""
    return table(("command", "meaning"), [(f"`{name}`", meaning) for name, meaning in cli.COMMANDS.items()])


def command_options(name: str) -> str:
    """The options of one sidecar command."""
    parser = import_module(f"django_rclone_sidecar.commands.{name.replace('-', '_')}").create_parser()
    rows = [(_spelled(action), str(action.help)) for action in parser._actions if action.dest != "help"]
    return table(("option", "meaning"), rows)


def metric_names() -> str:
    """Returns the metrics of `/metrics`."""
    rows = [
        (f"`{metrics.PREFIX}{name}`", metric.kind, ", ".join(f"`{label}`" for label in metric.labels), metric.help)
        for name, metric in metrics.METRICS.items()
    ]
    return table(("metric", "type", "labels", "meaning"), rows)


def rclone_options_table() -> str:
    """Returns the options of rclone that users may set, and those that they may not."""
    passed = {what: _flags(names) for what, names in rclone_options.PASSED.items()}
    passed["backends' options"] = "`--s3-…`, `--sftp-…` and so on, but for those below"
    ours = {what: _flags(names) for what, names in rclone_options.OURS.items()}
    reasons: dict[str, list[str]] = {why: _names(names) for names, why in rclone_options.REFUSED.items()}
    for name, why in backend_options.REFUSED.items():
        reasons.setdefault(why, []).append(name)
    for name, (value, why) in backend_options.REFUSED_VALUES.items():
        reasons.setdefault(why, []).append(f"{name}={value}")
    rows = [
        *(("passed on", what, names) for what, names in passed.items()),
        ("passed on, for media files only", "filters", _flags(rclone_options.FILTERS)),
        *(("ignored: django-rclone sets it itself", what, names) for what, names in ours.items()),
        *(("refused", why, ", ".join(f"`--{name}`" for name in names)) for why, names in reasons.items()),
    ]
    return table(("what becomes of it", "what it is, or would do", "flags"), rows)


def _names(marked: str) -> list[str]:
    return [word.rstrip("?*!") for word in marked.split()]


def _flags(marked: str) -> str:
    return ", ".join(f"`--{name}`" for name in _names(marked))


def engines() -> str:
    """Which engine is served by which connector."""
    return table(("engine", "connector"), [(f"`{engine}`", f"`{path}`") for engine, path in registry.ENGINES.items()])


CALENDAR = Policy(daily=7, weekly=4, monthly=4)
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def calendar() -> str:
    """Which of a year's nightly backups a policy keeps: D, W and M are the rules that keep the one of a day."""
    now = datetime(2026, 11, 27, 12, tzinfo=UTC)
    nights = [now.replace(hour=3) - timedelta(days=day) for day in range(330)]
    paths = [f"db/{night:%Y-%m-%d}" for night in nights]
    backups = [
        Backup(path, "default", path, night, 1, BackupState.GOOD, undocumented(path, "default", 1))
        for path, night in zip(paths, nights, strict=True)
    ]
    rules = {
        one.backup.moment.date(): "".join(why[0].upper() for why in one.reasons if why.startswith(("d", "w", "m")))
        for one in decide(backups, CALENDAR, now=now, zone=UTC)
        if one.keep
    }
    first, last = min(rules), max(rules)
    monday, lines = first - timedelta(days=first.weekday()), [f"{'week of':10}  {'  '.join(_WEEKDAYS)}"]
    while monday <= last:
        days = [monday + timedelta(days=day) for day in range(7)]
        marks = ("" if day > last else rules.get(day, ".") for day in days)
        lines.append(f"{monday}  {'  '.join(f'{mark:3}' for mark in marks)}".rstrip())
        monday += timedelta(days=7)
    return "\n".join(("```text", *lines, "```"))


def folder_connector() -> str:
    """A whole connector, which keeps the contract."""
    return f"```python\n{(ROOT / 'tests/docs/folder_connector.py').read_text()}```"


TABLES: Mapping[str, Callable[[], str]] = {
    "folder-connector": folder_connector,
    "source-rows": architecture.picture,
    "source-app": partial(architecture.package_tables, "django_rclone"),
    "source-sidecar": partial(architecture.package_tables, "django_rclone_sidecar"),
    "settings": settings,
    "retention-calendar": calendar,
    "exit-codes": exit_codes,
    "checks": system_checks,
    "engines": engines,
    "rclone-options": rclone_options_table,
    **{name: partial(options, name) for name in COMMANDS},
    "environment": environment,
    "verbs": commands,
    "metrics": metric_names,
    **{f"verb-{name}": partial(command_options, name) for name in COMMANDS_WITH_OPTIONS},
}


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Returns a table in Markdown."""
    lines = (header, ["---"] * len(header), *rows)
    return "\n".join(f"| {' | '.join(cell.replace('|', '\\|') for cell in line)} |" for line in lines)


def _summary(kind: type[Any]) -> str:
    """Returns the first paragraph of a docstring as one line."""
    return " ".join(inspect.cleandoc(kind.__doc__ or "").partition("\n\n")[0].split())


def _literal(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else repr(value)
