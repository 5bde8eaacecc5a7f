from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

import django_rclone
import django_rclone_sidecar
from django_rclone import conf, vocabulary
from django_rclone.db import helper_programs
from django_rclone.db.mysql import clients as mysql
from django_rclone.db.mysql import errors as mysql_errors
from django_rclone.db.postgresql import clients as postgresql
from django_rclone.db.sqlite.errors import explainer as explain
from django_rclone.exceptions import ProgramFailed, Unavailable
from django_rclone.rclone import remote
from django_rclone_sidecar.vocabulary import Settings, SettingsAndCommands

PACKAGES = [Path(package.__file__ or "").parent for package in (django_rclone, django_rclone_sidecar)]


def shown(failure: str) -> str:
    """Returns what is said of a failure of a SQLite program."""
    return str(explain("default", "/db.sqlite3", "A dump")(ProgramFailed("dump", 1, failure)))


@pytest.fixture
def sidecar() -> Iterator[None]:
    with vocabulary.using(SettingsAndCommands()):
        yield


def test_every_setting_can_be_named() -> None:
    assert set(get_args(vocabulary.Key.__value__)) == set(conf.SETTINGS)


def test_the_app_has_djangos_names() -> None:
    names = vocabulary.current()
    assert names.setting("PROJECT") == "PROJECT"
    assert names.item("REMOTE") == 'DJANGO_RCLONE["REMOTE"]'
    assert names.connection("HOST and PORT") == "HOST and PORT"
    assert names.media_backup("--allow-empty") == "--allow-empty"
    assert remote.install().endswith("or set RCLONE_BINARY.")
    assert postgresql.install().endswith("or set BINARY_DIR.")
    assert shown("NotLoadable: x.").endswith('set FORMAT to "file".')


@pytest.mark.usefixtures("sidecar")
def test_the_sidecar_has_names_of_its_own() -> None:
    names = vocabulary.current()
    assert names.setting("TIMEOUT") == names.item("TIMEOUT") == "BACKUP_TIMEOUT"
    assert names.setting("RCLONE_FLAGS") == "the project's RCLONE_FLAGS"
    assert names.item("CONNECTORS") == 'the project\'s DJANGO_RCLONE["CONNECTORS"]'
    assert names.connection("HOST and PORT") == "DATABASE_URL, or HOST and PORT in the project's settings"
    assert names.media_backup("--allow-empty") == "media-backup --allow-empty"
    assert remote.install().endswith("or put it on PATH.")
    assert "or put it on PATH." in mysql.wrong_flavour("8.4.0", ["mariadb"])
    assert shown("NotLoadable: x.").endswith('set FORMAT to "file" in the project\'s DATABASE_OPTIONS.')
    assert "set SPOOL in the project's DATABASE_OPTIONS," in shown("LogInUse: x.")
    assert shown("WrongName: x.").endswith("x. Correct DATABASE_URL, or NAME in the project's settings.")


@pytest.mark.usefixtures("sidecar")
def test_djangos_commands_in_the_sidecar_name_variables_and_themselves() -> None:
    with vocabulary.using(Settings()):
        assert vocabulary.current().setting("PROJECT") == "BACKUP_PROJECT"
        assert vocabulary.current().list_command == "`listbackups`"
    assert vocabulary.current().list_command == "`list`"


def test_a_helper_programs_error_has_the_names_of_the_program_that_started_it() -> None:
    def fail(_arguments: list[str]) -> None:
        raise mysql_errors.user_error(ProgramFailed("mysql", 1, "ERROR 2003 (HY000): Can't connect"), "app on db")

    def reported() -> str:
        found = helper_programs.reported_error(failure)
        assert found is not None
        assert isinstance(found.error, Unavailable)
        return str(found.error)

    failure = ProgramFailed("probe", 1, f"{helper_programs.run(fail)}\n")
    assert reported().endswith("(app on db). Try again later, or check HOST and PORT.")
    with vocabulary.using(SettingsAndCommands()):
        assert reported().endswith("check DATABASE_URL, or HOST and PORT in the project's settings.")


@pytest.mark.usefixtures("sidecar")
def test_every_name_survives_the_way_out_of_a_helper_program() -> None:
    names, marks = vocabulary.current(), vocabulary.Marks()
    for of in (str, lambda text: f"Error: {text}, {text}."):
        assert vocabulary.replaced(of(marks.setting("PROJECT"))) == of("BACKUP_PROJECT")
        assert vocabulary.replaced(of(marks.connection("USER, PASSWORD and AUTH_SOURCE"))) == of(
            names.connection("USER, PASSWORD and AUTH_SOURCE")
        )
        assert vocabulary.replaced(of(marks.list_command)) == of("`list`")


@pytest.mark.parametrize("text", ["", "\x02\x03", "\x02exit 1\x03", "\x02__class__\x03", "\x02setting"])
def test_what_is_no_mark_stays_as_it_is(text: str) -> None:
    assert vocabulary.replaced(text) == text


def test_a_sentence_names_nothing_that_is_not_there() -> None:
    with pytest.raises(KeyError):
        vocabulary.filled("{txet}. Check {HOST}.", text="x")


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
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("vocabulary.current", "vocabulary.filled")
    ]
    assert wrong == []
