"""Helpers that write to names of a module without mentioning them: their caller's module, or one found by name."""

from __future__ import annotations

import textwrap

import pytest

from tests.settings_loader.conftest import Write

PLAIN = 'DATABASES = {"default": {POSTGRESQL, "NAME": "app"}}'
HELPERS = {
    "the caller's frame": """
        import json, sys
        def pull_in(text):
            sys._getframe(1).f_globals.update(json.loads(text))
        """,
    "the caller's frame, by inspect": """
        import inspect, json
        def pull_in(text):
            inspect.currentframe().f_back.f_globals.update(json.loads(text))
        """,
    "the caller's stack": """
        import inspect, json
        def pull_in(text):
            scope = inspect.stack()[1][0].f_locals
            for name, value in json.loads(text).items():
                scope[name] = value
        """,
    "a frame's attribute by its name": """
        import inspect, json
        def pull_in(text):
            getattr(inspect.currentframe().f_back, "f_" + "globals").update(json.loads(text))
        """,
    "a traceback's frame": """
        import json
        def pull_in(text):
            try:
                raise ValueError
            except ValueError as error:
                error.__traceback__.tb_frame.f_back.f_globals.update(json.loads(text))
        """,
    "all modules": """
        import json, sys
        def pull_in(text):
            vars(sys.modules["settings"]).update(json.loads(text))
        """,
    "an import by name": """
        import importlib, json
        def pull_in(text):
            module = importlib.import_module("settings")
            for name, value in json.loads(text).items():
                setattr(module, name, value)
        """,
    "who refers to something": """
        import gc, json
        def pull_in(text):
            [d for d in gc.get_referrers(pull_in) if "DATABASES" in d][0].update(json.loads(text))
        """,
    "a function's globals": """
        import json
        HOOKS = []
        def pull_in(text):
            HOOKS[0].__globals__.update(json.loads(text))
        """,
    "the interpreter itself": """
        import ctypes, json
        def pull_in(text):
            ctypes.pythonapi.PyEval_GetGlobals.restype = ctypes.py_object
            ctypes.pythonapi.PyEval_GetGlobals().update(json.loads(text))
        """,
    "a function of a function": """
        import json, sys
        def scope(depth):
            return sys._getframe(depth).f_globals
        def pull_in(text):
            scope(2).update(json.loads(text))
        """,
    "a method": """
        import json, sys
        class Loader:
            def load(self, text):
                sys._getframe(2).f_globals.update(json.loads(text))
        LOADER = Loader()
        def pull_in(text):
            LOADER.load(text)
        """,
}
WAYS = {
    "plainly": "pull_in(vault.read('settings'))",
    "with a handler": """
        try:
            pull_in(vault.read("settings"))
        except Exception:
            print("no overrides")
        """,
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.every(3)
@pytest.mark.parametrize("helper", HELPERS.values(), ids=HELPERS)
def test_what_a_helper_may_write_into_its_caller_is_refused(write: Write, helper: str, way: str) -> None:
    files = f"== settings.py\nimport vault\nfrom helper import pull_in\n{PLAIN}\n{textwrap.dedent(way)}\n"
    refusal = write(files + f"== helper.py\n{textwrap.dedent(helper)}").refusal()
    assert "DATABASES" in refusal
    assert "vault" in refusal


CALLERS = {
    "a helper by another name": """
        import vault
        from helper import pull_in as load
        PLAIN
        load(vault.read("settings"))
        == helper.py
        import json, sys
        def pull_in(text):
            sys._getframe(1).f_globals.update(json.loads(text))
        """,
    "a helper of a module": """
        import tools.helper
        PLAIN
        tools.helper.pull_in()
        == tools/helper.py
        import sys, toml
        def pull_in():
            for name, value in toml.load("x").items():
                sys._getframe(1).f_globals[name] = value
        """,
    "a helper by all names": """
        import vault
        from helper import *
        PLAIN
        pull_in(vault.read("settings"))
        == helper.py
        import json, sys
        def pull_in(text):
            sys._getframe(1).f_globals.update(json.loads(text))
        """,
    "an object that was given the names": """
        import vault
        from helper import Loader
        loader = Loader(globals())
        PLAIN
        loader.load(vault.read("settings"))
        == helper.py
        import json
        class Loader:
            def __init__(self, scope):
                self.scope = scope
            def load(self, text):
                self.scope.update(json.loads(text))
        """,
    "a closure over the names": """
        import vault
        from helper import make
        load = make(lambda: globals())
        PLAIN
        try:
            load(vault.read("settings"))
        except Exception:
            pass
        == helper.py
        import json
        def make(scope):
            def load(text):
                scope().update(json.loads(text))
            return load
        """,
    "a module that looks for who imports it": """
        PLAIN
        import inject
        == inject.py
        import json, sys
        import vault
        frame = sys._getframe()
        while frame.f_globals["__name__"] != "settings":
            frame = frame.f_back
        frame.f_globals.update(json.loads(vault.read("settings")))
        """,
    "a module that is handed over": """
        PLAIN
        import late
        == late.py
        import settings, vault
        from helper import fill
        fill(settings, vault.read("settings"))
        == helper.py
        import json
        def fill(module, text):
            for name, value in json.loads(text).items():
                setattr(module, name, value)
        """,
    "a package that may be there": """
        import os
        from helper import pull_in
        PLAIN
        try:
            import site_overrides_dir
            pull_in(os.path.dirname(site_overrides_dir.__file__))
        except ImportError:
            pass
        == helper.py
        import os, sys
        def pull_in(folder):
            for name in os.listdir(folder):
                exec(open(os.path.join(folder, name)).read(), sys._getframe(1).f_globals)
        """,
}


@pytest.mark.every(3)
@pytest.mark.parametrize("files", CALLERS.values(), ids=CALLERS)
def test_whoever_calls_such_a_helper_is_found(write: Write, files: str) -> None:
    assert "DATABASES" in write("== settings.py\n" + textwrap.dedent(files).replace("PLAIN", PLAIN)).refusal()


def test_a_helper_that_knows_all_that_it_writes_may_write_into_its_caller(write: Write) -> None:
    project = write(
        """
        == settings.py
        import sentry_sdk
        from helper import pull_in
        DATABASES = {"default": {POSTGRESQL, "NAME": "app"}}
        pull_in("more.json")
        sentry_sdk.init(dsn="x")
        == helper.py
        import json, os, sys
        def pull_in(name):
            with open(os.path.join(os.path.dirname(__file__), name)) as file:
                sys._getframe(1).f_globals.update(json.load(file))
        == more.json
        {"DATABASES": {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "more"}}}
        """
    )
    assert project.target().databases["default"]["NAME"] == "more"
