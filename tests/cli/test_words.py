"""Messages of the app advise nothing that the sidecar does not have."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

import django_rclone
from django_rclone import conf
from django_rclone_sidecar import messages
from django_rclone_sidecar.cli import COMMANDS

APP = Path(django_rclone.__file__).parent
# What they say is for those who restore without any of this, is for Django alone, or is a command line of others.
ELSEWHERE = {"restore_guide.py", "outdated.py"}
OPTIONS = {"BINARY_DIR", "FORMAT", "SPOOL", "DATABASE_OPTIONS", "DJANGO_RCLONE"}
OF_DATABASES = "NAME|HOST|PORT|USER|PASSWORD|AUTH_SOURCE|OPTIONS"
MANAGEMENT_COMMANDS = [path.stem for path in (APP / "management/commands").glob("[a-z]*.py")]


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) or "X" for part in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def sentences() -> Iterator[tuple[str, str]]:
    """Every text of the app that people may read, with the place where it stands; docstrings are none."""
    for file in APP.rglob("*.py"):
        if "management" in file.parts or file.name in ELSEWHERE:
            continue
        tree = ast.parse(file.read_text())
        parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
        docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if id(node) not in parts | docs and " " in (text := _text(node)):
                yield f"{file.name}:{getattr(node, 'lineno', 0)}", text


def flags() -> set[str]:
    """Every option of every command."""
    found = {"--traceback"}
    for command in COMMANDS:
        module = import_module(f"django_rclone_sidecar.commands.{command.replace('-', '_')}")
        if hasattr(module, "parser"):
            found |= set(module.parser()._option_string_actions)
    return found


def test_no_message_names_a_setting_or_a_command_that_the_sidecar_does_not_have() -> None:
    named = "|".join(sorted({*conf.SETTINGS, "RCLONE_BINARY"} - {"CONNECTORS", "CONNECTOR_MAPPING", "DB_BACKUP_DIR"}))
    wrong = [
        (place, shown)
        for place, text in sentences()
        if (shown := messages.ours(text))
        and (
            re.search(
                rf"(?<![\w\"'])(?<!project's )(?:{named})(?![\w\"'])(?! of the project)",
                shown.replace("the project's DATABASE_", ""),
            )
            or re.search(rf"`(?:{'|'.join(MANAGEMENT_COMMANDS)})\b", shown)
            or re.search(rf"[Cc](?:heck|orrect) (?:{OF_DATABASES})\b", shown)
            or re.search(r"\bset (?:BINARY_DIR|SPOOL(?! in the project)|FORMAT(?! to \"file\" in the project))", shown)
        )
    ]
    assert wrong == []


def test_no_message_names_an_option_that_no_command_has() -> None:
    of_others = re.compile(
        r"--(?:bwlimit|archive|execute|databases|exit-on-error|single-transaction|dbname|format|max-delete)"
    )
    known = flags()
    wrong = [
        (place, flag)
        for place, text in sentences()
        if re.search(r"[a-z] [a-z]+ ", text)
        for flag in re.findall(r"(?<![\w-])--[a-z][a-z-]+", messages.ours(text))
        if flag not in known and not of_others.match(flag)
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("Install postgresql-client-17 or set BINARY_DIR.", "Install postgresql-client-17 or put it on PATH."),
        ("check HOST and PORT.", "check DATABASE_URL, or HOST and PORT in the project's settings."),
        ('Set FORMAT to "file", which', 'Set FORMAT to "file" in the project\'s DATABASE_OPTIONS, which'),
        ("Name one in DJANGO_RCLONE['CONNECTORS']", "Name one in the project's DJANGO_RCLONE['CONNECTORS']"),
        ("no backups (TIMEOUT)", "no backups (BACKUP_TIMEOUT)"),
    ],
)
def test_the_sidecars_words(theirs: str, ours: str) -> None:
    assert messages.ours(theirs) == ours
    assert messages.ours(ours) == ours  # a message may be shown twice
