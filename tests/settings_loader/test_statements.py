"""Statements in settings of public projects, each in a small project: classes, ``with``, ``exec``, loops, aliases."""

from __future__ import annotations

import textwrap

import pytest

from tests.settings_loader.conftest import Write

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
    "a name that a with statement gives a value to": """
        == settings.py
        from pathlib import Path
        try:
            with Path(__file__).open() as file:
                text = file.read()
        except OSError:
            text = ""
        DATABASES = {"default": {POSTGRESQL, "NAME": "app" if text else "other"}}
        key = Path(__file__).with_name("key.txt")
        if not key.exists():
            with key.open("w") as file:
                file.write("0")
        """,
    "an exception that two statements suppress": """
        == settings.py
        from contextlib import suppress
        from importlib.metadata import entry_points
        APPS = ["shop"]
        for plugin in entry_points(group="shop.plugin"):
            APPS.append(plugin.module)
        with suppress(ImportError):
            import debugging_like
            APPS.append("debugging_like")
        DATABASES = {"default": {POSTGRESQL, "NAME": "app"}}
        with suppress(ImportError):
            from local_settings import *
        """,
    "a function of the project's own that is registered": """
        == settings.py
        import forms, versions
        from broker_like import register
        from watching import init
        DATABASES = {"default": {POSTGRESQL, "NAME": "app"}}
        register("json", forms.dumps)
        init(release=versions.NUMBER)
        == watching.py
        def init(release):
            return release
        == versions.py
        import vcs_like
        NUMBER = "1" if vcs_like.clean else "1+"
        == forms.py
        import shapes_like
        POINT = shapes_like.Point if shapes_like.fast else None
        def dumps(value):
            return isinstance(value, POINT)
        """,
    "another SQLite in the place of Python's": """
        == settings.py
        import os, sys
        try:
            import pysqlite3
            sys.modules["sqlite3"] = sys.modules.pop("pysqlite3")
        except ImportError:
            pass
        FOLDER = os.path.join(sys.prefix, "etc")
        DATABASES = {"default": {POSTGRESQL, "NAME": "app" if sys.modules else FOLDER}}
        """,
    "a file that is executed": """
        == settings.py
        import os
        path = "./etc/local.py"
        with open(path) as file:
            exec(compile(file.read(), path, "exec"))
        == etc/local.py
        from tasks_like.schedules import crontab
        DATABASES = {"default": {POSTGRESQL, "NAME": "app"}}
        SCHEDULE = {"clean": {"schedule": crontab(hour=1)}}
        """,
}


@pytest.mark.every(3)
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
    "a module that is handed over by another name": """
        == settings.py
        DATABASES = {"default": {POSTGRESQL, "NAME": "app"}}
        import late
        == late.py
        import holder, vault
        from helper import fill
        fill(holder.conf, vault.read("settings"))
        == holder.py
        import settings as conf
        == helper.py
        import json
        def fill(module, text):
            for name, value in json.loads(text).items():
                setattr(module, name, value)
        """,
    "a settings module looked up among all": """
        == settings.py
        DATABASES = {"default": {POSTGRESQL, "NAME": "app"}}
        import late
        == late.py
        import json, sys, vault
        vars(sys.modules["settings"]).update(json.loads(vault.read("settings")))
        """,
    "a file that is executed and asks what is not here": """
        == settings.py
        path = "./local.py"
        with open(path) as file:
            exec(compile(file.read(), path, "exec"))
        == local.py
        import flags
        DATABASES = {"default": {POSTGRESQL, "NAME": "prod" if flags.prod else "dev"}}
        """,
    "a name that a with statement takes from what is not here": """
        == settings.py
        import json, vault
        with vault.open("settings") as file:
            text = file.read()
        DATABASES = {"default": {POSTGRESQL, "NAME": "app"}}
        DATABASES["default"].update(json.loads(text))
        """,
}


@pytest.mark.every(3)
@pytest.mark.parametrize("files", REFUSED.values(), ids=REFUSED)
def test_it_is_refused_to_guess(write: Write, files: str) -> None:
    assert "DATABASES" in write(textwrap.dedent(files)).refusal()


def test_what_depends_on_where_python_lies_is_noted_once(write: Write) -> None:
    project = write(
        """
        == settings.py
        import os, sys
        FOLDER = os.path.join(sys.prefix, "etc")
        NAME = "app" if not os.path.isdir(FOLDER + "/app") else "other"
        ENGINE = "sqlite3" if sys.prefix == "/usr/lib" else "postgresql"
        DATABASES = {"default": {"ENGINE": "django.db.backends." + ENGINE, "NAME": NAME}}
        """
    )
    notes = [note for note in project.target().notes if "sys.prefix" in note]
    assert notes == ["DATABASES depends on sys.prefix (settings.py:2), which may be different in the web container."]
