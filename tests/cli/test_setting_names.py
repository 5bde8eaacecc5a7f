"""Messages of the app name no setting, command or option that users of the sidecar do not have."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import django_rclone
from django_rclone import conf
from django_rclone_sidecar.cli import COMMANDS

APP = Path(django_rclone.__file__).parent
# For those who restore without any of this, and the names themselves.
ELSEWHERE = {"restore_guide.py", "setting_names.py"}
OF_DATABASES = "NAME|HOST|PORT|USER|PASSWORD|AUTH_SOURCE|OPTIONS"
MANAGEMENT_COMMANDS = [path.stem for path in (APP / "management/commands").glob("[a-z]*.py")]


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) or "X" for part in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _described(tree: ast.Module) -> Iterator[ast.AST]:
    """Gives the table of settings, which the documentation prints."""
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == "SETTINGS":
            yield from ast.walk(node)


def sentences() -> Iterator[tuple[str, str]]:
    """Every text of the app that people may read, with the place where it stands; docstrings are none."""
    for file in APP.rglob("*.py"):
        if "management" in file.parts or file.name in ELSEWHERE:
            continue
        tree = ast.parse(file.read_text())
        parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
        others = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        others |= {id(node) for node in _described(tree)}
        for node in ast.walk(tree):
            if id(node) not in parts | others and " " in (text := _text(node)):
                yield f"{file.name}:{getattr(node, 'lineno', 0)}", text


def flags() -> set[str]:
    """Every option of every command."""
    found = set()
    for command in COMMANDS:
        module = import_module(f"django_rclone_sidecar.commands.{command.replace('-', '_')}")
        if hasattr(module, "create_parser"):
            found |= set(module.create_parser()._option_string_actions)
    return found


def test_no_message_names_a_setting_or_a_command_that_the_sidecar_does_not_have() -> None:
    named = "|".join(conf.SETTINGS)
    wrong = [
        (place, text)
        for place, text in sentences()
        if re.search(rf"(?<![\w{{])(?:{named}|DJANGO_RCLONE)(?![\w}}])", text)
        or re.search(rf"\b(?:{'|'.join(MANAGEMENT_COMMANDS)})\b", text)
        or re.search(rf"[Cc](?:heck|orrect) (?:{OF_DATABASES})\b", text)
        or re.search(r"\bset (?:BINARY_DIR|(?:SPOOL|FORMAT to \"file\")(?!\{in_database_options\}| in X))", text)
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
        for flag in re.findall(r"(?<![\w-])--[a-z][a-z-]+", text)
        if flag not in known and not of_others.match(flag)
    ]
    assert wrong == []
