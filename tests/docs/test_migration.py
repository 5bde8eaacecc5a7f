"""docs/from-0.4.md and docs/from-dbbackup.md: what they name exists, and nothing that 0.4 had is left out."""

import ast
import re

import pytest
from django.core.management import load_command_class
from django.core.management.base import CommandParser

from django_rclone import conf
from django_rclone_sidecar.environment.variables import VARIABLES
from tests.docs.tables import COMMANDS, ROOT

PAGES = ("docs/from-0.4.md", "docs/from-dbbackup.md")


def columns(page: str, section: str) -> list[list[str]]:
    """The rows of the first table of a section, without its head."""
    text = (ROOT / page).read_text().partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    return [line.strip("|").split(" | ") for line in text.splitlines() if line.startswith("|")][2:]


def published(path: str) -> str:
    """A source file of the published 0.4."""
    (file,) = (ROOT / ".venvs/published").glob(f"lib/python*/site-packages/django_rclone/{path}")
    return file.read_text()


def test_every_setting_of_0_4_and_of_now_is_there():
    old = re.findall(r'^    "([A-Z_]+)":', published("settings.py"), re.MULTILINE)
    rows = columns(PAGES[0], "Settings")
    assert old
    assert set(re.findall(r"`([A-Z_]+)`", " ".join(row[0] for row in rows))) == set(old)
    assert set(re.findall(r"`([A-Z_]+)`", " ".join(map(" ".join, rows)))) == conf.SETTINGS.keys()


def test_every_command_and_option_of_0_4_is_there():
    told = "\n".join(row[0] for row in columns(PAGES[0], "Commands"))
    for name in ("dbbackup", "dbrestore", "listbackups", "mediabackup", "mediarestore"):
        tree = ast.parse(published(f"management/commands/{name}.py"))
        calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
        added = [call for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr == "add_argument"]
        assert f"`{name}`" in told
        for option in added:
            spelled = [word.value for word in option.args if isinstance(word, ast.Constant)]
            assert any(str(word) in told for word in spelled), (name, spelled)


@pytest.mark.parametrize("page", PAGES)
def test_commands_that_are_shown_take_their_options(page: str):
    # The second column is ours; the first but names what the other has.
    cells = [row[1] for row in columns(page, "Commands")]
    shown = [words.split() for cell in cells for words in re.findall(r"`((?:db|media|list)[a-z]+(?: [^`]+)?)`", cell)]
    assert shown
    for name, *words in shown:
        assert name in COMMANDS
        options = {option for action in parser(name)._actions for option in action.option_strings}
        assert {word for word in words if word.startswith("-")} <= options


def parser(name: str) -> CommandParser:
    """Returns the parser of a command's arguments."""
    return load_command_class("django_rclone", name).create_parser("manage.py", name)


def test_what_takes_the_place_of_dbbackups_settings_exists():
    ours = " ".join(row[1] for row in columns(PAGES[1], "Settings"))
    named = set(re.findall(r"`([A-Z][A-Z_]+)`", ours)) - {"MEDIA_ROOT"}
    assert named
    assert named <= conf.SETTINGS.keys() | VARIABLES.keys()
