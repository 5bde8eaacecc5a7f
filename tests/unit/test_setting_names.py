from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

import django_rclone
import django_rclone_sidecar
from django_rclone import conf, setting_names
from django_rclone.db import entry_point, helper_programs
from django_rclone.db.mysql import clients as mysql
from django_rclone.db.mysql import errors as mysql_errors
from django_rclone.db.postgresql import clients as postgresql
from django_rclone.db.sqlite.errors import explainer as explain
from django_rclone.exceptions import ProgramFailed, Unavailable
from django_rclone.rclone import installation
from django_rclone.setting_names import SettingNames
from django_rclone_sidecar.setting_names import VariableAndCommandNames, VariableNames

PACKAGES = [Path(package.__file__ or "").parent for package in (django_rclone, django_rclone_sidecar)]


def shown(failure: str) -> str:
    """Returns the message for a failure of a SQLite program."""
    return str(explain("default", "/db.sqlite3", "A dump")(ProgramFailed("dump", 1, failure)))


@pytest.fixture
def sidecar() -> Iterator[None]:
    with setting_names.using(VariableAndCommandNames()):
        yield


def test_every_setting_can_be_named() -> None:
    assert set(get_args(setting_names.Key.__value__)) == set(conf.SETTINGS)


def test_the_app_has_djangos_names() -> None:
    names = setting_names.current()
    assert names.setting("PROJECT") == "PROJECT"
    assert names.item("REMOTE") == 'DJANGO_RCLONE["REMOTE"]'
    assert names.connection("HOST and PORT") == "HOST and PORT"
    assert names.media_backup("--allow-empty") == "--allow-empty"
    assert installation.install().endswith("or set RCLONE_BINARY.")
    assert postgresql.install().endswith("or set BINARY_DIR.")
    assert shown("NotLoadable: x.").endswith('set FORMAT to "file".')


@pytest.mark.usefixtures("sidecar")
def test_the_sidecar_has_names_of_its_own() -> None:
    names = setting_names.current()
    assert names.setting("TIMEOUT") == names.item("TIMEOUT") == "BACKUP_TIMEOUT"
    assert names.setting("RCLONE_FLAGS") == "the project's RCLONE_FLAGS"
    assert names.item("CONNECTORS") == 'the project\'s DJANGO_RCLONE["CONNECTORS"]'
    assert names.connection("HOST and PORT") == "DATABASE_URL, or HOST and PORT in the project's settings"
    assert names.media_backup("--allow-empty") == "media-backup --allow-empty"
    assert installation.install().endswith("or put it on PATH.")
    assert "or put it on PATH." in mysql.wrong_flavour("8.4.0", ["mariadb"])
    assert shown("NotLoadable: x.").endswith('set FORMAT to "file" in the project\'s DATABASE_OPTIONS.')
    assert "set SPOOL in the project's DATABASE_OPTIONS," in shown("LogInUse: x.")
    assert shown("WrongName: x.").endswith("x. Correct DATABASE_URL, or NAME in the project's settings.")


@pytest.mark.usefixtures("sidecar")
def test_djangos_commands_in_the_sidecar_name_variables_and_themselves() -> None:
    with setting_names.using(VariableNames()):
        assert setting_names.current().setting("PROJECT") == "BACKUP_PROJECT"
        assert setting_names.current().list_command == "`listbackups`"
    assert setting_names.current().list_command == "`list`"


def as_helper_program(monkeypatch: pytest.MonkeyPatch, caller: SettingNames) -> None:
    """Sets the environment of a helper program whose caller uses these names."""
    with setting_names.using(caller):
        command = helper_programs.module_command("probe", explain=lambda failure: failure)
    for name, value in command.env.items():
        monkeypatch.setenv(name, str(value))


@pytest.mark.parametrize(
    ("caller", "advice"),
    [
        (SettingNames(), "(app on db). Try again later, or check HOST and PORT."),
        (VariableAndCommandNames(), "check DATABASE_URL, or HOST and PORT in the project's settings."),
    ],
)
def test_a_helper_programs_error_has_the_names_of_the_program_that_started_it(
    monkeypatch: pytest.MonkeyPatch, caller: SettingNames, advice: str
) -> None:
    def fail(_arguments: list[str]) -> None:
        raise mysql_errors.user_error(ProgramFailed("mysql", 1, "ERROR 2003 (HY000): Can't connect"), "app on db")

    as_helper_program(monkeypatch, caller)
    failure = ProgramFailed("probe", 1, f"{entry_point.run(fail)}\n")
    found = helper_programs.reported_error(failure)
    assert found is not None
    assert isinstance(found.error, Unavailable)
    assert str(found.error).endswith(advice)


@pytest.mark.parametrize("caller", [SettingNames(), VariableNames(), VariableAndCommandNames()])
def test_every_name_in_a_helper_program_is_that_of_its_caller(
    monkeypatch: pytest.MonkeyPatch, caller: SettingNames
) -> None:
    as_helper_program(monkeypatch, caller)
    names = setting_names.of_caller()
    assert type(names) is type(caller)
    assert names.setting("PROJECT") == caller.setting("PROJECT")
    assert names.connection("USER, PASSWORD and AUTH_SOURCE") == caller.connection("USER, PASSWORD and AUTH_SOURCE")
    assert names.list_command == caller.list_command


def test_a_program_that_has_no_caller_of_ours_has_djangos_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DJANGO_RCLONE_SETTING_NAMES", raising=False)
    assert type(setting_names.of_caller()) is SettingNames


@pytest.mark.usefixtures("sidecar")
@pytest.mark.parametrize("text", ["", "\x02\x03", "\x02exit 1\x03", "\x02__class__\x03", "\x02setting PROJECT\x03"])
def test_what_a_helper_program_reports_stays_as_it_is(text: str) -> None:
    found = helper_programs.reported_error(ProgramFailed("probe", 1, f"Unavailable: <{text}>\n"))
    assert found is not None
    assert str(found.error) == f"<{text}>"


def test_a_sentence_names_nothing_that_is_not_there() -> None:
    with pytest.raises(KeyError):
        setting_names.filled("{txet}. Check {HOST}.", text="x")


def _at_import(node: ast.AST) -> Iterator[ast.AST]:
    """Gives what runs when a module is imported."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.Lambda):
            for default in [*child.args.defaults, *filter(None, child.args.kw_defaults)]:
                yield from ast.walk(default)
        else:
            yield child
            yield from _at_import(child)


def test_no_message_is_written_before_the_program_has_chosen_its_names() -> None:
    wrong = [
        f"{file.name}:{node.lineno}"
        for package in PACKAGES
        for file in package.rglob("*.py")
        for node in _at_import(ast.parse(file.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("setting_names.current", "setting_names.filled")
    ]
    assert wrong == []
