"""Constructs of public projects' settings, each in a project of its own."""

from __future__ import annotations

import textwrap

import pytest

from tests.target.conftest import Write

READ = {
    "classes of a missing driver": """
        == settings.py
        from timing import Connection, Cursor
        DATABASES = {"default": {POSTGRESQL, "NAME": "app", "OPTIONS": {
            "connection_factory": Connection, "cursor_factory": Cursor}}}
        == timing.py
        from psycopg2_like.extensions import connection, cursor
        class Cursor(cursor):
            pass
        class Connection(connection):
            def __init__(self, *args):
                self.queries = []
        """,
    "a folder that is made if it is not there": """
        == settings.py
        from pathlib import Path
        def media():
            folder = Path(__file__).parent / "media"
            folder.mkdir(parents=True, exist_ok=True)
            return folder
        MEDIA_ROOT = media()
        DATABASES = {"default": {POSTGRESQL, "NAME": "app"}}
        """,
    "a folder that another package names": """
        == settings.py
        import os
        from appdirs_like import user_data_dir
        def folder():
            found = user_data_dir("app")
            os.makedirs(found, exist_ok=True)
            return found
        DATA = folder()
        ALL = {
            "sqlite": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.path.join(DATA, "db.sqlite3")},
            "postgresql": {POSTGRESQL, "NAME": "app"},
        }
        DATABASES = {"default": ALL["postgresql"]}
        """,
    "names that are used again": """
        == settings.py
        import importlib
        try:
            conf = importlib.import_module("conf")
        except ModuleNotFoundError as e:
            if e.name == "conf":
                raise
        DATABASES = {"default": conf.DATABASE}
        for plugin in conf.PLUGINS:
            try:
                found = importlib.import_module(plugin)
            except ModuleNotFoundError as e:
                if e.name == plugin:
                    raise
            if found.config.apps:
                APPS = list(found.config.apps)
        == conf.py
        PLUGINS = ["plugin_like"]
        DATABASE = {POSTGRESQL, "NAME": "app"}
        """,
    "a name of the process": """
        == settings.py
        import os
        import flags
        DATABASES = {"default": {POSTGRESQL, "NAME": "app", "OPTIONS": {"application_name": f"app-{os.getpid()}"}}}
        """,
}


@pytest.mark.parametrize("files", READ.values(), ids=READ)
def test_a_project_is_read_that_has(write: Write, files: str) -> None:
    assert write(files).target(BACKUP_MEDIA="off").databases["default"]["NAME"] == "app"


REFUSED = {
    "a default of a class in a module": """
        == settings.py
        import parts
        DATABASES = {"default": {POSTGRESQL, "NAME": parts.Config.NAME}}
        == parts.py
        import lib
        class Config(lib.Base):
            NAME = "dev"
        """,
    "a module of settings of another package": """
        == settings.py
        DATABASES = {"default": {POSTGRESQL, "NAME": "app"}}
        try:
            from acme.settings import *
        except ImportError:
            pass
        """,
    "a folder that cannot be made": """
        == settings.py
        import os
        try:
            os.makedirs(os.path.join(os.path.dirname(os.path.abspath(__file__)), "data"))
            NAME = "prod"
        except OSError:
            NAME = "dev"
        DATABASES = {"default": {POSTGRESQL, "NAME": NAME}}
        """,
    "a name inside a function that is the module's": """
        == settings.py
        import flags
        NAME = "dev"
        def choose():
            def inner():
                NAME = "x"
                return NAME
            return inner() and NAME
        if flags.prod:
            NAME = "prod"
        DATABASES = {"default": {POSTGRESQL, "NAME": choose()}}
        """,
    "a part of a module's dictionary that a loop changes": """
        == settings.py
        import conf, flags
        for database in conf.DATABASES.values():
            if flags.prod:
                database["NAME"] = "prod"
        DATABASES = conf.DATABASES
        == conf.py
        DATABASES = {"default": {POSTGRESQL, "NAME": "dev"}}
        """,
    "a part of a dictionary that a loop changes": """
        == settings.py
        import flags
        DATABASES = {"default": {POSTGRESQL, "NAME": "dev"}}
        try:
            for database in DATABASES.values():
                flags.check(1)
                database["NAME"] = flags.name and "prod"
        except Exception:
            pass
        """,
    "a part of an unknown path": """
        == settings.py
        import os, vault
        DATABASES = {"default": {POSTGRESQL, "NAME": os.path.dirname(os.path.join(vault.folder, "x"))}}
        """,
}


@pytest.mark.parametrize("files", REFUSED.values(), ids=REFUSED)
def test_it_is_refused_to_guess(write: Write, files: str) -> None:
    assert "DATABASES" in write(textwrap.dedent(files)).refusal()
